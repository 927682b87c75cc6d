// SPDX-License-Identifier: Apache-2.0
/// The clocks' state at one counter value, taken under the timekeeper's lock for the vDSO page.
///
/// The value of a coarse clock is its pair of seconds and nanoseconds. A fine clock is extrapolated
/// from the same moment: with `delta` counts since `counter`, at most `counterLimit`, its value is
/// `seconds` and `(shifted + delta * mult) >> shift` nanoseconds. These are less than two seconds,
/// so that one compare and subtract normalises the value.
public struct TimeSnapshot: Equatable, Sendable {
  /// The source of the fine clocks.
  public enum Mode: UInt32, Sendable {
    /// The counter is not usable in user mode (PL0): readers must call the kernel.
    case systemCall = 0
    /// The counter may be read in user mode (PL0).
    case counter = 1
  }

  /// CLOCK_REALTIME_COARSE and the base of CLOCK_REALTIME: seconds since the epoch.
  public var realtimeSeconds: Int64
  /// CLOCK_REALTIME_COARSE: nanoseconds, below a second.
  public var realtimeNanoseconds: UInt32
  /// CLOCK_MONOTONIC_COARSE and the base of CLOCK_MONOTONIC: seconds since boot.
  public var monotonicSeconds: Int64
  /// CLOCK_MONOTONIC_COARSE: nanoseconds, below a second.
  public var monotonicNanoseconds: UInt32

  /// Base of CLOCK_REALTIME: nanoseconds below a second times 2^shift, the remainder included.
  public var realtimeShifted: UInt64
  /// Base of CLOCK_MONOTONIC: nanoseconds below a second times 2^shift, the remainder included.
  public var monotonicShifted: UInt64

  /// CLOCK_MONOTONIC_RAW: seconds since boot.
  public var rawSeconds: Int64
  /// CLOCK_MONOTONIC_RAW: nanoseconds below a second times 2^shift, the remainder included.
  public var rawShifted: UInt64
  /// CLOCK_TAI less CLOCK_REALTIME, in seconds.
  public var taiOffset: Int32

  /// The counter at this moment.
  public var counter: UInt64
  /// The extrapolation limit: the largest number of counts after `counter` for a fine clock.
  public var counterLimit: UInt32
  /// Nanoseconds per count times 2^shift; at most an eighth away from `rawMult`.
  public var mult: UInt32
  /// Nanoseconds per count times 2^shift for CLOCK_MONOTONIC_RAW, which is never adjusted.
  public var rawMult: UInt32
  /// The number of fraction bits of `mult` and of shifted values: 16 to 31, at least 21 in mode
  /// `counter`.
  public var shift: UInt32

  /// Resolution of the coarse clocks: one tick, in nanoseconds.
  public var tickNanoseconds: UInt32
  /// The source of the fine clocks.
  public var mode: Mode
  /// True if a fine clock does not continue the time line of the previous snapshot (it was set, or
  /// its rate changed). While such an update is being written, readers of fine clocks call the
  /// kernel.
  public var isDiscontinuous: Bool

  /// Creates a snapshot from its fields.
  @inline(__always)
  public init(
    realtimeSeconds: Int64, realtimeNanoseconds: UInt32,
    monotonicSeconds: Int64, monotonicNanoseconds: UInt32,
    realtimeShifted: UInt64, monotonicShifted: UInt64,
    rawSeconds: Int64, rawShifted: UInt64, taiOffset: Int32,
    counter: UInt64, counterLimit: UInt32, mult: UInt32, rawMult: UInt32, shift: UInt32,
    tickNanoseconds: UInt32, mode: Mode, isDiscontinuous: Bool
  ) {
    self.realtimeSeconds = realtimeSeconds
    self.realtimeNanoseconds = realtimeNanoseconds
    self.monotonicSeconds = monotonicSeconds
    self.monotonicNanoseconds = monotonicNanoseconds
    self.realtimeShifted = realtimeShifted
    self.monotonicShifted = monotonicShifted
    self.rawSeconds = rawSeconds
    self.rawShifted = rawShifted
    self.taiOffset = taiOffset
    self.counter = counter
    self.counterLimit = counterLimit
    self.mult = mult
    self.rawMult = rawMult
    self.shift = shift
    self.tickNanoseconds = tickNanoseconds
    self.mode = mode
    self.isDiscontinuous = isDiscontinuous
  }
}

/// A consumer of snapshots: the writer of the vDSO page, or a recorder in a test.
public protocol TimePublisher {
  /// Called with the timekeeper's lock held, before the sample of an update that begins a new time
  /// line (`isDiscontinuous`). From its return until `publish`, which must follow, no reader
  /// extrapolates on the old line: readers of fine clocks call the kernel, and wait there for the
  /// lock.
  ///
  /// - Called: timekeeper's lock, IRQ off.
  /// - Tested by: `testForbiddenExtrapolationLeavesTheCoarseClocks`.
  func prepareDiscontinuity()

  /// Makes `snapshot` visible to readers. Called with the timekeeper's lock held and interrupts
  /// masked, so calls are serialised and in the order of time. It must not call the timekeeper.
  ///
  /// - Called: timekeeper's lock, IRQ off.
  /// - Tested by: `testPageHasAllOfTheSnapshot`.
  func publish(_ snapshot: TimeSnapshot)

  /// Called after a leap second has stepped the wall clock, before the `publish` with the new time.
  /// Waiters for a wall-clock time must be checked again. The timekeeper's lock is held.
  ///
  /// - Called: timekeeper's lock, IRQ off.
  /// - Tested by: `testWallClockSleepersWakeAtADeletedSecond`.
  func wallClockDidLeap()
}

extension TimePublisher {
  /// Default implementation: does nothing, for a publisher whose readers do not extrapolate.
  @inline(__always)
  public func prepareDiscontinuity() {}

  /// Default implementation: does nothing, for a publisher without waiters for a wall-clock time.
  public func wallClockDidLeap() {}
}
