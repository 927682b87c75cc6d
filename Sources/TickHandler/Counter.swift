// SPDX-License-Identifier: Apache-2.0
/// The interfaces of the time hardware: a monotonic counter with one deadline per CPU, and a
/// real-time clock that is read once.

/// A free-running counter that is synchronised across CPUs, and the current CPU's deadline on it.
///
/// The port implements it with the virtual generic timer (ARM DDI 0406C B8.1: CNTVCT and
/// CNTV_CVAL); tests use a mock.
public protocol Counter {
  /// Counts per second; constant. At least 20 kHz; fine clocks need 1 MHz to 1 GHz.
  ///
  /// - Called: any, after boot's check.
  /// - Tested by: `testUncertainOrCoarseFrequencyIsAFault`.
  static var frequency: UInt32 { get }

  /// The largest count, as a mask of the implemented low bits; the count wraps to 0 after it. 64
  /// bits by default.
  ///
  /// - Called: any.
  /// - Tested by: `testCounterWrapsAt64And32Bits`.
  static var mask: UInt64 { get }

  /// The current count. It is not sampled before earlier instructions complete (on ARM: after
  /// `isb`).
  ///
  /// - Called: timekeeper's lock, or none.
  /// - Tested by: `testOneStepBackIsEnough`.
  static func read() -> UInt64

  /// Sets the deadline of this CPU: its timer interrupt is pending from `count` on, at once if
  /// `count` has passed. A pending interrupt of the previous deadline is withdrawn. Interrupts are
  /// masked.
  ///
  /// - Called: IRQ off.
  /// - Tested by: `testLateTickCountsTheMissedOnesAndKeepsTheGrid`.
  static func setDeadline(_ count: UInt64)

  /// Removes the deadline of this CPU: its timer does not interrupt any more.
  ///
  /// - Called: IRQ off.
  /// - Tested by: `testIdleMachineTakesNoTicksAndHasFreshTime`.
  static func stopDeadline()
}

extension Counter {
  /// Default implementation: a counter of 64 bits.
  public static var mask: UInt64 {
    @inline(__always) get { .max }
  }

  /// The counts from `earlier` to `later`, also across a wrap. A difference of more than half the
  /// counter's range is a step back (a slightly older sample of another CPU) and yields 0.
  @inline(__always)
  static func distance(from earlier: UInt64, to later: UInt64) -> UInt64 {
    let difference = (later &- earlier) & mask  // Wrapping: the counter wraps, too.
    return isBehind(difference) ? 0 : difference
  }

  /// True for a difference of more than half the counter's range: the later sample is older.
  @inline(__always)
  static func isBehind(_ difference: UInt64) -> Bool { difference > mask >> 1 }
}

/// A battery-backed clock that counts whole seconds.
public protocol RealTimeClock {
  /// Seconds since 1970-01-01 00:00 UTC, leap seconds not counted.
  ///
  /// - Returns: 0: no clock.
  /// - Called: boot, once.
  /// - Tested by: `testTimeStartsAtZeroAndTheCalendarsDate`.
  func secondsSinceEpoch() -> UInt32
}

/// A clock that may be absent: without one, time begins at the epoch.
extension Optional: RealTimeClock where Wrapped: RealTimeClock {
  /// Those of the clock; 0 without one.
  public func secondsSinceEpoch() -> UInt32 { self?.secondsSinceEpoch() ?? 0 }
}
