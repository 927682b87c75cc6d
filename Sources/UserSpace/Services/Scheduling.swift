// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The scheduling policy of a thread, as on Linux (sched(7)).
public enum SchedulingPolicy: UInt8, Sendable {
  case other = 0
  case fifo = 1
  case roundRobin = 2
  case batch = 3
  case idle = 5
  case deadline = 6

  /// Whether the policy has priorities 1 to 99; the other policies have only 0.
  public var isRealTime: Bool { self == .fifo || self == .roundRobin }

  /// Whether the nice value decides the share of CPU time.
  var isFair: Bool { self == .other || self == .batch }
}

/// The guarantee of SCHED_DEADLINE, in nanoseconds: `runtime` within `deadline` of the start of
/// each `period`.
public struct DeadlineTimes: Equatable, Sendable {
  /// CPU time in each period.
  public var runtime: UInt64 = 0
  /// From the start of a period until it must have had that.
  public var deadline: UInt64 = 0
  /// From the start of a period to that of the next.
  public var period: UInt64 = 0

  /// Whether the times are in order and in the range of Linux.
  var isValid: Bool {
    runtime >= 1024 && runtime <= deadline && deadline <= period && period >= 100_000
      && period <= 4_194_304_000
  }
}

/// The scheduling attributes that a thread has set.
public struct Scheduling: Equatable, Sendable {
  /// The scheduling policy.
  public var policy = SchedulingPolicy.other
  /// 1 to 99 under the real-time policies, else 0.
  public var priority: UInt8 = 0
  /// The share of CPU time under SCHED_OTHER and SCHED_BATCH; kept under the others.
  public var nice = Nice.zero
  /// SCHED_RESET_ON_FORK: new threads and processes do not inherit a real-time policy, a deadline
  /// or a negative nice value.
  var resetsOnFork = false
  /// SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN, which are only reported.
  var deadlineFlags: UInt8 = 0
  /// The guarantee under SCHED_DEADLINE.
  public var times = DeadlineTimes()

  /// Whether the thread is real-time or has a deadline.
  var isUrgent: Bool { policy.isRealTime || policy == .deadline }

  /// The priority that /proc/PID/stat shows (proc(5), field 18).
  var statPriority: Int64 {
    switch policy {
    case .other, .batch, .idle: 20 + Int64(nice.rawValue)
    case .fifo, .roundRobin: -1 - Int64(priority)
    case .deadline: -101
    }
  }

  /// The attributes that a new thread or process inherits.
  ///
  /// - Throws: `tryAgain`: a guarantee is for one thread.
  func inherited() throws(Errno) -> Scheduling {
    guard resetsOnFork else {
      if policy == .deadline { throw .tryAgain }
      return self
    }
    guard !isUrgent else { return Scheduling() }
    return Scheduling(policy: policy, nice: nice.rawValue < 0 ? .zero : nice)
  }
}
