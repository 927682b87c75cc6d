// SPDX-License-Identifier: Apache-2.0
// SAFETY: the table lives as long as the timers are used, and is accessed under its lock only.
/// Software timers. The tick interrupt finds the expired timers; a task calls their handlers, one
/// after the other, in the order of expiry.
///
/// Starting or stopping a timer takes O(log n) steps for n running timers. Lock order: the timers'
/// lock before the scheduler's.
@safe public struct SoftwareTimers<CPU: Processor, Context: ContextSwitch> {
  /// The state that the lock protects; public only so that its memory can be reserved.
  @safe public struct State: ~Copyable {
    fileprivate let records: UnsafeMutablePointer<TimerRecord>
    fileprivate let capacity: UInt32
    fileprivate var running: TimeoutHeap<TimerRecord>
    fileprivate var now: UInt64 = 0
    fileprivate var firstPending = TimeoutLinks.none
    fileprivate var lastPending = TimeoutLinks.none
    fileprivate var server: TaskNumber?
    /// The first free record; the others are linked through `nextPending`.
    fileprivate var firstFree: UInt32 = 0

    /// A state without timers. `records` are free and must outlive the timers.
    public init(records: UnsafeMutableBufferPointer<TimerRecord>) {
      guard let start = records.baseAddress else { preconditionFailure("timers without memory") }
      unsafe self.records = start
      capacity = UInt32(records.count)
      unsafe running = TimeoutHeap(nodes: start)
      for slot in 0..<capacity {
        self[slot].nextPending = slot + 1 < capacity ? slot + 1 : TimeoutLinks.none
      }
    }
  }

  private let state: UnsafePointer<Guarded<CPU, State>>
  private let scheduler: Scheduler<CPU, Context>

  /// A handle to the timers, whose guarded state at `state` is never freed.
  public init(state: UnsafePointer<Guarded<CPU, State>>, scheduler: Scheduler<CPU, Context>) {
    unsafe self.state = state
    self.scheduler = scheduler
  }

  /// The maximum number of timers.
  public var capacity: UInt32 { unsafe state.pointee.withColdLock { $0.capacity } }

  /// Creates a timer, which is not running. Callable from any context.
  ///
  /// - Throws: `badInterval`, `tableFull`.
  public func create(
    _ mode: TimerMode, interval: UInt32, argument: UInt = 0, handler: @escaping TimerRecord.Handler
  ) throws(TimerError) -> TimerNumber {
    guard interval > 0 else { throw .badInterval }
    return try withState { (state: inout State) throws(TimerError) in
      let slot = state.firstFree
      guard slot != TimeoutLinks.none else { throw .tableFull }
      state.firstFree = state[slot].nextPending
      var record = TimerRecord()
      (record.isUsed, record.mode, record.interval) = (true, mode, interval)
      (record.handler, record.argument) = (handler, argument)
      state[slot] = record
      return TimerNumber(rawValue: slot)
    }
  }

  /// Starts a timer, which expires `interval` ticks from now. A running timer is restarted.
  /// Callable from any context.
  ///
  /// - Throws: `noSuchTimer`.
  public func start(_ timer: TimerNumber) throws(TimerError) {
    try withTimer(timer) { (state: inout State, slot) throws(TimerError) in
      state.running.remove(slot)
      state.running.insert(
        slot, deadline: state.now + UInt64(word: state[slot].interval))
    }
  }

  /// Stops a timer and drops its pending calls. Callable from any context.
  ///
  /// - Throws: `noSuchTimer`, `notStarted`.
  public func stop(_ timer: TimerNumber) throws(TimerError) {
    try withTimer(timer) { (state: inout State, slot) throws(TimerError) in
      guard state[slot].timeout.isQueued || state[slot].pendingCalls > 0 else {
        throw .notStarted
      }
      state.running.remove(slot)
      state.dropPendingCalls(slot)
    }
  }

  /// Deletes a timer; its number may be reused afterwards. Callable from any context.
  ///
  /// - Throws: `noSuchTimer`.
  public func delete(_ timer: TimerNumber) throws(TimerError) {
    try withTimer(timer) { (state: inout State, slot) throws(TimerError) in
      state.running.remove(slot)
      state.dropPendingCalls(slot)
      state.free(slot)
    }
  }

