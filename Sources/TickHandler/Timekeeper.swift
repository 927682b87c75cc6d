// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The kernel's one idea of what time it is: monotonic time on a straight line from the counter,
/// and the wall clock at an offset to it.
///
/// One lock covers taking the sample, moving the line and publishing, so that no older sample can
/// overtake a newer one, on any number of CPUs. Between two updates the line's point, and with it
/// what the coarse clocks say, is what was published last: the system call and the shared page
/// cannot disagree. Time since boot never goes back; the wall clock does only when it is set.
///
/// Lock order: innermost but for the publisher; nothing else is taken under it.
public struct Timekeeper<CPU: Processor, Clock: Counter, Publisher: TimePublisher>: ~Copyable {
  /// What the lock guards; public only so that memory for it can be set aside.
  public struct State {
    var line: TimeLine
    /// The same counter's line that no adjustment touches; always at the same count as `line`.
    fileprivate var raw: TimeLine
    fileprivate var wall: WallOffset
    /// What was published last: monotonic, wall-clock, raw and atomic time, by
    /// `ClockIdentifier.base`.
    fileprivate var bases = InlineArray<4, TimeBase>(repeating: TimeBase())
    fileprivate var taiOffset: Int64 = 0
    var discipline: ClockDiscipline
    fileprivate var leap = LeapSecond()
    /// An update may have to do more than move the line: something is slewed away, or a leap is to come.
    fileprivate var isSteered = false
    fileprivate let tickNanoseconds: UInt32
    fileprivate var mode: TimeSnapshot.Mode
    /// How far from the last update the short way of reading may go, in counts.
    fileprivate var reach: UInt32
    fileprivate let publisher: Publisher
  }

  /// Why time could not be started.
  public enum StartError: Error, Equatable {
    /// The counter is too slow to keep time with: its frequency in hertz.
    case unsupportedFrequency(UInt32)
  }

  /// Why a clock could not be set.
  public enum SetError: Error, Equatable {
    /// Nanoseconds that are none, a time before boot at the epoch, or one beyond `latestSet`.
    case invalid(Timespec)
  }

  /// One update, as the tick needs it.
  public struct Update: Equatable, Sendable {
    /// The sample: the counter at the update.
    public let counter: UInt64
    /// Monotonic time at the update, in nanoseconds; 64 bits last for 584 years.
    public let monotonicNanoseconds: UInt64
  }

  /// The last second that a clock may be set to: what 63 bits of nanoseconds hold, less 30 years
  /// in which the machine may still run. The same limit as on Linux.
  public static var latestSet: Int64 { Timespec.latestSet }

  let state: Guarded<CPU, State>

