import RTOSCore

/// How long a task has had a CPU: a line with the rate of CLOCK_MONOTONIC_RAW that stands still
/// while the task does not run. Nothing is lost below a nanosecond, however often it is stopped.
///
/// It has no lock: only the CPU that runs the task, or gives it up, changes it.
public struct RunTime: Equatable, Sendable {
  /// The counter when the task was given its CPU.
  public private(set) var counter: UInt64 = 0
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

  /// The task gets a CPU at `count`.
  @inline(__always)
  public mutating func start(at count: UInt64) { counter = count }

  /// The task has run until `count`, and goes on or loses its CPU.
  @inline(__always)
  public mutating func advance<Clock: Counter>(
    to count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) {
    point = point(at: count, on: clock, scale)
    counter = count
  }

  /// Adds what another one was at its `counter`.
  @inline(never)
  public mutating func add(_ other: RunTime, _ scale: ClockScale) {
    // Wrapping: far below 63 bits; both are below a second, 2^61.
    point.seconds &+= other.point.seconds
    point.shifted &+= other.point.shifted
    if point.shifted >= scale.second {
      point.shifted &-= scale.second
      point.seconds &+= 1
    }
  }

  /// The same time, with a point of the line at `count`; its task runs.
  @inline(never)
  public func moved<Clock: Counter>(
    to count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) -> RunTime {
    var time = self
    time.advance(to: count, on: clock, scale)
    return time
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

  @inline(__always)
  private func point<Clock: Counter>(
    at count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) -> TimePoint {
    let distance = (count &- counter) & clock.mask  // Wrapping: as above.
    guard distance <= UInt64(word: scale.limit) else {
      return farPoint(after: distance, on: clock, scale)
    }
    return TimeBase(point: point, mult: scale.mult).point(
      after: UInt32(truncatingIfNeeded: distance), scale)
  }

  /// Any distance: a step back, as another CPU's sample could show, is none.
  @inline(never)
  private func farPoint<Clock: Counter>(
    after distance: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) -> TimePoint {
    guard !clock.isBehind(distance) else { return point }
    var line = TimeLine(scale: scale, startingAt: 0)
    var end = line.point(after: distance)
    end.seconds &+= point.seconds  // Wrapping: far below 63 bits.
    end.shifted &+= point.shifted  // Wrapping: both are below a second, 2^61.
    if end.shifted >= scale.second {
      end.shifted &-= scale.second
      end.seconds &+= 1
    }
    return end
  }
}
