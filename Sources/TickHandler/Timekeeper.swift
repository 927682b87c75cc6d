// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The kernel's clocks: monotonic time as a linear function of the counter, and the wall clock at
/// an offset to it.
///
/// One lock (level `timekeeper`) is held while the counter is sampled, the time line is moved and
/// the result is published. So no older sample can be published after a newer one. Between two
/// updates the coarse clocks return exactly the published values, so the system call and the vDSO
/// page cannot disagree. Monotonic time never goes back; the wall clock does only when it is
/// stepped.
///
/// The lock masks interrupts. The publisher runs under it, and no other lock is acquired under it.
public struct Timekeeper<CPU: Processor, Clock: Counter, Publisher: TimePublisher>: ~Copyable {
  /// The state under the lock; public only so that memory for it can be allocated.
  public struct State: ~Copyable {
    var line: TimeLine
    /// The time line without adjustments; its stored point is always at the same count as that of
    /// `line`.
    fileprivate var raw: TimeLine
    fileprivate var wall: WallOffset
    /// The bases that were published last: monotonic, wall-clock, raw and atomic time, indexed by
    /// `ClockIdentifier.base`.
    fileprivate var bases = InlineArray<4, TimeBase>(repeating: TimeBase())
    fileprivate var taiOffset: Int64 = 0
    var discipline: ClockDiscipline
    fileprivate var leap = LeapSecond()
    /// True if updates must call `steer`, because an offset is being slewed or a leap second is
    /// announced.
    fileprivate var isSteered = false
    fileprivate let tickNanoseconds: UInt32
    var mode: TimeSnapshot.Mode
    /// The extrapolation limit of the fast read path, in counts after the last update.
    fileprivate var counterLimit: UInt32
    fileprivate let publisher: Publisher
    private let pinned = Pinned()
  }

  /// The error of `init`.
  public enum StartError: Error, Equatable {
    /// The counter is too slow; the value is its frequency in hertz.
    case unsupportedFrequency(UInt32)
  }

  /// The error of `setRealtime`.
  public enum SetError: Error, Equatable {
    /// The nanoseconds are out of range, the time is less than the time since boot, or is after
    /// `latestSet`.
    case invalid(Timespec)
  }

  /// The result of an update, for the tick.
  public struct Update: Equatable, Sendable {
    /// The sample: the counter at the update.
    public let counter: UInt64
    /// Monotonic time at the update, in nanoseconds. Overflows after 584 years.
    public let monotonicNanoseconds: UInt64
  }

  /// The last second that a clock may be set to: 63 bits of nanoseconds, less 30 years of uptime.
  /// Linux has the same limit.
  public static var latestSet: Int64 { Timespec.latestSet }

  let state: Guarded<CPU, State>

  /// Starts monotonic time at 0 and the wall clock at the time of `wallClock`, and publishes both.
  /// `storage` must be unused memory for one `State` that outlives this value. Called at boot, on
  /// one CPU.
  ///
  /// - Throws: `StartError` if the counter's frequency is not supported.
  public init(
    wallClock: some RealTimeClock, tick: TickConfiguration, mode: TimeSnapshot.Mode,
    publisher: Publisher, in storage: UnsafeMutablePointer<State>
  ) throws(StartError) {
    guard let scale = ClockScale(frequency: Clock.frequency) else {
      throw .unsupportedFrequency(Clock.frequency)
    }
    let line = TimeLine(scale: scale, startingAt: Clock.read())
    let initial = State(
      line: line, raw: line,
      wall: WallOffset(seconds: Int64(wallClock.secondsSinceEpoch()), nanoseconds: 0, scale: scale),
      discipline: ClockDiscipline(scale: scale),
      tickNanoseconds: tick.nanoseconds, mode: mode, counterLimit: Self.counterLimit(scale, mode),
      publisher: publisher)
    // SAFETY: the caller passes unused memory that outlives this value, as `Guarded` requires.
    unsafe state = Guarded(initial, level: .timekeeper, in: storage)
    state.withLock { $0.publishCold(isDiscontinuous: true) }
  }

