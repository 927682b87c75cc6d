// SPDX-License-Identifier: Apache-2.0
/// Tick samples of a task: how often the tick interrupted it in user mode, and in the kernel.
/// Wrapping: a count wraps after 49 days of CPU time at 1000 Hz.
public struct TickCounts: Equatable, Sendable {
  /// Samples in user mode.
  public var user: UInt32 = 0
  /// Samples in the kernel.
  public var system: UInt32 = 0

  /// No samples.
  public init() {}

  /// Adds the samples of another task.
  @inline(never)
  mutating func add(_ other: TickCounts) {
    user &+= other.user
    system &+= other.system
  }
}

/// CPU time in nanoseconds, divided into user and system time. Only the sum is measured exactly; it
/// is divided in proportion to the tick samples, as on Linux (kernel/sched/cputime.c,
/// cputime_adjust).
struct SplitTime: Equatable {
  var user: UInt64 = 0
  var system: UInt64 = 0

  /// Sets the sum to `total`, divided in proportion to `ticks`. Neither part decreases.
  @inline(never)
  mutating func advance(to total: UInt64, _ ticks: TickCounts) {
    guard total > user + system else { return }
    // Limited to 31 bits: the product of a remainder of their sum and a part stays below 2^63.
    let shift = (ticks.user | ticks.system) >> 31
    let part = UInt64(ticks.system >> shift)
    let sum = part + UInt64(ticks.user >> shift)
    let share = sum == 0 ? 0 : total / sum * part + total % sum * part / sum
    system = min(max(share, system), total - user)
    user = total - system
  }

  /// Adds another CPU time. Wrapping: 584 years.
  mutating func add(_ other: SplitTime) {
    user &+= other.user
    system &+= other.system
  }
}