  /// Starts monotonic time at 0 and the wall clock at what `wallClock` says, and publishes both.
  /// `storage` must be unused memory for one `State` that outlives this value. At boot, on one
  /// CPU.
  ///
  /// - Throws: `StartError` when the counter cannot be used.
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
      tickNanoseconds: tick.nanoseconds, mode: mode, reach: Self.reach(scale, mode),
      publisher: publisher)
    // SAFETY: the caller's promise about `storage` is the one that `Guarded` asks for.
    unsafe state = Guarded(initial, level: .timekeeper, in: storage)
    state.withLock { $0.publishRarely(isNewLine: true) }
  }

  /// The CPU that holds the lock at the moment.
  public var lockHolder: UInt32? { state.holderNumber }

  /// Where the counter is not trusted, all clocks go the long way round.
  private static func reach(_ scale: ClockScale, _ mode: TimeSnapshot.Mode) -> UInt32 {
    mode == .counter ? scale.limit : 0
  }

  /// Takes a sample, moves all clocks to it and publishes. This is the tick's part, and also what
  /// leaving idle and `OsVdsoTimevalUpdate` need. From any context.
  @inline(__always)
  @discardableResult
  public borrowing func update() -> Update {
    state.withLock { state in
      if state.isSteered {
        state.steer(on: Clock.self)
      } else {
        state.moveToNow(on: Clock.self)
        state.publish(isNewLine: false)
      }
      return state.lastUpdate
    }
  }

  /// `update` by a call: for what is rare.
  @inline(never)
  @discardableResult
  public borrowing func updateRarely() -> Update {
    state.withLock { state in
      if state.isSteered {
        state.steer(on: Clock.self)
      } else {
        state.moveRarely(on: Clock.self)
        state.publishRarely(isNewLine: false)
      }
      return state.lastUpdate
    }
  }

  /// What clock `identifier` says, or nil when there is no such clock. From any context.
  public borrowing func read(_ identifier: Int32) -> Timespec? {
    guard let clock = ClockIdentifier(rawValue: identifier) else { return nil }
    return read(clock)
  }

  /// What `clock` says. From any context. Budget: 60 instructions; in line, because a call would
  /// cost a fifth more.
  @inline(__always)
  public borrowing func read(_ clock: ClockIdentifier) -> Timespec {
    state.withLock { $0.time(clock, on: Clock.self) }
  }

  /// Wall clock and time since boot at one and the same moment, now. From any context.
  public borrowing func readBoth() -> (realtime: Timespec, monotonic: Timespec) {
    state.withLock { state in
      let scale = state.line.scale
      let point = state.pointNow(on: Clock.self)
      return (state.wall.wallClock(at: point, scale).time(scale), point.time(scale))
    }
  }

  /// Monotonic time now, in nanoseconds: what the deadlines of timeouts are made from.
  public borrowing func monotonicNanoseconds() -> UInt64 {
    state.withLock { $0.pointNow(on: Clock.self).totalNanoseconds($0.line.scale) }
  }

  /// The resolution of clock `identifier`, or nil when there is no such clock: 1 ns for the fine
  /// ones, a tick for the coarse ones.
  public borrowing func resolution(of identifier: Int32) -> Timespec? {
    guard let clock = ClockIdentifier(rawValue: identifier) else { return nil }
    return resolution(of: clock)
  }

  /// The resolution of `clock`: 1 ns for the fine ones, a tick for the coarse ones, and for all
  /// where the counter is not trusted.
  public borrowing func resolution(of clock: ClockIdentifier) -> Timespec {
    let (tick, mode) = state.withLock { ($0.tickNanoseconds, $0.mode) }
    let isCoarse = clock.isCoarse || mode == .systemCall
    return Timespec(seconds: 0, nanoseconds: isCoarse ? Int32(tick) : 1)
  }

  /// Sets the wall clock to `time` now and publishes at once. Monotonic time goes on unmoved.
  ///
  /// - Throws: `SetError`; then nothing has changed.
  public borrowing func setRealtime(_ time: Timespec) throws(SetError) {
    guard time.isValid, time.seconds >= 0, time.seconds <= Self.latestSet else {
      throw .invalid(time)
    }
    try state.withLock { (state) throws(SetError) in
      // Readers are not told of a new line before it is known that there will be one.
      guard state.wall(showing: time, at: state.pointNow(on: Clock.self)) != nil else {
        throw .invalid(time)
      }
      state.publisher.prepareNewLine()
      state.moveRarely(on: Clock.self)
      // Time went on by a few counts: at the very edge, the wall stays as it was.
      let wall = state.wall(showing: time, at: state.line.point)
      state.wall = wall ?? state.wall
      if wall != nil {
        state.forgetOffsets()
        state.leap.clockWasSet(to: time.seconds)
        state.noteSteering()
      }
      state.publishRarely(isNewLine: true)
      if wall == nil { throw .invalid(time) }
    }
  }

  /// Takes over what `request` asks of the clock's rate, offset, state and of TAI, publishes it at
  /// once and answers in it: adjtimex(2). Monotonic time changes its rate and is never stepped; raw
  /// time does not notice. A request that changes nothing disturbs no reader.
  ///
  /// - Returns: true when the clock is synchronised (TIME_OK), false when not (TIME_ERROR); nil for
  ///   a request that is not valid, and then nothing has changed.
  @inline(never)
  public borrowing func adjust(_ request: inout ClockAdjustment) -> Bool? {
    let wanted = request
    var answer = request
    let isSynchronised = state.withLock { $0.adjust(wanted, &answer, on: Clock.self) }
    request = answer
    return isSynchronised
  }

  /// Says who may answer the fine clocks from now on, and publishes it: the check of the counter
  /// decides. In mode `systemCall` fine clocks say what the coarse ones do.
  public borrowing func setMode(_ mode: TimeSnapshot.Mode) {
    state.withLock { state in
      state.publisher.prepareNewLine()
      state.moveRarely(on: Clock.self)
      state.mode = mode
      state.reach = Self.reach(state.line.scale, mode)
      state.publishRarely(isNewLine: true)
    }
  }

  /// What was published last.
  public borrowing func snapshot() -> TimeSnapshot {
    state.withLock { $0.snapshot(isNewLine: false) }
  }
}

