// SPDX-License-Identifier: Apache-2.0
/// How a thread shares the CPUs, in Linux's terms (sched(7)).
public enum SchedulingPolicy: UInt8, Sendable {
  case other = 0
  case fifo = 1
  case roundRobin = 2
  case batch = 3
  case idle = 5

  /// Whether it has priorities, 1 to 99; the others have 0 only.
  public var isRealTime: Bool { self == .fifo || self == .roundRobin }
}

/// What a thread has said about its share of the CPUs.
public struct Scheduling: Equatable, Sendable {
  /// Its policy.
  public var policy = SchedulingPolicy.other
  /// 1 to 99 under the real-time policies, else 0.
  public var priority: UInt8 = 0
  /// SCHED_RESET_ON_FORK: children do not inherit a real-time policy.
  var resetsOnFork = false

  /// What a child of its thread begins with.
  var inherited: Scheduling {
    guard resetsOnFork else { return self }
    return policy.isRealTime ? Scheduling() : Scheduling(policy: policy)
  }
}
