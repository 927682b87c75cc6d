// SPDX-License-Identifier: Apache-2.0
// SAFETY: the table lives as long as the timers are used, and is reached under its lock only.
/// Software timers: the tick notices who is due, a task of their own calls them, one after the other
/// in the order in which they went off.
///
/// Starting one costs the same however many run. Lock order: the timers' lock before the scheduler's.
@safe public struct SoftwareTimers<CPU: Processor, Context: ContextSwitch> {
  /// What the lock guards; public only so that memory for it can be set aside.
  @safe public struct State: ~Copyable {
    fileprivate let records: UnsafeMutablePointer<TimerRecord>
    fileprivate let capacity: UInt32
    fileprivate var running: TimeoutHeap<TimerRecord>
    fileprivate var now: UInt64 = 0
    fileprivate var firstDue = TimeoutLinks.none
    fileprivate var lastDue = TimeoutLinks.none
    fileprivate var server: TaskNumber?
    /// The free places, through `nextDue`.
    fileprivate var firstFree: UInt32 = 0

    /// No timer yet; `records` are free places that outlive the timers.
    public init(records: UnsafeMutableBufferPointer<TimerRecord>) {
      guard let start = records.baseAddress else { preconditionFailure("timers without memory") }
      unsafe self.records = start
      capacity = UInt32(records.count)
      unsafe running = TimeoutHeap(nodes: start)
      for place in 0..<capacity {
        self[place].nextDue = place + 1 < capacity ? place + 1 : TimeoutLinks.none
      }
    }
  }

  private let state: UnsafePointer<Guarded<CPU, State>>
  private let scheduler: Scheduler<CPU, Context>

  /// A handle to the timers whose guarded state stands at `state`, for ever.
  public init(state: UnsafePointer<Guarded<CPU, State>>, scheduler: Scheduler<CPU, Context>) {
    unsafe self.state = state
    self.scheduler = scheduler
  }

  /// How many timers there can be.
  public var capacity: UInt32 { unsafe state.pointee.withColdLock { $0.capacity } }

  /// A timer that does not run yet. From any context.
  ///
  /// - Throws: `badInterval`, `tableFull`.
  public func create(
    _ mode: TimerMode, interval: UInt32, argument: UInt = 0, handler: @escaping TimerRecord.Handler
  ) throws(TimerError) -> TimerNumber {
    guard interval > 0 else { throw .badInterval }
    return try withState { (state: inout State) throws(TimerError) in
      let place = state.firstFree
      guard place != TimeoutLinks.none else { throw .tableFull }
      state.firstFree = state[place].nextDue
      var record = TimerRecord()
      (record.isThere, record.mode, record.interval) = (true, mode, interval)
      (record.handler, record.argument) = (handler, argument)
      state[place] = record
      return TimerNumber(rawValue: place)
    }
  }

  /// It goes off `interval` ticks from now; one that runs begins again. From any context.
  ///
  /// - Throws: `noSuchTimer`.
  public func start(_ timer: TimerNumber) throws(TimerError) {
    try withTimer(timer) { (state: inout State, place) throws(TimerError) in
      state.running.remove(place)
      state.running.insert(
        place, deadline: state.now + UInt64(word: state[place].interval))
    }
  }

  /// It does not go off any more, and what has not been served of it is forgotten. From any context.
  ///
  /// - Throws: `noSuchTimer`, `notStarted`.
  public func stop(_ timer: TimerNumber) throws(TimerError) {
    try withTimer(timer) { (state: inout State, place) throws(TimerError) in
      guard state[place].timeout.isSet || state[place].due > 0 else { throw .notStarted }
      state.running.remove(place)
      state.forgetDue(place)
    }
  }

  /// It is gone; its number may be another one's from now on. From any context.
  ///
  /// - Throws: `noSuchTimer`.
  public func delete(_ timer: TimerNumber) throws(TimerError) {
    try withTimer(timer) { (state: inout State, place) throws(TimerError) in
      state.running.remove(place)
      state.forgetDue(place)
      state.free(place)
    }
  }