extension Timekeeper.State {
  /// The update whose point is the line's.
  @inline(__always)
  fileprivate var lastUpdate: Timekeeper.Update {
    mutating get {
      Timekeeper.Update(
        counter: line.counter, monotonicNanoseconds: line.point.totalNanoseconds(line.scale))
    }
  }

  /// What `clock` says now.
  @inline(__always)
  fileprivate mutating func time(_ clock: ClockIdentifier, on counter: Clock.Type) -> Timespec {
    // Wrapping: counts are a circle. A sample from before the update is far, too.
    let difference = (counter.read() &- line.counter) & counter.mask
    guard difference <= UInt64(word: reach) else {
      return farTime(clock, counter.isBehind(difference) ? 0 : difference)
    }
    let distance = clock.isCoarse ? 0 : UInt32(truncatingIfNeeded: difference)
    return bases[clock.base].time(after: distance, line.scale)
  }

  /// The same at any distance from the last update.
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

  /// An update while an offset is being slewed away: the rate changes where a second is over.
  @inline(never)
  fileprivate mutating func steer(on counter: Clock.Type) {
    let isSecondOver = discipline.isSecondOver(at: counter.read(), mask: counter.mask)
    // Where the sample taken here is still before, the next update is behind.
    let isLeap = wallSecond(at: pointNow(on: counter)) >= leap.second
    if isSecondOver || isLeap { publisher.prepareNewLine() }
    moveRarely(on: counter)
    if isSecondOver {
      discipline.endSecond(at: line.counter, mask: counter.mask)
      line.setRate(discipline.mult)
    }
    if isLeap { takeLeap() }
    noteSteering()
    publishRarely(isNewLine: isSecondOver || isLeap)
  }

  /// Steps the wall clock where it has reached the second of a leap; atomic time goes on as it was.
  @inline(never)
  private mutating func takeLeap() {
    let step = leap.advance(to: wallSecond(at: line.point))
    guard step != 0 else { return }
    wall.leap(by: step)
    taiOffset &-= step  // Wrapping: far below 63 bits.
    publisher.wallClockLeapt()
  }

  /// The second that the wall clock shows at `point`.
  @inline(never)
  private func wallSecond(at point: TimePoint) -> Int64 {
    wall.wallClock(at: point, line.scale).seconds
  }

  /// After anything that changes what an update has to do.
  fileprivate mutating func noteSteering() {
    isSteered = discipline.isSlewing || leap.second != .max
  }

  /// The wall clock was stepped: what was to be slewed belongs to the time before.
  fileprivate mutating func forgetOffsets() {
    discipline.forgetOffsets(at: line.counter, second: line.point.seconds)
    line.setRate(discipline.mult)
  }

