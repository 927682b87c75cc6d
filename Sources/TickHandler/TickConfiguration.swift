// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// How often the tick comes: `tick=HZ` of the kernel command line.
public struct TickConfiguration: Equatable, Sendable {
  /// Ticks per second.
  public let hertz: UInt32

  /// What is accepted.
  public static let frequencies: ClosedRange<UInt32> = 10...10_000

  /// 1000 Hz.
  public static let standard = TickConfiguration(unchecked: 1000)

  /// A configuration, or nil when `hertz` is outside of `frequencies`.
  public init?(hertz: UInt32) {
    guard TickConfiguration.frequencies.contains(hertz) else { return nil }
    self.hertz = hertz
  }

  private init(unchecked hertz: UInt32) { self.hertz = hertz }

  /// Reads the bytes behind `tick=`. Anything but a decimal number inside of `frequencies` leaves
  /// a line on the log and gives the standard.
  public init(option value: Span<UInt8>) {
    guard let accepted = TickConfiguration(decimal: value) else {
      Log.line("tick: tick=\(bytes: value) is not 10 to 10000 Hz, using 1000 Hz")
      self = .standard
      return
    }
    self = accepted
  }

  /// Reads decimal digits and nothing else.
  private init?(decimal value: Span<UInt8>) {
    var number = UInt32(0)
    for index in value.indices {
      let byte = value[index]
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
      guard number <= TickConfiguration.frequencies.upperBound else { return nil }
    }
    self.init(hertz: number)
  }

  /// Length of a tick in nanoseconds, rounded to nearest.
  public var nanoseconds: UInt32 {
    (Timespec.nanosecondsPerSecond + hertz / 2) / hertz
  }
}
