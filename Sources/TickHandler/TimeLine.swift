// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A moment on a clock, including its fraction of a nanosecond.
struct TimePoint: Equatable {
  /// Whole seconds.
  var seconds: Int64

  /// Nanoseconds below a second, times 2^shift of the clock's scale.
  var shifted: UInt64

  /// The moment rounded down to whole nanoseconds.
  @inline(__always)
  func time(_ scale: ClockScale) -> Timespec {
    Timespec(seconds: seconds, nanoseconds: Int32(bitPattern: scale.nanoseconds(shifted)))
  }

  /// The moment as a number of whole nanoseconds. Overflows after 584 years.
  @inline(__always)
  func totalNanoseconds(_ scale: ClockScale) -> UInt64 {
    // Wrapping: overflows after 584 years only; seconds are not negative.
    UInt64(bitPattern: seconds) &* 1_000_000_000 &+ UInt64(word: scale.nanoseconds(shifted))
  }
}

/// The base from which a clock is extrapolated after an update: its value then, and its rate.
struct TimeBase: Equatable {
  /// The value of the clock at the update.
  var point = TimePoint(seconds: 0, shifted: 0)

  /// Nanoseconds per count times 2^shift.
  var mult: UInt32 = 0

  /// The value of the clock `distance` counts after the update. `distance` is at most the scale's
  /// limit.
  @inline(__always)
  func point(after distance: UInt32, _ scale: borrowing ClockScale) -> TimePoint {
    // Wrapping: the sum is below 2^62 because of `ClockScale.limit`, and seconds are far below
    // 2^63.
    let sum = point.shifted &+ UInt64(word: distance) &* UInt64(word: mult)
    guard sum >= scale.second else { return TimePoint(seconds: point.seconds, shifted: sum) }
    return TimePoint(seconds: point.seconds &+ 1, shifted: sum &- scale.second)
  }

  /// The value of the clock `distance` counts after the update, rounded down to nanoseconds; faster
  /// than `point(after:_:)`. `distance` is at most the scale's limit.
  @inline(__always)
  func time(after distance: UInt32, _ scale: ClockScale) -> Timespec {
    // Wrapping: the sum is below 2^62 because of `ClockScale.limit`, and seconds are far below
    // 2^63.
    let sum = point.shifted &+ UInt64(word: distance) &* UInt64(word: mult)
    let nanoseconds = scale.nanoseconds(sum)
    guard nanoseconds >= Timespec.nanosecondsPerSecond else {
      return Timespec(seconds: point.seconds, nanoseconds: Int32(bitPattern: nanoseconds))
    }
    return Timespec(
      seconds: point.seconds &+ 1,
      nanoseconds: Int32(bitPattern: nanoseconds &- Timespec.nanosecondsPerSecond))
  }
}

/// A linear function from counts to time, stored as one point (`counter`, `point`) and a rate.
///
/// Moving the point along the line is exact, because `point` keeps the fraction of a nanosecond.
/// Every point of a line therefore yields the same time for the same count, until the rate changes.
struct TimeLine: Equatable {
  /// The scale of the counter.
  let scale: ClockScale

  /// The rate, nanoseconds per count times 2^shift: the scale's, or an adjusted one.
  private(set) var mult: UInt32

  /// 2^64 / `mult`, rounded down: with it a division by `mult` is a multiplication.
  private(set) var inverse: UInt64

  /// The counter at the stored point.
  private(set) var counter: UInt64

  /// The time at the stored point, since the start of the line.
  private(set) var point = TimePoint(seconds: 0, shifted: 0)

  /// Creates a line with time 0 at `counter`.
  init(scale: ClockScale, startingAt counter: UInt64) {
    self.scale = scale
    self.counter = counter
    mult = scale.mult
    inverse = .max / UInt64(scale.mult)
  }

  /// Changes the rate from the stored point on; it is limited to the scale's `fastest`.
  mutating func setRate(_ mult: UInt32) {
    self.mult = max(min(mult, scale.fastest), 1)
    inverse = .max / UInt64(self.mult)
  }

  /// Moves the stored point to `count`, which is `distance` counts further.
  @inline(__always)
  mutating func move(to count: UInt64, distance: UInt64) {
    // The distance is 0 for a sample that is older than the last one: the point does not move.
    guard distance != 0 else { return }
    counter = count
    point = point(after: distance)
  }

  /// The point `distance` counts after the stored one. Changes nothing: it is `mutating` only so
  /// that `farPoint` gets the address of the line and not a copy on every call.
  @inline(__always)
  mutating func point(after distance: UInt64) -> TimePoint {
    distance > UInt64(word: scale.limit)
      ? farPoint(after: distance)
      : nearPoint(from: point, after: UInt32(truncatingIfNeeded: distance))
  }

  /// The point up to `scale.limit` counts after `start`: one multiplication, one compare and
  /// subtract.
  @inline(__always)
  private func nearPoint(from start: TimePoint, after distance: UInt32) -> TimePoint {
    TimeBase(point: start, mult: mult).point(after: distance, scale)
  }

  /// The exact point at any distance: first over whole seconds' worth of counts at the present
  /// rate, then over the rest. It divides; it is for the rare case of a long time without an
  /// update.
  @inline(never)
  private mutating func farPoint(after distance: UInt64) -> TimePoint {
    let unit = Int64(1 &<< scale.shift)
    var (whole, rest) = distance.quotientAndRemainder(dividingBy: UInt64(scale.frequency))
    // The difference between a second's worth of counts and a second, at most an eighth either way,
    // as whole nanoseconds and a fraction that is not negative. Wrapping: a second is at most 2^61.
    let excess = Int64(
      truncatingIfNeeded: UInt64(mult) &* UInt64(scale.frequency) &- scale.second)
    var (excessNanoseconds, fraction) = excess.quotientAndRemainder(dividingBy: unit)
    if fraction < 0 {
      fraction &+= unit
      excessNanoseconds &-= 1
    }
    var end = point
    while whole > 0 {
      // Steps of 68 years keep both products below 2^62.
      let part = min(whole, 1 << 31)
      whole &-= part  // Wrapping: `part` is at most `whole`; the products are below 2^62.
      let fractions = Int64(truncatingIfNeeded: part) &* fraction
      end = Self.sum(
        end, seconds: Int64(truncatingIfNeeded: part),
        nanoseconds: Int64(truncatingIfNeeded: part) &* excessNanoseconds &+ fractions / unit,
        shifted: UInt64(truncatingIfNeeded: fractions % unit), scale)
    }
    let limit = UInt64(scale.limit)
    while rest > limit {
      end = nearPoint(from: end, after: scale.limit)
      rest &-= limit  // Wrapping: compared just before.
    }
    return nearPoint(from: end, after: UInt32(truncatingIfNeeded: rest))
  }

  /// `start` plus seconds, nanoseconds of either sign, and a shifted fraction of a nanosecond.
  private static func sum(
    _ start: TimePoint, seconds: Int64, nanoseconds: Int64, shifted: UInt64, _ scale: ClockScale
  ) -> TimePoint {
    var (carried, below) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    // Wrapping: seconds are far below 2^63, and each of the shifted summands is below 2^61.
    if below < 0 {
      below &+= 1_000_000_000
      carried &-= 1
    }
    var end = TimePoint(
      seconds: start.seconds &+ seconds &+ carried,
      shifted: start.shifted &+ scale.shifted(UInt32(truncatingIfNeeded: below)) &+ shifted)
    if end.shifted >= scale.second {
      end.shifted &-= scale.second
      end.seconds &+= 1
    }
    return end
  }
}