  /// See `Timekeeper.adjust`.
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
      tell(&answer, at: wall.wallClock(at: now, line.scale))
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
    publisher.prepareNewLine()
    moveRarely(on: counter)
    if let step {
      wall = stepped(by: step, at: line.point) ?? wall
      forgetOffsets()
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
    publishRarely(isNewLine: true)
    tell(&answer, at: wall.wallClock(at: line.point, line.scale))
    return !discipline.isUnsynchronised(at: line.point.seconds)
  }

  /// What is to be added to the wall clock; nil if its part below a second is none.
  private static func span(_ request: ClockAdjustment) -> Timespec? {
    let isNano = request.modes.contains(.nano)
    guard request.fraction >= 0, request.fraction < (isNano ? 1_000_000_000 : 1_000_000)
    else { return nil }
    return Timespec(
      seconds: request.seconds, nanoseconds: Int32(request.fraction) * (isNano ? 1 : 1000))
  }

  /// The wall's offset when it is stepped by `span`; nil when it cannot be set to that.
  private func stepped(by span: Timespec, at point: TimePoint) -> WallOffset? {
    // Nothing further away from now than the clock can be set to.
    guard span.seconds.magnitude <= UInt64(Timespec.latestSet) else { return nil }
    let time = wall.wallClock(at: point, line.scale).time(line.scale) + span
    guard time.seconds >= 0, time.seconds <= Timespec.latestSet else { return nil }
    return wall(showing: time, at: point)
  }

  /// Puts wall-clock time and TAI's offset into an answer.
  private func tell(_ answer: inout ClockAdjustment, at point: TimePoint) {
    let time = point.time(line.scale)
    answer.seconds = time.seconds
    answer.fraction = Int64(discipline.isNano ? time.nanoseconds : time.nanoseconds / 1000)
    answer.tai = taiOffset
    answer.state = leap.state.rawValue
  }

  /// The line's point at a sample that is taken here.
  @inline(__always)
  fileprivate mutating func pointNow(on clock: Clock.Type) -> TimePoint {
    line.point(after: clock.distance(from: line.counter, to: clock.read()))
  }

  /// Moves the line to a sample that is taken here.
  @inline(__always)
  fileprivate mutating func moveToNow(on clock: Clock.Type) {
    let count = clock.read()
    let distance = clock.distance(from: line.counter, to: count)
    line.move(to: count, distance: distance)
    raw.move(to: count, distance: distance)
  }

  /// The same, called where it is not on the tick's way.
  @inline(never)
  fileprivate mutating func moveRarely(on clock: Clock.Type) { moveToNow(on: clock) }

  /// `publish`, likewise.
  @inline(never)
  fileprivate mutating func publishRarely(isNewLine: Bool) { publish(isNewLine: isNewLine) }

  /// The offset with which the wall clock shows `time` at `point`; nil before the epoch's start.
  @inline(never)
  fileprivate func wall(showing time: Timespec, at point: TimePoint) -> WallOffset? {
    WallOffset(from: point.time(line.scale), to: time, scale: line.scale)
  }

  /// Makes the present point what all clocks go on from, and hands it to the publisher.
  @inline(__always)
  fileprivate mutating func publish(isNewLine: Bool) {
    bases[0] = TimeBase(point: line.point, mult: line.mult)
    bases[1] = TimeBase(point: wall.wallClock(at: line.point, line.scale), mult: line.mult)
    bases[2] = TimeBase(point: raw.point, mult: raw.mult)
    bases[3] = bases[1]
    bases[3].point.seconds &+= taiOffset  // Wrapping: far below 63 bits.
    publisher.publish(snapshot(isNewLine: isNewLine))
  }

  /// What was published last.
  @inline(__always)
  fileprivate func snapshot(isNewLine: Bool) -> TimeSnapshot {
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
      tickNanoseconds: tickNanoseconds, mode: mode, isNewLine: isNewLine)
  }
}
