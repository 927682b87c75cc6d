// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// The clocks of the machine and the CPU time of tasks. Unless a requirement says otherwise, it is
/// called with interrupts on and no spin lock held.
public protocol ClockServices {
  /// The current time of a clock.
  static func time(_ clock: ClockIdentifier) -> Timespec

  /// The resolution of a clock.
  static func resolution(_ clock: ClockIdentifier) -> Timespec

  /// The statistics of the tick.
  static var tickStatistics: TickStatistics { get }

  /// The CPU time of the running task.
  static var runTime: Timespec { get }

  /// Adds the CPU time of a task, up to now, to `sum`. Also under the process table's lock.
  static func addTime(of task: TaskNumber, to sum: inout CPUTime)

  /// How often the tick interrupted a task in user mode and in the kernel. Also under the process
  /// table's lock.
  static func tickCounts(of task: TaskNumber) -> TickCounts

  /// Converts a sum of CPU times to seconds and nanoseconds.
  static func time(_ sum: CPUTime) -> Timespec

  /// Monotonic time in nanoseconds since boot.
  static func monotonicNanoseconds() -> UInt64

  /// Sets the wall clock and publishes it; false if the clock cannot represent `time`.
  static func setRealtime(_ time: Timespec) -> Bool

  /// Applies `request` to the clock discipline, publishes the result and fills in the answer, as
  /// `Timekeeper.adjust` does (adjtimex(2)). Returns whether the clock is synchronised; nil for an
  /// invalid request, which changes nothing.
  static func adjust(_ request: inout ClockAdjustment) -> Bool?
}

/// The timers of processes. Unless a requirement says otherwise, it is called with
/// interrupts on and no spin lock held.
public protocol TimerServices {
  /// Requests a call of `Processes.expireTimer(number)` when monotonic time reaches `deadline`, in
  /// nanoseconds. There is room for all timers. Called under the process table's lock.
  static func scheduleTimer(_ number: UInt32, at deadline: UInt64) -> TimeoutHandle?

  /// Cancels the request of `scheduleTimer`. Called under the process table's lock.
  static func cancelTimer(_ handle: TimeoutHandle)

  /// Sets whether each tick calls `Thread.noteTick` if it interrupts a user thread. Called under
  /// the process table's lock.
  static func watchCPUTime(_ isWanted: Bool)
}

extension ClockServices {
  /// The monotonic time at which `clock` will show `time`, both in nanoseconds. Never 0; the
  /// current time if `time` has passed, `.max` if it is too far.
  @inline(never)
  static func deadline(_ time: UInt64, on clock: ClockIdentifier) -> UInt64 {
    let now = self.timeCold(clock).totalNanoseconds ?? 0
    let (deadline, isFar) =
      monotonicNanoseconds().addingReportingOverflow(time > now ? time - now : 0)
    return isFar ? .max : max(deadline, 1)
  }

  /// `time` as a call that is not inlined, for rare uses.
  @inline(never)
  static func timeCold(_ clock: ClockIdentifier) -> Timespec { time(clock) }
}
