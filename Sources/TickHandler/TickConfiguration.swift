// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The tick frequency: `tick=HZ` of the kernel command line.
public struct TickConfiguration: Equatable, Sendable {
  /// Ticks per second.
  public let hertz: UInt32

  /// The accepted frequencies in hertz.
  public static let frequencies: ClosedRange<UInt32> = 10...10_000

  /// The default: 1000 Hz.
  public static let standard = TickConfiguration(unchecked: 1000)

  /// Creates a configuration; nil if `hertz` is outside of `frequencies`.
  public init?(hertz: UInt32) {
    guard TickConfiguration.frequencies.contains(hertz) else { return nil }
    self.hertz = hertz
  }

  init(unchecked hertz: UInt32) { self.hertz = hertz }

  /// Parses the bytes after `tick=`. Anything but a decimal number in `frequencies` is logged, and
  /// the default is used.
  public init(option value: Span<UInt8>) {
    guard let hertz = value.decimal, let accepted = TickConfiguration(hertz: hertz) else {
      Log.line("tick: tick=\(bytes: value) is not 10 to 10000 Hz, using 1000 Hz")
      self = .standard
      return
    }
    self = accepted
  }

  /// The ticks in a number of milliseconds, rounded down and clamped to 32 bits. As in LiteOS,
  /// `UInt32.max` (wait without timeout) is not converted.
  public func ticks(inMilliseconds milliseconds: UInt32) -> UInt32 {
    guard milliseconds != .max else { return .max }
    return UInt32(clamping: UInt64(milliseconds) * UInt64(hertz) / 1000)
  }

  /// The milliseconds in a number of ticks, rounded down and clamped to 32 bits.
  public func milliseconds(inTicks ticks: UInt32) -> UInt32 {
    UInt32(clamping: UInt64(ticks) * 1000 / UInt64(hertz))
  }

  /// The length of a tick in nanoseconds, rounded to nearest.
  public var nanoseconds: UInt32 {
    (Timespec.nanosecondsPerSecond + hertz / 2) / hertz
  }
}
