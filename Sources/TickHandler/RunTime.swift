import RTOSCore

/// How long a task has had a CPU: a line with the rate of CLOCK_MONOTONIC_RAW that stands still
/// while the task does not run. Nothing is lost below a nanosecond, however often it is stopped.
///
/// A stop only adds counts: they become time when somebody asks, or when the point is written to a
/// page (`fold`). It has no lock: only the CPU that runs the task, or gives it up, changes it.
public struct RunTime: Equatable, Sendable {
  /// The counter when the task was given its CPU.
  public private(set) var counter: UInt64 = 0
  /// Counts that the task has had and `point` does not have yet.
  private var pending: UInt64 = 0
  private var point = TimePoint(seconds: 0, shifted: 0)

  /// No time at all.
  public init() {}

  /// Whole seconds at `counter`, of what is folded.
  public var seconds: Int64 { point.seconds }
  /// Nanoseconds below a second at `counter`, times 2^shift of the scale, of what is folded.
  public var shifted: UInt64 { point.shifted }

  /// No time at all.
  @inline(__always)
  public var isZero: Bool {
    Int64(bitPattern: pending) | point.seconds | Int64(bitPattern: point.shifted) == 0
  }

  /// The task gets a CPU at `count`.
  @inline(__always)
  public mutating func start(at count: UInt64) { counter = count }

  /// The task has run until `count`, and loses its CPU.
  @inline(__always)
  public mutating func stop<Clock: Counter>(at count: UInt64, on clock: Clock.Type) {
    let distance = count &- counter  // Wrapping: counts are a circle.
    // As a rule it is short, and neither a step back nor a wrap.
    guard distance >> 32 == 0 else { return stopLate(at: count, on: clock) }
    pending &+= distance  // Wrapping: 64 bits of counts do not come, here and below.
  }

  /// The same for any distance: a step back, as another CPU's sample could show, is none.
  @inline(never)
  private mutating func stopLate<Clock: Counter>(at count: UInt64, on clock: Clock.Type) {
    pending &+= clock.distance(from: counter, to: count)
  }

  /// Makes time of the counts.
  @inline(__always)
  public mutating func fold(_ scale: ClockScale) {
    guard pending > UInt64(word: scale.limit) else {
      point = TimeBase(point: point, mult: scale.mult).point(
        after: UInt32(truncatingIfNeeded: pending), scale)
      return pending = 0
    }
    foldMany(scale)
  }

  /// The task has run until `count`, and goes on.
  @inline(__always)
  public mutating func advance<Clock: Counter>(
    to count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) {
    stop(at: count, on: clock)
    counter = count
    fold(scale)
  }

  /// Adds what another one was at its `counter`, and folds.
  @inline(never)
  public mutating func add(_ other: RunTime, _ scale: ClockScale) {
    pending &+= other.pending
    add(other.point, scale)
    foldMany(scale)
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
  public func time(_ scale: ClockScale) -> Timespec {
    var time = self
    time.foldMany(scale)
    return time.point.time(scale)
  }

  /// What it is at `count`, of a task that runs; nil when `advance` is due: the last point is a
  /// second old, or counts have come since.
  @inline(__always)
  public func time<Clock: Counter>(
    at count: UInt64, on clock: Clock.Type, _ scale: ClockScale
  ) -> Timespec? {
    let distance = (count &- counter) & clock.mask  // Wrapping: counts are a circle.
    guard distance <= UInt64(word: scale.limit), pending == 0 else { return nil }
    return TimeBase(point: point, mult: scale.mult).time(
      after: UInt32(truncatingIfNeeded: distance), scale)
  }

  /// Makes time of any number of counts.
  @inline(never)
  private mutating func foldMany(_ scale: ClockScale) {
    var line = TimeLine(scale: scale, startingAt: 0)
    let end = line.point(after: pending)
    pending = 0
    add(end, scale)
  }

  private mutating func add(_ other: TimePoint, _ scale: ClockScale) {
    // Wrapping: far below 63 bits; both are below a second, 2^61.
    point.seconds &+= other.seconds
    point.shifted &+= other.shifted
    if point.shifted >= scale.second {
      point.shifted &-= scale.second
      point.seconds &+= 1
    }
  }
}
