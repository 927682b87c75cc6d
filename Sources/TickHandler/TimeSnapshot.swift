// SPDX-License-Identifier: Apache-2.0
/// Everything the shared page says about time, taken at one moment under the timekeeper's lock.
///
/// A coarse clock is the pair of seconds and nanoseconds as it stands. A fine clock extrapolates
/// from the same moment: with `delta` counts passed since `counter`, and only while `delta` is at
/// most `counterLimit`, it is `seconds` and `(shifted + delta * mult) >> shift` nanoseconds, which
/// is less than two seconds, so that one compare and subtract makes it a valid time.
public struct TimeSnapshot: Equatable, Sendable {
  /// Who may answer the fine clocks.
  public enum Mode: UInt32, Sendable {
    /// The counter is not to be used at PL0: ask the kernel.
    case systemCall = 0
    /// The counter may be read at PL0.
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
  /// The largest distance from `counter`, in counts, over which one may extrapolate.
  public var counterLimit: UInt32
  /// Nanoseconds per count times 2^shift; at most an eighth away from `rawMult`.
  public var mult: UInt32
  /// The same for CLOCK_MONOTONIC_RAW, which no adjustment touches.
  public var rawMult: UInt32
  /// 21 to 31.
  public var shift: UInt32

  /// Resolution of the coarse clocks: one tick, in nanoseconds.
  public var tickNanoseconds: UInt32
  /// Who may answer the fine clocks.
  public var mode: Mode
  /// True when a fine clock leaves the line that the snapshot before it lay on (a set or another
  /// rate): while such an update is being written, fine readers ask the kernel.
  public var isNewLine: Bool

  /// A snapshot of its parts.
  @inline(__always)
  public init(
    realtimeSeconds: Int64, realtimeNanoseconds: UInt32,
    monotonicSeconds: Int64, monotonicNanoseconds: UInt32,
    realtimeShifted: UInt64, monotonicShifted: UInt64,
    rawSeconds: Int64, rawShifted: UInt64, taiOffset: Int32,
    counter: UInt64, counterLimit: UInt32, mult: UInt32, rawMult: UInt32, shift: UInt32,
    tickNanoseconds: UInt32, mode: Mode, isNewLine: Bool
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
    self.isNewLine = isNewLine
  }
}

/// Where snapshots go: the writer of the shared page, or a recorder in a test.
public protocol TimePublisher {
  /// Comes before the sample of an update that leaves the line (`isNewLine`), under the same lock:
  /// from the return on until `publish`, which must follow, no reader extrapolates on the old line;
  /// fine readers ask the kernel, and wait there for the lock.
  func prepareNewLine()

  /// Makes `snapshot` what readers see. Called with the timekeeper's lock held and interrupts
  /// masked, so one at a time and in the order of time; must not ask the timekeeper anything.
  func publish(_ snapshot: TimeSnapshot)

  /// A leap second has stepped the wall clock, before the `publish` that shows it: who waits for a time of
  /// day must look again. The same lock is held.
  func wallClockLeapt()
}

extension TimePublisher {
  /// Nothing: for a publisher whose readers do not extrapolate.
  @inline(__always)
  public func prepareNewLine() {}

  /// Nothing: for a publisher without waiters for a time of day.
  public func wallClockLeapt() {}
}
