// SPDX-License-Identifier: Apache-2.0
/// The scheduling policy of a thread, as on Linux (sched(7)).
public enum SchedulingPolicy: UInt8, Sendable {
  case other = 0
  case fifo = 1
  case roundRobin = 2
  case batch = 3
  case idle = 5

  /// Whether the policy has priorities 1 to 99; the other policies have only 0.
  public var isRealTime: Bool { self == .fifo || self == .roundRobin }
}

/// The scheduling attributes that a thread has set.
public struct Scheduling: Equatable, Sendable {
  /// The scheduling policy.
  public var policy = SchedulingPolicy.other
  /// 1 to 99 under the real-time policies, else 0.
  public var priority: UInt8 = 0
  /// SCHED_RESET_ON_FORK: new threads and processes do not inherit a real-time policy.
  var resetsOnFork = false

  /// The attributes that a new thread or process inherits.
  var inherited: Scheduling {
    guard resetsOnFork else { return self }
    return policy.isRealTime ? Scheduling() : Scheduling(policy: policy)
  }
}
