// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The longest time that a CPU may be idle without a tick.
extension Timekeeper {
  /// The count of the next necessary update if all CPUs stay idle: the first at which monotonic
  /// time has reached `deadline`, in nanoseconds, or an earlier one at which the rate must change
  /// or before which the counter would wrap. nil if there is none. May be called from any context.
  /// Acquires the timekeeper's lock.
  public borrowing func idleDeadline(_ deadline: UInt64?) -> UInt64? {
    state.withLock { $0.idleDeadline(deadline, on: Clock.self) }
  }
}

extension Timekeeper.State {
  /// The count of the next necessary update for `deadline`, nil if there is none; the lock is held.
  @inline(never)
  fileprivate func idleDeadline(_ deadline: UInt64?, on counter: Clock.Type) -> UInt64? {
    var distance = deadline.map { line.distance(toNanoseconds: $0) }
    if let second = discipline.secondEnd(from: line.counter, mask: counter.mask) {
      distance = min(distance ?? .max, second)
    }
    // A quarter of the range stays far from half of it, where past and future counts become
    // ambiguous.
    let quarter = counter.mask / 4
    if counter.mask != .max { distance = min(distance ?? .max, quarter) }
    // Wrapping: the counter wraps, too. With 64 bits, a quarter of the range is centuries away.
    return distance.map { (line.counter &+ min($0, quarter)) & counter.mask }
  }
}

extension TimeLine {
  /// The least number of counts after the stored point at which the line has reached `deadline`, in
  /// nanoseconds since its start; `UInt64.max` if that is more than 2^30 seconds (34 years) away.
  func distance(toNanoseconds deadline: UInt64) -> UInt64 {
    let now = point.totalNanoseconds(scale)
    guard deadline > now else { return 0 }
    let (seconds, nanoseconds) = (deadline - now).quotientAndRemainder(dividingBy: 1_000_000_000)
    guard seconds < 1 << 30 else { return .max }
    // The elapsed part of the present nanosecond, in 2^-shift ns.
    let begun = point.shifted & (1 &<< UInt64(scale.shift) &- 1)
    // A second is `perSecond` counts and a remainder. The sum of the remainders is at most 2^62,
    // and the shifted nanoseconds are less than 2^61. Wrapping: none of the results reaches 2^63.
    let (perSecond, rest) = scale.second.quotientAndRemainder(dividingBy: UInt64(mult))
    let sum = seconds &* rest &+ scale.shifted(UInt32(truncatingIfNeeded: nanoseconds))
    let behind = sum > begun ? (sum &- begun &+ UInt64(mult) &- 1) / UInt64(mult) : 0
    return seconds &* perSecond &+ behind
  }
}
