// SPDX-License-Identifier: Apache-2.0
/// How often the tick found a task in its program, and in the kernel on its behalf. Wrapping: after 49
/// days of a CPU, at 1000 Hz.
public struct TickCounts: Equatable, Sendable {
  /// In the program.
  public var user: UInt32 = 0
  /// In the kernel.
  public var system: UInt32 = 0

  /// None yet.
  public init() {}

  /// Both sums.
  @inline(never)
  mutating func add(_ other: TickCounts) {
    user &+= other.user
    system &+= other.system
  }
}

/// Time of CPUs in nanoseconds, in programs and in the kernel for them. What is known exactly is the sum;
/// the tick's samples divide it, as in Linux (kernel/sched/cputime.c, cputime_adjust).
struct SplitTime: Equatable {
  var user: UInt64 = 0
  var system: UInt64 = 0

  /// Becomes `total`, divided as `ticks` were, but neither part less than it was.
  @inline(never)
  mutating func advance(to total: UInt64, _ ticks: TickCounts) {
    guard total > user + system else { return }
    // Parts of 31 bits: a remainder of their sum times one of them stays below 2^63.
    let shift = (ticks.user | ticks.system) >> 31
    let part = UInt64(ticks.system >> shift)
    let sum = part + UInt64(ticks.user >> shift)
    let share = sum == 0 ? 0 : total / sum * part + total % sum * part / sum
    system = min(max(share, system), total - user)
    user = total - system
  }

  /// Adds what a child has used. Wrapping: 584 years.
  mutating func add(_ other: SplitTime) {
    user &+= other.user
    system &+= other.system
  }
}