  /// The number of the CPU that holds the timekeeper's lock at the moment, nil if it is free.
  public var lockHolder: UInt32? { state.holderNumber }

  /// The limit of the fast read path: 0 if the counter is not trusted, so that all reads use the
  /// slow path.
  private static func counterLimit(_ scale: ClockScale, _ mode: TimeSnapshot.Mode) -> UInt32 {
    mode == .counter ? scale.limit : 0
  }

  /// Samples the counter, moves all clocks to the sample and publishes them. Inlined for the tick.
  /// May be called from any context. Acquires the timekeeper's lock.
  @inline(__always)
  @discardableResult
  public borrowing func update() -> Update {
    state.withLock { state in
      if state.isSteered {
        state.steer(on: Clock.self)
      } else {
        state.moveToNow(on: Clock.self)
        state.publish(isDiscontinuous: false)
      }
      return state.lastUpdate
    }
  }

  /// Samples the counter, moves all clocks to the sample and publishes them. Out of line, for cold
  /// paths: leaving idle and `OsVdsoTimevalUpdate`. May be called from any context. Acquires the
  /// timekeeper's lock.
  @inline(never)
  @discardableResult
  public borrowing func updateCold() -> Update {
    state.withLock { state in
      if state.isSteered {
        state.steer(on: Clock.self)
      } else {
        state.moveCold(on: Clock.self)
        state.publishCold(isDiscontinuous: false)
      }
      return state.lastUpdate
    }
  }

  /// The time of clock number `identifier`, nil if there is no such clock. May be called from any
  /// context. Acquires the timekeeper's lock.
  public borrowing func read(_ identifier: Int32) -> Timespec? {
    guard let clock = ClockIdentifier(rawValue: identifier) else { return nil }
    return read(clock)
  }

  /// The time of `clock`. May be called from any context. Acquires the timekeeper's lock. Budget:
  /// 60 instructions; inlined, because a call would cost a fifth more.
  @inline(__always)
  public borrowing func read(_ clock: ClockIdentifier) -> Timespec {
    state.withLock { $0.time(clock, on: Clock.self) }
  }

  /// The present wall-clock time and monotonic time, of the same sample. May be called from any
  /// context. Acquires the timekeeper's lock.
  public borrowing func readBoth() -> (realtime: Timespec, monotonic: Timespec) {
    state.withLock { state in
      let scale = state.line.scale
      let point = state.pointNow(on: Clock.self)
      return (state.wall.wallClock(at: point, scale).time(scale), point.time(scale))
    }
  }

  /// The present monotonic time in nanoseconds, from which deadlines of timeouts are computed.
  /// Acquires the timekeeper's lock.
  public borrowing func monotonicNanoseconds() -> UInt64 {
    state.withLock { $0.pointNow(on: Clock.self).totalNanoseconds($0.line.scale) }
  }

  /// The resolution of clock number `identifier`, nil if there is no such clock: 1 ns for fine
  /// clocks, a tick for coarse ones, and a tick for all if the counter is not trusted.
  public borrowing func resolution(of identifier: Int32) -> Timespec? {
    guard let clock = ClockIdentifier(rawValue: identifier) else { return nil }
    return resolution(of: clock)
  }

  /// The resolution of `clock`: 1 ns for fine clocks, a tick for coarse ones, and a tick for all if
  /// the counter is not trusted.
  public borrowing func resolution(of clock: ClockIdentifier) -> Timespec {
    let (tick, mode) = state.withLock { ($0.tickNanoseconds, $0.mode) }
    let isCoarse = clock.isCoarse || mode == .systemCall
    return Timespec(seconds: 0, nanoseconds: isCoarse ? Int32(tick) : 1)
  }

