// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A moment on a clock, with what is left below a nanosecond.
struct TimePoint: Equatable {
  /// Whole seconds.
  var seconds: Int64

  /// Nanoseconds below a second, times 2^shift of the clock's scale.
  var shifted: UInt64

  /// In whole nanoseconds, rounded down.
  @inline(__always)
  func time(_ scale: ClockScale) -> Timespec {
    Timespec(seconds: seconds, nanoseconds: Int32(bitPattern: scale.nanoseconds(shifted)))
  }

  /// As one number of whole nanoseconds; good for 584 years.
  @inline(__always)
  func totalNanoseconds(_ scale: ClockScale) -> UInt64 {
    // Wrapping: see above; seconds are not negative.
    UInt64(bitPattern: seconds) &* 1_000_000_000 &+ UInt64(word: scale.nanoseconds(shifted))
  }
}

/// From where a clock goes on after an update: what it said then, and how fast it goes.
struct TimeBase: Equatable {
  /// What it said at the update.
  var point = TimePoint(seconds: 0, shifted: 0)

  /// Nanoseconds per count times 2^shift.
  var mult: UInt32 = 0

  /// What it says `distance` counts, at most the scale's limit, after the update.
  @inline(__always)
  func point(after distance: UInt32, _ scale: ClockScale) -> TimePoint {
    // Wrapping: below 2^62, see `ClockScale.limit`; and 2^63 seconds do not come.
    let sum = point.shifted &+ UInt64(word: distance) &* UInt64(word: mult)
    guard sum >= scale.second else { return TimePoint(seconds: point.seconds, shifted: sum) }
    return TimePoint(seconds: point.seconds &+ 1, shifted: sum &- scale.second)
  }

  /// The same in whole nanoseconds, in fewer instructions.
  @inline(__always)
  func time(after distance: UInt32, _ scale: ClockScale) -> Timespec {
    // Wrapping: as above.
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

/// The straight line from counts to time, held at one point: at `counter` it was `point`.
///
/// Moving along loses nothing: the remainder below a nanosecond stays in the point, so every point
/// that a line ever had gives the same time for the same count, until its rate changes.
struct TimeLine: Equatable {
  /// The counts' scale.
  let scale: ClockScale

  /// Nanoseconds per count times 2^shift: the scale's, or what an adjustment made of it.
  private(set) var mult: UInt32

  /// The counter at this point.
  private(set) var counter: UInt64

  /// Time since the line's start.
  private(set) var point = TimePoint(seconds: 0, shifted: 0)

  /// Time 0 at `counter`.
  init(scale: ClockScale, startingAt counter: UInt64) {
    self.scale = scale
    self.counter = counter
    mult = scale.mult
  }

  /// Goes on from the present point at another rate, at most the scale's fastest.
  mutating func setRate(_ mult: UInt32) { self.mult = min(mult, scale.fastest) }

  /// Moves to `count`, which is `distance` counts further.
  @inline(__always)
  mutating func move(to count: UInt64, distance: UInt64) {
    // A sample from before the last one leaves the point where it is.
    guard distance != 0 else { return }
    counter = count
    point = point(after: distance)
  }

  /// The point that lies `distance` counts further. Changes nothing: it is `mutating` so that the
  /// way over a long distance gets the line's address and not a copy of it on every call.
  @inline(__always)
  mutating func point(after distance: UInt64) -> TimePoint {
    distance > UInt64(word: scale.limit)
      ? farPoint(after: distance)
      : nearPoint(from: point, after: UInt32(truncatingIfNeeded: distance))
  }

  /// Up to `scale.limit` counts further: one multiplication, one compare and subtract.
  @inline(__always)
  private func nearPoint(from start: TimePoint, after distance: UInt32) -> TimePoint {
    TimeBase(point: start, mult: mult).point(after: distance, scale)
  }

  /// Any distance further, exactly: whole seconds' worth of counts first, with what the rate makes
  /// of each of them summed up, then the rest. Divides, and is for a counter that ran on while
  /// nobody looked.
  @inline(never)
  private mutating func farPoint(after distance: UInt64) -> TimePoint {
    let unit = Int64(1 &<< scale.shift)
    var (whole, rest) = distance.quotientAndRemainder(dividingBy: UInt64(scale.frequency))
    // What a second's worth of counts is longer than a second: at most an eighth either way, in
    // whole nanoseconds and a fraction that is not negative.
    // Wrapping: a second is at most 2^61.
    let excess = Int64(
      truncatingIfNeeded: UInt64(mult) &* UInt64(scale.frequency) &- scale.second)
    var (excessNanoseconds, fraction) = excess.quotientAndRemainder(dividingBy: unit)
    if fraction < 0 {
      fraction &+= unit
      excessNanoseconds &-= 1
    }
    var end = point
    while whole > 0 {
      // 68 years at a time keep both products inside of 62 bits.
      let part = min(whole, 1 << 31)
      whole &-= part  // Wrapping: a part of it, as are the products: see above.
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

  /// A point further by seconds, nanoseconds of either sign, and less than a shifted nanosecond.
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
