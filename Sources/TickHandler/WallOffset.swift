/// How far the wall clock is ahead of monotonic time. It is never behind: a wall clock below the
/// time since boot, a date in 1970, is refused where it is set.
struct WallOffset: Equatable {
  /// Whole seconds.
  let seconds: Int64

  /// Nanoseconds below a second, times 2^shift. Whole ones, so that both clocks have the same
  /// remainder below a nanosecond.
  let shifted: UInt64

  /// An offset of its parts; `nanoseconds` is below a second.
  init(seconds: Int64, nanoseconds: UInt32, scale: ClockScale) {
    self.seconds = seconds
    shifted = scale.shifted(nanoseconds)
  }

  /// The offset with which the wall clock says `time` at the line's point, or nil when it would be
  /// negative.
  init?(from line: TimeLine, to time: Timespec) {
    let now = line.time
    var seconds = time.seconds - now.seconds
    var nanoseconds = time.nanoseconds - now.nanoseconds
    if nanoseconds < 0 {
      nanoseconds += 1_000_000_000
      seconds -= 1
    }
    guard seconds >= 0 else { return nil }
    self.init(seconds: seconds, nanoseconds: UInt32(nanoseconds), scale: line.scale)
  }

  /// The wall clock at the line's point.
  @inline(__always)
  func point(on line: TimeLine) -> (seconds: Int64, shifted: UInt64) {
    // Wrapping: below two seconds times 2^31; and seconds stay far below 63 bits.
    let sum = line.shifted &+ shifted
    let total = line.seconds &+ seconds
    return sum >= line.scale.second ? (total &+ 1, sum &- line.scale.second) : (total, sum)
  }

  /// The wall clock at the line's point, in whole nanoseconds.
  @inline(__always)
  func time(on line: TimeLine) -> Timespec {
    let point = point(on: line)
    return Timespec(
      seconds: point.seconds,
      nanoseconds: Int32(truncatingIfNeeded: line.scale.nanoseconds(point.shifted)))
  }
}

extension TimeLine {
  /// The line's own point, in whole nanoseconds.
  @inline(__always)
  var time: Timespec {
    Timespec(
      seconds: seconds, nanoseconds: Int32(truncatingIfNeeded: scale.nanoseconds(shifted)))
  }

  /// The line's own point as one number of nanoseconds.
  @inline(__always)
  var monotonicNanoseconds: UInt64 {
    // Wrapping: good for 584 years.
    UInt64(truncatingIfNeeded: seconds) &* 1_000_000_000 &+ UInt64(scale.nanoseconds(shifted))
  }
}
