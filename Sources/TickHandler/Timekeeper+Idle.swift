// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// How long a CPU may wait without a tick.
extension Timekeeper {
  /// The count at which time must be looked at again if nothing runs until then: the first at which
  /// monotonic time has reached `deadline`, in nanoseconds, or an earlier one where the clock must
  /// be steered or the counter would wrap; nil when there is no such count. From any context.
  public borrowing func idleDeadline(_ deadline: UInt64?) -> UInt64? {
    state.withLock { $0.idleDeadline(deadline, on: Clock.self) }
  }
}

extension Timekeeper.State {
  /// See `Timekeeper.idleDeadline`.
  @inline(never)
  fileprivate func idleDeadline(_ deadline: UInt64?, on counter: Clock.Type) -> UInt64? {
    var distance = deadline.map { line.distance(toNanoseconds: $0) }
    if let second = discipline.secondEnd(from: line.counter, mask: counter.mask) {
      distance = min(distance ?? .max, second)
    }
    // Far from half the counter's range, where what is behind cannot be told from what is ahead.
    let quarter = counter.mask / 4
    if counter.mask != .max { distance = min(distance ?? .max, quarter) }
    // Wrapping: counts are a circle. What is centuries away may as well never come.
    return distance.map { (line.counter &+ min($0, quarter)) & counter.mask }
  }
}

extension TimeLine {
  /// The least number of counts after which the line has reached `deadline`, in whole nanoseconds
  /// since its start; `UInt64.max` for what is more than 30 years away.
  func distance(toNanoseconds deadline: UInt64) -> UInt64 {
    let now = point.totalNanoseconds(scale)
    guard deadline > now else { return 0 }
    let (seconds, nanoseconds) = (deadline - now).quotientAndRemainder(dividingBy: 1_000_000_000)
    guard seconds < 1 << 30 else { return .max }
    // The part of the present nanosecond that is over already, in 2^-shift ns.
    let begun = point.shifted & (1 &<< UInt64(scale.shift) &- 1)
    // A second is `perSecond` counts and a rest; at most 2^62 rests, and less than 2^61 behind.
    // Wrapping: none of these reaches 2^63.
    let (perSecond, rest) = scale.second.quotientAndRemainder(dividingBy: UInt64(mult))
    let sum = seconds &* rest &+ scale.shifted(UInt32(truncatingIfNeeded: nanoseconds))
    let behind = sum > begun ? (sum &- begun &+ UInt64(mult) &- 1) / UInt64(mult) : 0
    return seconds &* perSecond &+ behind
  }
}