  /// Sets the wall clock to `time` and publishes it at once. Monotonic time is not affected.
  /// Acquires the timekeeper's lock.
  ///
  /// - Throws: `SetError`; then nothing has changed.
  public borrowing func setRealtime(_ time: Timespec) throws(SetError) {
    guard time.isValid, time.seconds >= 0, time.seconds <= Self.latestSet else {
      throw .invalid(time)
    }
    try state.withLock { (state) throws(SetError) in
      // `prepareDiscontinuity` disturbs readers, so `time` is checked first.
      guard state.wall(showing: time, at: state.pointNow(on: Clock.self)) != nil else {
        throw .invalid(time)
      }
      state.publisher.prepareDiscontinuity()
      state.moveCold(on: Clock.self)
      // A few counts have passed. If `time` has become invalid by that, the wall clock stays
      // unchanged.
      let wall = state.wall(showing: time, at: state.line.point)
      state.wall = wall ?? state.wall
      if wall != nil {
        state.discardOffsets()
        state.leap.clockWasSet(to: time.seconds)
        state.noteSteering()
      }
      state.publishCold(isDiscontinuous: true)
      if wall == nil { throw .invalid(time) }
    }
  }

  /// adjtimex(2): adjusts rate, offset, status and TAI's offset as in `request`, publishes the
  /// clocks at once and stores the results in `request`. The rate of monotonic time changes, but it
  /// is never stepped; raw time is not affected. A request that only reads disturbs no reader of
  /// the vDSO page. Acquires the timekeeper's lock.
  ///
  /// - Returns: true if the clock is synchronised (TIME_OK), false if not (TIME_ERROR); nil for an
  ///   invalid request, and then nothing has changed.
  @inline(never)
  public borrowing func adjust(_ request: inout ClockAdjustment) -> Bool? {
    let wanted = request
    var answer = request
    let isSynchronised = state.withLock { $0.adjust(wanted, &answer, on: Clock.self) }
    request = answer
    return isSynchronised
  }

  /// Sets the source of the fine clocks, which the check of the counter decides, and publishes it.
  /// In mode `systemCall` fine clocks return the time of the coarse ones. Acquires the timekeeper's
  /// lock.
  public borrowing func setMode(_ mode: TimeSnapshot.Mode) {
    state.withLock { state in
      state.publisher.prepareDiscontinuity()
      state.moveCold(on: Clock.self)
      state.mode = mode
      state.counterLimit = Self.counterLimit(state.line.scale, mode)
      state.publishCold(isDiscontinuous: true)
    }
  }

  /// The last published snapshot. Acquires the timekeeper's lock.
  public borrowing func snapshot() -> TimeSnapshot {
    state.withLock { $0.snapshot(isDiscontinuous: false) }
  }
}

extension Timekeeper.State {
  /// The last update, from the stored point of the time line.
  @inline(__always)
  fileprivate var lastUpdate: Timekeeper.Update {
    mutating get {
      Timekeeper.Update(
        counter: line.counter, monotonicNanoseconds: line.point.totalNanoseconds(line.scale))
    }
  }

  /// The present time of `clock`: fast path.
  @inline(__always)
  fileprivate mutating func time(_ clock: ClockIdentifier, on counter: Clock.Type) -> Timespec {
    // Wrapping: the counter wraps, too. A sample older than the update takes the slow path as well.
    let difference = (counter.read() &- line.counter) & counter.mask
    guard difference <= UInt64(word: counterLimit) else {
      return farTime(clock, counter.isBehind(difference) ? 0 : difference)
    }
    let distance = clock.isCoarse ? 0 : UInt32(truncatingIfNeeded: difference)
    return bases[clock.base].time(after: distance, line.scale)
  }

  /// The time of `clock` any number of counts after the last update: slow path.
  @inline(never)
  private mutating func farTime(_ clock: ClockIdentifier, _ distance: UInt64) -> Timespec {
    let scale = line.scale
    guard mode == .counter else { return bases[clock.base].point.time(scale) }
    if clock == .monotonicRaw { return raw.point(after: distance).time(scale) }
    var point = clock.isCoarse ? line.point : line.point(after: distance)
    if clock.isWallClock { point = wall.wallClock(at: point, scale) }
    if clock == .tai { point.seconds &+= taiOffset }
    return point.time(scale)
  }

