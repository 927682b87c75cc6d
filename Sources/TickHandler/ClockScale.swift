// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// How counts become nanoseconds: `(counts * mult) >> shift`, with no division.
///
/// `mult` is the largest that fits 32 bits when an adjustment makes it an eighth larger, so one
/// `umlal` of 32 x 32 bits does it, and its rounding error is at most half a unit in 1.9 * 10^9:
/// the clock drifts by at most 1 ns in 3.8 s (23 microseconds a day, 0.27 parts in 10^9), and by
/// nothing where the frequency divides 10^9 * 2^shift, as QEMU's 62.5 MHz does.
public struct ClockScale: Equatable, Sendable {
  /// Nanoseconds per count times 2^shift, rounded to nearest; at least 7 * 2^28 up to 1 GHz.
  public let mult: UInt32

  /// 21 (1 MHz) to 31 (1 GHz); 16 for a counter of 20 kHz.
  public let shift: UInt32

  /// Counts per second.
  public let frequency: UInt32

  /// The largest number of counts for one multiplication: the last that is less than a second, so
  /// that a base below a second plus this many counts is less than two seconds (and than 2^62 in
  /// shifted nanoseconds), and one compare and subtract brings it back. Holds up to `fastest`.
  public let limit: UInt32

  /// The largest `mult` that an adjustment may make of this one: an eighth more.
  public let fastest: UInt32

  /// One second times 2^shift.
  let second: UInt64

  /// The frequencies at which time can be kept: two counts in the shortest tick, or more.
  public static let frequencies: ClosedRange<UInt32> = 20_000...(.max)

  /// The frequencies that make fine time: a count is between a nanosecond and a microsecond.
  public static let fineFrequencies: ClosedRange<UInt32> = 1_000_000...1_000_000_000

  /// The scale for a counter, or nil when its frequency is outside of `frequencies`. Divides 64
  /// bits a few times: for start-up only.
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

  /// Whole nanoseconds of a shifted value below four seconds. Two shifts and an or: a shift by a
  /// variable of 64 bits would be a call.
  @inline(__always)
  public func nanoseconds(_ shifted: UInt64) -> UInt32 {
    // Masking shifts: `shift` is 21 to 31, so both amounts lie inside a word.
    UInt32(truncatingIfNeeded: shifted >> 32) &<< (32 &- shift)
      | UInt32(truncatingIfNeeded: shifted) &>> shift
  }

  /// Nanoseconds below a second, times 2^shift.
  @inline(__always)
  func shifted(_ nanoseconds: UInt32) -> UInt64 {
    // One multiplication instead of a 64-bit shift; below 2^61.
    UInt64(word: nanoseconds) &* UInt64(word: 1 &<< shift)
  }
}
