// SPDX-License-Identifier: Apache-2.0
/// The hardware that tells time, as the portable code sees it: a counter that only moves forward,
/// with one deadline per CPU, and a calendar clock that is read once.

/// A free-running counter that every CPU reads alike, and the running CPU's deadline on it.
///
/// The port implements it with the virtual generic timer (ARM DDI 0406C B8.1: CNTVCT and
/// CNTV_CVAL), the tests with a mock.
public protocol Counter {
  /// Counts per second; constant. 20 kHz and more are supported, and fine time at 1 MHz to 1 GHz.
  static var frequency: UInt32 { get }

  /// The bits that the counter has, as a mask of low bits: behind it the count starts at 0 again.
  /// 64 bits unless the implementer says otherwise.
  static var mask: UInt64 { get }

  /// The count now. Not taken earlier than the instructions before it (on ARM: `isb` in front).
  static func read() -> UInt64

  /// Afterwards this CPU's timer interrupt is pending from `count` on; at once when that has
  /// passed. A pending interrupt of the deadline before goes away. Interrupts are masked.
  static func setDeadline(_ count: UInt64)

  /// Afterwards this CPU's timer does not interrupt.
  static func stopDeadline()
}

extension Counter {
  /// A counter of 64 bits.
  public static var mask: UInt64 {
    @inline(__always) get { .max }
  }

  /// How far `later` is behind `earlier`, in counts, across a wrap. A difference of more than half
  /// the counter's range is a step back (another CPU's sample, taken a moment before) and gives 0.
  @inline(__always)
  static func distance(from earlier: UInt64, to later: UInt64) -> UInt64 {
    let difference = (later &- earlier) & mask  // Wrapping: counts are a circle.
    return isBehind(difference) ? 0 : difference
  }

  /// True for a difference that is more than half the counter's range.
  @inline(__always)
  static func isBehind(_ difference: UInt64) -> Bool { difference > mask >> 1 }
}

/// A battery-backed clock that counts whole seconds.
public protocol RealTimeClock {
  /// Seconds since 1970-01-01 00:00 UTC, leap seconds not counted.
  func secondsSinceEpoch() -> UInt32
}