  /// An update while an offset is being slewed or a leap second is announced: changes the rate if
  /// the discipline's second is over, and steps the wall clock if the leap second is reached.
  @inline(never)
  fileprivate mutating func steer(on counter: Clock.Type) {
    let isSecondOver = discipline.isSecondOver(at: counter.read(), mask: counter.mask)
    // If the leap second begins only after this sample, the next update handles it.
    let isLeap = wallSecond(at: pointNow(on: counter)) >= leap.second
    if isSecondOver || isLeap { publisher.prepareDiscontinuity() }
    moveCold(on: counter)
    if isSecondOver {
      discipline.endSecond(at: line.counter, mask: counter.mask)
      line.setRate(discipline.mult)
    }
    if isLeap { takeLeap() }
    noteSteering()
    publishCold(isDiscontinuous: isSecondOver || isLeap)
  }

  /// Steps the wall clock if it has reached an announced leap second; atomic time is not stepped.
  @inline(never)
  private mutating func takeLeap() {
    let step = leap.advance(to: wallSecond(at: line.point))
    guard step != 0 else { return }
    wall.leap(by: step)
    taiOffset &-= step  // Wrapping: far below 63 bits.
    publisher.wallClockDidLeap()
  }

  /// The wall-clock second at monotonic `point`.
  @inline(never)
  private func wallSecond(at point: TimePoint) -> Int64 {
    wall.wallClock(at: point, line.scale).seconds
  }

  /// Recomputes `isSteered`. Must be called after every change of the discipline or of the leap
  /// second.
  fileprivate mutating func noteSteering() {
    isSteered = discipline.isSlewing || leap.second != .max
  }

  /// Discards the offsets to be slewed, because they do not apply to a wall clock that was stepped.
  fileprivate mutating func discardOffsets() {
    discipline.discardOffsets(at: line.counter, second: line.point.seconds)
    line.setRate(discipline.mult)
  }

  /// adjtimex(2) with the lock held: applies `request` and stores the results in `answer`. Returns
  /// true if the clock is synchronised, nil for an invalid request.
  @inline(never)
  fileprivate mutating func adjust(
    _ request: ClockAdjustment, _ answer: inout ClockAdjustment, on counter: Clock.Type
  ) -> Bool? {
    let isOnce = request.modes.contains(.once)
    let isQuestion =
      request.modes.isEmpty || isOnce && request.modes.contains(.readOnly)
    var next = discipline
    if isQuestion {
      let now = pointNow(on: counter)
      guard
        next.adjust(
          &answer, at: counter.read(), second: now.seconds, mask: counter.mask)
      else { return nil }
      storeTime(&answer, at: wall.wallClock(at: now, line.scale))
      return !next.isUnsynchronised(at: now.seconds)
    }
    var step: Timespec?
    if !isOnce, request.modes.contains(.setOffset) {
      guard let span = Self.span(request) else { return nil }
      step = span
      guard stepped(by: span, at: pointNow(on: counter)) != nil else { return nil }
    }
    guard next.adjust(&answer, at: line.counter, second: line.point.seconds, mask: counter.mask)
    else { return nil }
    answer = request
    publisher.prepareDiscontinuity()
    moveCold(on: counter)
    if let step {
      wall = stepped(by: step, at: line.point) ?? wall
      discardOffsets()
    }
    _ = discipline.adjust(
      &answer, at: line.counter, second: line.point.seconds, mask: counter.mask)
    line.setRate(discipline.mult)
    if !isOnce, request.modes.contains(.tai), (0...100_000).contains(request.constant) {
      taiOffset = request.constant
    }
    let second = wallSecond(at: line.point)
    if step != nil { leap.clockWasSet(to: second) }
    leap.announce(
      insertion: discipline.status.contains(.insertion),
      deletion: discipline.status.contains(.deletion), at: second)
    takeLeap()
    noteSteering()
    publishCold(isDiscontinuous: true)
    storeTime(&answer, at: wall.wallClock(at: line.point, line.scale))
    return !discipline.isUnsynchronised(at: line.point.seconds)
  }

  /// The step of the wall clock that `request` contains; nil if its fraction of a second is
  /// invalid.
  private static func span(_ request: ClockAdjustment) -> Timespec? {
    let isNano = request.modes.contains(.nano)
    guard request.fraction >= 0, request.fraction < (isNano ? 1_000_000_000 : 1_000_000)
    else { return nil }
    return Timespec(
      seconds: request.seconds, nanoseconds: Int32(request.fraction) * (isNano ? 1 : 1000))
  }