  /// The ticks until the timer expires.
  ///
  /// - Throws: `noSuchTimer`, `notStarted`.
  public func remaining(_ timer: TimerNumber) throws(TimerError) -> UInt32 {
    try withTimer(timer) { (state: inout State, slot) throws(TimerError) in
      guard state[slot].timeout.isQueued else { throw .notStarted }
      return UInt32(clamping: state[slot].timeout.deadline - state.now)
    }
  }

  /// True while a timer is running; ticks must then not be stopped.
  public var isAnyRunning: Bool {
    withState { (state: inout State) in state.running.earliest != .max }
  }

  /// Handles a tick: `tick` ticks were counted since boot. Called in the interrupt of the
  /// timekeeping CPU. Missed periods of a timer are made up for.
  public func tick(to tick: UInt64) {
    let server = withState { (state: inout State) -> TaskNumber? in
      // Another CPU may have handled a later tick first.
      guard tick > state.now else { return nil }
      state.now = tick
      guard state.running.earliest <= tick else { return nil }
      while let expired = state.running.takeFirstExpired(at: tick) {
        state.addPendingCall(expired.node)
        if state[expired.node].mode == .periodic {
          let interval = UInt64(word: state[expired.node].interval)
          state.running.insert(expired.node, deadline: expired.deadline + interval)
        }
      }
      return state.server
    }
    if let server { scheduler.wake(server) }
  }

  /// Calls the handlers of all expired timers. Only the timer task calls it, between two calls of
  /// `Scheduler.block`, so calls do not overlap.
  public func callExpired() {
    while let call = withState({ (state: inout State) in state.takePendingCall() }) {
      call.handler(call.argument)
    }
  }

  /// The main loop of the timer task.
  public func run() -> Never {
    let me = scheduler.current
    withState { (state: inout State) in state.server = me }
    while true {
      callExpired()
      scheduler.block()
    }
  }

  private func withTimer<Result>(
    _ timer: TimerNumber, _ body: (inout State, UInt32) throws(TimerError) -> Result
  ) throws(TimerError) -> Result {
    try withState { (state: inout State) throws(TimerError) in
      guard timer.rawValue < state.capacity, state[timer.rawValue].isUsed else {
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

// SAFETY: callers check indices against the capacity.
extension SoftwareTimers.State {
  fileprivate subscript(_ slot: UInt32) -> TimerRecord {
    unsafeAddress { unsafe UnsafePointer(records + Int(slot)) }
    nonmutating unsafeMutableAddress { unsafe records + Int(slot) }
  }

  /// Records one more expiration.
  fileprivate mutating func addPendingCall(_ slot: UInt32) {
    self[slot].pendingCalls += 1
    guard self[slot].pendingCalls == 1 else { return }
    self[slot].nextPending = TimeoutLinks.none
    if firstPending == TimeoutLinks.none {
      firstPending = slot
    } else {
      self[lastPending].nextPending = slot
    }
    lastPending = slot
  }

  /// Removes the next pending call and returns it.
  fileprivate mutating func takePendingCall() -> (handler: TimerRecord.Handler, argument: UInt)? {
    guard firstPending != TimeoutLinks.none, let handler = self[firstPending].handler else {
      return nil
    }
    let slot = firstPending
    self[slot].pendingCalls -= 1
    if self[slot].pendingCalls == 0 { firstPending = self[slot].nextPending }
    let argument = self[slot].argument
    if self[slot].mode == .once { free(slot) }
    return (handler, argument)
  }

  /// Frees the record of a timer that is not running and has no pending calls.
  fileprivate mutating func free(_ slot: UInt32) {
    self[slot].isUsed = false
    self[slot].nextPending = firstFree
    firstFree = slot
  }

  /// Drops the pending calls of a timer.
  fileprivate mutating func dropPendingCalls(_ slot: UInt32) {
    guard self[slot].pendingCalls > 0 else { return }
    self[slot].pendingCalls = 0
    var before = TimeoutLinks.none
    var next = firstPending
    while next != slot {
      before = next
      next = self[next].nextPending
    }
    let after = self[slot].nextPending
    if before == TimeoutLinks.none {
      firstPending = after
    } else {
      self[before].nextPending = after
    }
    if lastPending == slot { lastPending = before }
  }
}
