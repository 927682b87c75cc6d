// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// How long a task has had a CPU: a line with the rate of CLOCK_MONOTONIC_RAW that stands still
/// while the task does not run. Nothing is lost below a nanosecond, however often it is stopped.
///
/// The scheduler counts what a task has had at each switch; that becomes time here when somebody asks, or
/// when a program's task is given a CPU (`catchUp`). It has no lock: only the CPU that runs the task, or
/// gives it up, changes it.
public struct RunTime: Equatable, Sendable {
  /// The counter when the task was given its CPU.
  public internal(set) var counter: UInt64 = 0
  /// Counts that `point` has.
  private var counts: UInt64 = 0
  private var point = TimePoint(seconds: 0, shifted: 0)

  /// No time at all.
  public init() {}

  /// Whole seconds at `counter`.
  public var seconds: Int64 { point.seconds }
  /// Nanoseconds below a second at `counter`, times 2^shift of the scale.
  public var shifted: UInt64 { point.shifted }

  /// No time at all.
  @inline(__always)
  public var isZero: Bool { point.seconds | Int64(bitPattern: point.shifted) == 0 }

  /// The task has run until `count`, and goes on or loses its CPU.
  @inline(__always)
  public mutating func advance<Clock: Counter>(
    to count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) {
    fold(clock.distance(from: counter, to: count), scale)
    counter = count
  }

  /// The task had had `ran` counts when it was given a CPU at `since`. Nothing is new when somebody has
  /// asked meanwhile (`advance`).
  @inline(__always)
  public mutating func catchUp(_ ran: UInt64, since: UInt64, _ scale: ClockScale) {
    guard ran >= counts else { return }
    fold(ran &- counts, scale)  // Wrapping: compared just before.
    counter = since
  }

  /// Makes time of so many counts more.
  @inline(__always)
  private mutating func fold(_ more: UInt64, _ scale: ClockScale) {
    counts &+= more  // Wrapping: 2^64 counts do not come.
    guard more > UInt64(word: scale.limit) else {
      point = TimeBase(point: point, mult: scale.mult).point(
        after: UInt32(truncatingIfNeeded: more), scale)
      return
    }
    foldMany(more, scale)
  }

  /// The same for any number.
  @inline(never)
  private mutating func foldMany(_ more: UInt64, _ scale: ClockScale) {
    var line = TimeLine(scale: scale, startingAt: 0)
    add(line.point(after: more), scale)
  }

  /// Adds what another one was at its `counter`.
  @inline(never)
  public mutating func add(_ other: RunTime, _ scale: ClockScale) { add(other.point, scale) }

  private mutating func add(_ other: TimePoint, _ scale: ClockScale) {
    // Wrapping: far below 63 bits; both are below a second, 2^61.
    point.seconds &+= other.seconds
    point.shifted &+= other.shifted
    if point.shifted >= scale.second {
      point.shifted &-= scale.second
      point.seconds &+= 1
    }
  }

  /// What it was at `counter`, in whole nanoseconds.
  public func time(_ scale: ClockScale) -> Timespec { point.time(scale) }

  /// What it is at `count`, of a task that runs; nil when the last point is a second old, and
  /// `advance` is due.
  @inline(__always)
  public func time<Clock: Counter>(
    at count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) -> Timespec? {
    let distance = (count &- counter) & clock.mask  // Wrapping: counts are a circle.
    guard distance <= UInt64(word: scale.limit) else { return nil }
    return TimeBase(point: point, mult: scale.mult).time(
      after: UInt32(truncatingIfNeeded: distance), scale)
  }
}
