// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The conversion of counts to nanoseconds: `(counts * mult) >> shift`, without a division.
///
/// `mult` is the largest value that still fits 32 bits when an adjustment makes it an eighth
/// larger. So the conversion is one `umlal` of 32 x 32 bits, and the rounding error of `mult` is at
/// most half a unit in 1.9 * 10^9: the clock drifts by at most 1 ns in 3.8 s (23 microseconds a
/// day, 0.27 parts in 10^9). There is no drift if the frequency divides 10^9 * 2^shift, as QEMU's
/// 62.5 MHz does.
public struct ClockScale: Equatable, Sendable {
  /// Nanoseconds per count times 2^shift, rounded to nearest; at least 7 * 2^28 up to 1 GHz.
  public let mult: UInt32

  /// 21 (1 MHz) to 31 (1 GHz); 16 for a counter of 20 kHz.
  public let shift: UInt32

  /// Counts per second.
  public let frequency: UInt32

  /// The extrapolation limit: the largest number of counts that one multiplication may convert. It
  /// is less than a second at any rate up to `fastest`. A base below a second plus `limit` counts
  /// is thus below two seconds (and 2^62 shifted nanoseconds), and one compare and subtract
  /// normalises it.
  public let limit: UInt32

  /// The largest `mult` that an adjustment may set: an eighth more than the nominal one.
  public let fastest: UInt32

  /// One second times 2^shift.
  let second: UInt64

  /// The supported frequencies in hertz: at least two counts in the shortest tick.
  public static let frequencies: ClosedRange<UInt32> = 20_000...(.max)

  /// The frequencies in hertz for fine clocks: a count is between a nanosecond and a microsecond.
  public static let fineFrequencies: ClosedRange<UInt32> = 1_000_000...1_000_000_000

  /// Creates the scale for a counter; nil if its frequency is outside of `frequencies`. Contains
  /// several 64-bit divisions: for boot only.
  public init?(frequency: UInt32) {
    guard ClockScale.frequencies.contains(frequency) else { return nil }
    var shift = UInt32(31)
    var mult = UInt64.max
    while true {
      mult = ((1_000_000_000 << UInt64(shift)) + UInt64(frequency / 2)) / UInt64(frequency)
      if mult + mult / 8 <= UInt32.max { break }
      shift -= 1
    }
    self.mult = UInt32(mult)
    self.shift = shift
    self.frequency = frequency
    second = 1_000_000_000 << UInt64(shift)
    fastest = UInt32(mult + mult / 8)
    limit = UInt32((second - 1) / (mult + mult / 8))
  }

  /// The whole nanoseconds of a shifted value below four seconds. Two shifts and an or, because a
  /// 64-bit shift by a variable would be a call.
  @inline(__always)
  public func nanoseconds(_ shifted: UInt64) -> UInt32 {
    // Masking shifts: `shift` is 16 to 31, so both amounts are below 32.
    UInt32(truncatingIfNeeded: shifted >> 32) &<< (32 &- shift)
      | UInt32(truncatingIfNeeded: shifted) &>> shift
  }

  /// `nanoseconds`, less than a second, times 2^shift.
  @inline(__always)
  func shifted(_ nanoseconds: UInt32) -> UInt64 {
    // One multiplication instead of a 64-bit shift; below 2^61.
    UInt64(word: nanoseconds) &* UInt64(word: 1 &<< shift)
  }
}
