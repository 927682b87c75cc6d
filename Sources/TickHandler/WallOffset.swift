// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The offset of the wall clock to monotonic time. It is never negative: a wall-clock time less
/// than the time since boot (a date in 1970) is refused when it is set.
struct WallOffset: Equatable {
  /// Seconds and whole nanoseconds, so that both clocks have the same fraction of a nanosecond.
  private var offset: TimePoint

  /// Creates an offset; `nanoseconds` is less than a second.
  init(seconds: Int64, nanoseconds: UInt32, scale: ClockScale) {
    offset = TimePoint(seconds: seconds, shifted: scale.shifted(nanoseconds))
  }

  /// Creates the offset for a wall clock that shows `time` when monotonic time is `now`; nil if it
  /// would be negative.
  init?(from now: Timespec, to time: Timespec, scale: ClockScale) {
    var seconds = time.seconds - now.seconds
    var nanoseconds = time.nanoseconds - now.nanoseconds
    if nanoseconds < 0 {
      nanoseconds += 1_000_000_000
      seconds -= 1
    }
    guard seconds >= 0 else { return nil }
    self.init(seconds: seconds, nanoseconds: UInt32(nanoseconds), scale: scale)
  }

  /// Steps the wall clock by a leap second, but not below monotonic time.
  mutating func leap(by seconds: Int64) {
    offset.seconds = max(0, offset.seconds &+ seconds)  // Wrapping: far below 2^63.
  }

  /// The wall-clock time when monotonic time is `point`.
  @inline(__always)
  func wallClock(at point: TimePoint, _ scale: ClockScale) -> TimePoint {
    // Wrapping: the sum is below two seconds times 2^31, and seconds are far below 2^63.
    let sum = point.shifted &+ offset.shifted
    let seconds = point.seconds &+ offset.seconds
    guard sum >= scale.second else { return TimePoint(seconds: seconds, shifted: sum) }
    return TimePoint(seconds: seconds &+ 1, shifted: sum &- scale.second)
  }
}
