// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// How far the wall clock is ahead of monotonic time. It is never behind: a wall clock below the
/// time since boot, a date in 1970, is refused where it is set.
struct WallOffset: Equatable {
  /// Seconds and whole nanoseconds, so that both clocks have the same remainder below one.
  private var offset: TimePoint

  /// An offset of its parts; `nanoseconds` is below a second.
  init(seconds: Int64, nanoseconds: UInt32, scale: ClockScale) {
    offset = TimePoint(seconds: seconds, shifted: scale.shifted(nanoseconds))
  }

  /// The offset with which the wall clock says `time` when monotonic time is `now`, or nil when it
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

  /// Steps the wall clock by the second of a leap, but never behind monotonic time.
  mutating func leap(by seconds: Int64) {
    offset.seconds = max(0, offset.seconds &+ seconds)  // Wrapping: far below 63 bits.
  }

  /// The wall clock when monotonic time is at `point`.
  @inline(__always)
  func wallClock(at point: TimePoint, _ scale: ClockScale) -> TimePoint {
    // Wrapping: below two seconds times 2^31; and seconds stay far below 63 bits.
    let sum = point.shifted &+ offset.shifted
    let seconds = point.seconds &+ offset.seconds
    guard sum >= scale.second else { return TimePoint(seconds: seconds, shifted: sum) }
    return TimePoint(seconds: seconds &+ 1, shifted: sum &- scale.second)
  }
}