  /// The wall clock's offset after a step by `span`; nil if it cannot be set to the resulting time.
  private func stepped(by span: Timespec, at point: TimePoint) -> WallOffset? {
    // A larger span could overflow, and leads beyond `latestSet` or below 0 anyway.
    guard span.seconds.magnitude <= UInt64(Timespec.latestSet) else { return nil }
    let time = wall.wallClock(at: point, line.scale).time(line.scale) + span
    guard time.seconds >= 0, time.seconds <= Timespec.latestSet else { return nil }
    return wall(showing: time, at: point)
  }

  /// Stores wall-clock time, TAI's offset and the leap second's state in `answer`.
  private func storeTime(_ answer: inout ClockAdjustment, at point: TimePoint) {
    let time = point.time(line.scale)
    answer.seconds = time.seconds
    answer.fraction = Int64(discipline.isNano ? time.nanoseconds : time.nanoseconds / 1000)
    answer.tai = taiOffset
    answer.state = leap.state.rawValue
  }

  /// The present monotonic time, from a new sample.
  @inline(__always)
  mutating func pointNow(on clock: Clock.Type) -> TimePoint {
    line.point(after: clock.distance(from: line.counter, to: clock.read()))
  }

  /// Moves both time lines to a new sample.
  @inline(__always)
  fileprivate mutating func moveToNow(on clock: Clock.Type) {
    let count = clock.read()
    let distance = clock.distance(from: line.counter, to: count)
    line.move(to: count, distance: distance)
    raw.move(to: count, distance: distance)
  }

  /// Moves both time lines to a new sample. Out of line, for cold paths.
  @inline(never)
  fileprivate mutating func moveCold(on clock: Clock.Type) { moveToNow(on: clock) }

  /// Publishes the present point. Out of line, for cold paths.
  @inline(never)
  fileprivate mutating func publishCold(isDiscontinuous: Bool) {
    publish(isDiscontinuous: isDiscontinuous)
  }

  /// The offset with which the wall clock shows `time` at monotonic `point`; nil if it were
  /// negative.
  @inline(never)
  fileprivate func wall(showing time: Timespec, at point: TimePoint) -> WallOffset? {
    WallOffset(from: point.time(line.scale), to: time, scale: line.scale)
  }

  /// Makes the present point the base of all clocks, and passes a snapshot to the publisher.
  @inline(__always)
  fileprivate mutating func publish(isDiscontinuous: Bool) {
    bases[0] = TimeBase(point: line.point, mult: line.mult)
    bases[1] = TimeBase(point: wall.wallClock(at: line.point, line.scale), mult: line.mult)
    bases[2] = TimeBase(point: raw.point, mult: raw.mult)
    bases[3] = bases[1]
    bases[3].point.seconds &+= taiOffset  // Wrapping: far below 63 bits.
    publisher.publish(snapshot(isDiscontinuous: isDiscontinuous))
  }

  /// The snapshot of the present bases.
  @inline(__always)
  fileprivate func snapshot(isDiscontinuous: Bool) -> TimeSnapshot {
    let (monotonic, wall, raw) = (bases[0].point, bases[1].point, bases[2].point)
    return TimeSnapshot(
      realtimeSeconds: wall.seconds,
      realtimeNanoseconds: line.scale.nanoseconds(wall.shifted),
      monotonicSeconds: monotonic.seconds,
      monotonicNanoseconds: line.scale.nanoseconds(monotonic.shifted),
      realtimeShifted: wall.shifted, monotonicShifted: monotonic.shifted,
      rawSeconds: raw.seconds, rawShifted: raw.shifted,
      taiOffset: Int32(truncatingIfNeeded: taiOffset),
      counter: line.counter, counterLimit: line.scale.limit,
      mult: bases[0].mult, rawMult: bases[2].mult, shift: line.scale.shift,
      tickNanoseconds: tickNanoseconds, mode: mode, isDiscontinuous: isDiscontinuous)
  }
}