  /// Ticks until it goes off.
  ///
  /// - Throws: `noSuchTimer`, `notStarted`.
  public func remaining(_ timer: TimerNumber) throws(TimerError) -> UInt32 {
    try withTimer(timer) { (state: inout State, place) throws(TimerError) in
      guard state[place].timeout.isSet else { throw .notStarted }
      return UInt32(clamping: state[place].timeout.deadline - state.now)
    }
  }

  /// True while a timer runs, which needs each tick.
  public var isAnyRunning: Bool {
    withState { (state: inout State) in state.running.earliest != .max }
  }

  /// Serves a tick: `tick` ticks were counted. In the interrupt of the CPU that owns time. A period
  /// that was missed is served like the others.
  public func tick(to tick: UInt64) {
    let server = withState { (state: inout State) -> TaskNumber? in
      // Another CPU may have served a later tick first.
      guard tick > state.now else { return nil }
      state.now = tick
      guard state.running.earliest <= tick else { return nil }
      while let place = state.running.takeFirstExpired(at: tick) {
        state.appendDue(place.node)
        if state[place.node].mode == .periodic {
          let interval = UInt64(word: state[place.node].interval)
          state.running.insert(place.node, deadline: place.deadline + interval)
        }
      }
      return state.server
    }
    if let server { scheduler.wake(server) }
  }

  /// Calls the handlers of all that are due. One call of it at a time: it is the life of the task that
  /// serves the timers, between two calls of `Scheduler.block`.
  public func serve() {
    while let call = withState({ (state: inout State) in state.takeDue() }) {
      call.handler(call.argument)
    }
  }

  /// The life of the task that serves the timers.
  public func run() -> Never {
    let me = scheduler.current
    withState { (state: inout State) in state.server = me }
    while true {
      serve()
      scheduler.block()
    }
  }

  private func withTimer<Result>(
    _ timer: TimerNumber, _ body: (inout State, UInt32) throws(TimerError) -> Result
  ) throws(TimerError) -> Result {
    try withState { (state: inout State) throws(TimerError) in
      guard timer.rawValue < state.capacity, state[timer.rawValue].isThere else {
        throw .noSuchTimer
      }
      return try body(&state, timer.rawValue)
    }
  }

  private func withState<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe state.pointee.withLock(body)
  }
}

// SAFETY: places are checked against the capacity before.
extension SoftwareTimers.State {
  fileprivate subscript(_ place: UInt32) -> TimerRecord {
    unsafeAddress { unsafe UnsafePointer(records + Int(place)) }
    nonmutating unsafeMutableAddress { unsafe records + Int(place) }
  }

  /// It has gone off once more.
  fileprivate mutating func appendDue(_ place: UInt32) {
    self[place].due += 1
    guard self[place].due == 1 else { return }
    self[place].nextDue = TimeoutLinks.none
    if firstDue == TimeoutLinks.none { firstDue = place } else { self[lastDue].nextDue = place }
    lastDue = place
  }

  /// The next call that is to be made.
  fileprivate mutating func takeDue() -> (handler: TimerRecord.Handler, argument: UInt)? {
    guard firstDue != TimeoutLinks.none, let handler = self[firstDue].handler else { return nil }
    let place = firstDue
    self[place].due -= 1
    if self[place].due == 0 { firstDue = self[place].nextDue }
    let argument = self[place].argument
    if self[place].mode == .once { free(place) }
    return (handler, argument)
  }

  /// The place of a timer that neither runs nor is due is free again.
  fileprivate mutating func free(_ place: UInt32) {
    self[place].isThere = false
    self[place].nextDue = firstFree
    firstFree = place
  }

  /// What has not been served of a timer is forgotten.
  fileprivate mutating func forgetDue(_ place: UInt32) {
    guard self[place].due > 0 else { return }
    self[place].due = 0
    var before = TimeoutLinks.none
    var next = firstDue
    while next != place {
      before = next
      next = self[next].nextDue
    }
    let behind = self[place].nextDue
    if before == TimeoutLinks.none { firstDue = behind } else { self[before].nextDue = behind }
    if lastDue == place { lastDue = before }
  }
}
