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

/// The straight line from counts to time, held at one point: at `counter` it was `point`.
///
/// Moving along loses nothing: the remainder below a nanosecond stays in the point, so every point
/// that a line ever had gives the same time for the same count.
struct TimeLine: Equatable {
  /// The counts' scale.
  let scale: ClockScale

  /// The counter at this point.
  private(set) var counter: UInt64

  /// Time since the line's start.
  private(set) var point = TimePoint(seconds: 0, shifted: 0)

  /// Time 0 at `counter`.
  init(scale: ClockScale, startingAt counter: UInt64) {
    self.scale = scale
    self.counter = counter
  }

  /// Moves to `count`, which is `distance` counts further.
  @inline(__always)
  mutating func move(to count: UInt64, distance: UInt64) {
    // A sample from before the last one leaves the point where it is.
    guard distance != 0 else { return }
    counter = count
    point = point(after: distance)
  }

  /// The point that lies `distance` counts further.
  @inline(__always)
  func point(after distance: UInt64) -> TimePoint {
    distance > UInt64(word: scale.limit)
      ? farPoint(after: distance)
      : nearPoint(from: point, after: UInt32(truncatingIfNeeded: distance))
  }

  /// Up to `scale.limit` counts further: one multiplication, one compare and subtract.
  @inline(__always)
  private func nearPoint(from start: TimePoint, after distance: UInt32) -> TimePoint {
    // Wrapping: below 2^62, see `ClockScale.limit`; and 2^63 seconds do not come.
    let sum = start.shifted &+ UInt64(word: distance) &* UInt64(word: scale.mult)
    guard sum >= scale.second else { return TimePoint(seconds: start.seconds, shifted: sum) }
    return TimePoint(seconds: start.seconds &+ 1, shifted: sum &- scale.second)
  }

  /// Any distance further, exactly: whole seconds first, with the scale's error in each of them
  /// summed up, then the rest. Divides, and is for a counter that ran on while nobody looked.
  @inline(never)
  private func farPoint(after distance: UInt64) -> TimePoint {
    let (whole, rest) = distance.quotientAndRemainder(dividingBy: UInt64(scale.frequency))
    // At most half of `distance` in magnitude, so inside of 63 bits.
    let excess = Int64(whole) * scale.excessPerSecond
    let second = Int64(scale.second)
    var carried = excess / second
    var remainder = excess % second
    if remainder < 0 {
      remainder += second
      carried -= 1
    }
    var start = TimePoint(
      seconds: point.seconds + Int64(whole) + carried,
      shifted: point.shifted + UInt64(remainder))
    if start.shifted >= scale.second {
      start.shifted -= scale.second
      start.seconds += 1
    }
    // `rest` is below the frequency, and a count is longer than the error of a second.
    return nearPoint(from: start, after: UInt32(truncatingIfNeeded: rest))
  }
}
