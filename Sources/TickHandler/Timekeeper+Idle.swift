// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The counts for which CPUs program their timers.
extension Timekeeper {
  /// The monotonic time up to which timeouts have expired, in nanoseconds: the present time, or
  /// that of the last update if the counter is not trusted, because then the clocks show that one.
  /// Acquires the timekeeper's lock.
  borrowing func timeoutNanoseconds() -> UInt64 {
    state.withLock { $0.timeoutNanoseconds(on: Clock.self) }
  }

  /// The count for which a CPU with a tick programs its timer: that of the timeout, or `tick`, its
  /// next tick, if the tick is at the timeout's latest time or before. Acquires the timekeeper's
  /// lock.
  borrowing func timerCount(for due: TimeoutQueue.Due, tick: UInt64) -> UInt64 {
    state.withLock { $0.timerCount(for: due, tick: tick, on: Clock.self) }
  }

  /// The count at which an idle CPU without a tick must wake: the first at which monotonic time has
  /// reached `deadline`, in nanoseconds, or an earlier one at which the rate must change or before
  /// which the counter would wrap. nil if there is none. May be called from any context. Acquires
  /// the timekeeper's lock.
  public borrowing func idleDeadline(_ deadline: UInt64?) -> UInt64? {
    state.withLock { $0.idleDeadline(deadline, on: Clock.self) }
  }
}

extension Timekeeper.State {
  @inline(__always)
  fileprivate mutating func timeoutNanoseconds(on counter: Clock.Type) -> UInt64 {
    (mode == .counter ? pointNow(on: counter) : line.point).totalNanoseconds(line.scale)
  }

  @inline(__always)
  fileprivate mutating func timerCount(
    for due: TimeoutQueue.Due, tick: UInt64, on counter: Clock.Type
  ) -> UInt64 {
    // The clocks of a counter that is not trusted advance at ticks only.
    guard mode == .counter else { return tick }
    let atTick = line.point(after: counter.distance(from: line.counter, to: tick))
    if due.latest >= atTick.totalNanoseconds(line.scale) { return tick }
    // Wrapping: the counter wraps, too.
    return (line.counter &+ line.distance(toNanoseconds: due.deadline)) & counter.mask
  }

  /// The count of the next necessary update for `deadline`, nil if there is none; the lock is held.
  @inline(never)
  fileprivate func idleDeadline(_ deadline: UInt64?, on counter: Clock.Type) -> UInt64? {
    var distance = deadline.map { line.distance(toNanoseconds: $0) }
    // While an offset is slewed, another CPU may change the rate by up to 1,000 parts in 10^6.
    if discipline.isSlewing, let far = distance, far > UInt64(word: line.scale.frequency >> 8) {
      distance = far - far >> 9
    }
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
    let begun = point.shifted & UInt64(word: (1 &<< scale.shift) &- 1)
    let sum = scale.shifted(UInt32(truncatingIfNeeded: nanoseconds))
    guard seconds > 0 else { return sum > begun ? counts(of: sum &- begun) : 0 }
    // A second is `perSecond` counts and a remainder. The sum of the remainders is at most 2^62,
    // and the shifted nanoseconds are less than 2^61. Wrapping: none of the results reaches 2^63.
    let (perSecond, rest) = scale.second.quotientAndRemainder(dividingBy: UInt64(mult))
    let total = seconds &* rest &+ sum
    return seconds &* perSecond &+ (total > begun ? counts(of: total &- begun) : 0)
  }

  /// The least number of counts in which the line rises by `shifted`, below 2^63: the quotient by
  /// the rate, rounded up.
  @inline(__always)
  private func counts(of shifted: UInt64) -> UInt64 {
    // Wrapping: the estimate is below the exact quotient, by less than 2.
    var counts = shifted.multipliedFullWidth(by: inverse).high
    while counts &* UInt64(mult) < shifted { counts &+= 1 }
    return counts
  }
}
