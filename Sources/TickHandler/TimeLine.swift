/// A point on the straight line from counts to time: at `counter` it was `seconds` and `shifted`.
///
/// Moving along loses nothing: the remainder below a nanosecond stays in `shifted`, so every point
/// that a line ever had gives the same time for the same count.
struct TimeLine: Equatable {
  /// The counts' scale.
  let scale: ClockScale

  /// The counter at this point.
  private(set) var counter: UInt64

  /// Whole seconds since boot.
  private(set) var seconds: Int64 = 0

  /// Nanoseconds below a second, times 2^shift.
  private(set) var shifted: UInt64 = 0

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
    if distance > UInt64(scale.limit) {
      moveFar(distance)
    } else {
      moveNear(UInt32(truncatingIfNeeded: distance))
    }
  }

  /// Moves by up to `scale.limit` counts: one multiplication, one compare and subtract.
  @inline(__always)
  private mutating func moveNear(_ distance: UInt32) {
    // Wrapping: below 2^62, see `ClockScale.limit`.
    shifted &+= UInt64(distance) &* UInt64(scale.mult)
    if shifted >= scale.second {
      shifted &-= scale.second
      seconds &+= 1  // Wrapping: 2^63 seconds do not come.
    }
  }

  /// Moves by any distance, exactly: whole seconds first, with the scale's error in each of them
  /// summed up, then the rest. Divides, and is for a counter that ran on while nobody looked.
  @inline(never)
  private mutating func moveFar(_ distance: UInt64) {
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
    seconds += Int64(whole) + carried
    shifted += UInt64(remainder)
    if shifted >= scale.second {
      shifted -= scale.second
      seconds += 1
    }
    // `rest` is below the frequency, and a count is longer than the error of a second.
    moveNear(UInt32(truncatingIfNeeded: rest))
  }
}
