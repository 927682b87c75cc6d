// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The CPU time of a task: a clock with the rate of CLOCK_MONOTONIC_RAW that advances only while
/// the task runs. Fractions of a nanosecond are kept, so that no time is lost at switches.
///
/// The scheduler accounts CPU time in counts at each switch. They are converted to time here when
/// the time is read, and when a user task is switched in (`catchUp`). The value has no lock: only
/// the CPU that runs the task, or switches to or from it, changes it.
public struct CPUTime: Equatable, Sendable {
  /// The counter value from which the task would have to run, without a pause, to have its CPU time
  /// at any later moment. After an `advance`, the one of that.
  public internal(set) var counter: UInt64 = 0
  /// The counts that `point` includes.
  private var counts: UInt64 = 0
  private var point = TimePoint(seconds: 0, shifted: 0)

  /// Creates a CPU time of zero.
  public init() {}

  /// Whole seconds of CPU time at `counter`.
  public var seconds: Int64 { point.seconds }
  /// Nanoseconds of CPU time below a second at `counter`, times 2^shift of the scale.
  public var shifted: UInt64 { point.shifted }

  /// True if the CPU time is zero.
  @inline(__always)
  public var isZero: Bool { point.seconds | Int64(bitPattern: point.shifted) == 0 }

  /// Adds the time that the task has run since `counter`, up to `count`.
  @inline(__always)
  public mutating func advance<Clock: Counter>(
    to count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) {
    add(clock.distance(from: counter, to: count), scale)
    counter = count
  }

  /// Updates the time of a task that had run for `ran` counts in all when it was switched in at
  /// `since`. Usually only `counter` moves, by the time without a CPU: the point is converted anew
  /// after half of the scale's limit. Does nothing if an `advance` has made the value newer. `scale`
  /// is an expression, of which only the fields in use are loaded.
  ///
  /// - Returns: whether the time at `counter` may have changed.
  @inline(__always)
  @discardableResult
  public mutating func catchUp(
    _ ran: UInt64, since: UInt64, _ scale: @autoclosure () -> ClockScale
  ) -> Bool {
    let more = ran &- counts  // Wrapping: a newer value is very far away.
    guard more > UInt64(word: scale().limit >> 1) else {
      counter = since &- more  // Wrapping: distances are those of the counter, which may wrap.
      return false
    }
    guard ran >= counts else { return true }
    add(more, scale())
    counter = since
    return true
  }

  /// Adds `more` counts to the time.
  @inline(__always)
  private mutating func add(_ more: UInt64, _ scale: @autoclosure () -> ClockScale) {
    counts &+= more  // Wrapping: 2^64 counts take centuries.
    guard more > UInt64(word: scale().limit) else {
      point = TimeBase(point: point, mult: scale().mult).point(
        after: UInt32(truncatingIfNeeded: more), scale())
      return
    }
    addMany(more, scale())
  }

  /// Adds any number of counts to `point`, also more than the scale's limit.
  @inline(never)
  private mutating func addMany(_ more: UInt64, _ scale: borrowing ClockScale) {
    var line = TimeLine(scale: copy scale, startingAt: 0)
    add(line.point(after: more), scale)
  }

  /// Adds the CPU time of `other` at its `counter`.
  @inline(__always)
  public mutating func add(_ other: borrowing CPUTime, _ scale: borrowing ClockScale) {
    add(other.point, scale)
  }

  private mutating func add(_ other: TimePoint, _ scale: borrowing ClockScale) {
    // Wrapping: seconds are far below 2^63, and both shifted values are below a second, 2^61.
    point.seconds &+= other.seconds
    point.shifted &+= other.shifted
    if point.shifted >= scale.second {
      point.shifted &-= scale.second
      point.seconds &+= 1
    }
  }

  /// The CPU time at `counter`, rounded down to nanoseconds.
  public func time(_ scale: ClockScale) -> Timespec { point.time(scale) }

  /// The CPU time of a running task at `count`, rounded down to nanoseconds. nil if `counter` is
  /// further away than the scale's limit (about a second): the caller must call `advance` first.
  @inline(__always)
  public func time<Clock: Counter>(
    at count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) -> Timespec? {
    let distance = (count &- counter) & clock.mask  // Wrapping: the counter wraps, too.
    guard distance <= UInt64(word: scale.limit) else { return nil }
    return TimeBase(point: point, mult: scale.mult).time(
      after: UInt32(truncatingIfNeeded: distance), scale)
  }
}
