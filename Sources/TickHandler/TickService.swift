import RTOSCore

/// What the tick does: counts itself, moves and publishes time, serves timeouts, arms the next one.
///
/// Every CPU may take the tick's interrupt: whoever comes first counts it, the others only arm
/// their own timer again. Lock order: the service's lock and the timekeeper's are never held
/// together, and neither is while a timeout is served.
public struct TickService<CPU: Processor, Clock: Counter, Publisher: TimePublisher>: ~Copyable {
  /// The timekeeper that fits.
  public typealias Keeper = Timekeeper<CPU, Clock, Publisher>

  /// What the lock guards; public only so that memory for it can be set aside.
  public struct State: ~Copyable {
    fileprivate var cadence: TickCadence
    fileprivate var timeouts: TimeoutQueue
  }

  /// The clocks.
  public let timekeeper: Keeper

  private let state: Guarded<CPU, State>

  /// A service that is not started yet. `storage` must be unused memory for one `State` that
  /// outlives this value.
  public init(
    configuration: TickConfiguration, timekeeper: consuming Keeper,
    timeouts: consuming TimeoutQueue, in storage: UnsafeMutablePointer<State>
  ) {
    self.timekeeper = timekeeper
    let cadence = TickCadence(
      frequency: Clock.frequency, configuration: configuration, startingAt: Clock.read(),
      mask: Clock.mask)
    // SAFETY: the caller's promise about `storage` is the one that `Guarded` asks for.
    unsafe state = Guarded(State(cadence: cadence, timeouts: timeouts), in: storage)
  }

  /// Starts the beat now and arms this CPU's timer. Once, on the first CPU, when its interrupt has
  /// a handler.
  public borrowing func start() {
    state.withLock { state in
      state.cadence.restart(at: Clock.read())
      Clock.setDeadline(state.cadence.deadline)
    }
  }

  /// Arms this CPU's timer for the running beat. Once on every further CPU.
  public borrowing func join() {
    state.withLock { Clock.setDeadline($0.cadence.deadline) }
  }

  /// Serves the timer's interrupt on this CPU: publishes the time first, then counts the tick and
  /// those that were missed, arms the next deadline, and calls `wake` with the token of each
  /// timeout that is due. In the interrupt, with interrupts masked; `wake` may take locks and use
  /// this service.
  @inline(__always)
  public borrowing func handleTick(wake: (UInt32) -> Void) {
    let update = timekeeper.update()
    var due = state.withLock { state in
      _ = state.cadence.advance(to: update.counter)
      // The interrupt is level-sensitive: a new deadline also takes it back.
      Clock.setDeadline(state.cadence.deadline)
      return state.timeouts.takeExpired(at: update.monotonicNanoseconds)
    }
    while let token = due {
      wake(token)
      due = state.withLock { $0.timeouts.takeExpired(at: update.monotonicNanoseconds) }
    }
  }

  /// Asks for `wake(token)` at the first tick at or after `deadline`, in monotonic nanoseconds.
  /// From any context.
  ///
  /// - Throws: `TimeoutQueue.Full`; then nothing has changed.
  public borrowing func schedule(
    at deadline: UInt64, token: UInt32
  ) throws(TimeoutQueue.Full) -> TimeoutHandle {
    try state.withLock { (state) throws(TimeoutQueue.Full) in
      try state.timeouts.insert(deadline: deadline, token: token)
    }
  }

  /// Takes a timeout back. False when it was served, or is being served by another CPU, or was
  /// cancelled before. From any context.
  public borrowing func cancel(_ handle: TimeoutHandle) -> Bool {
    state.withLock { $0.timeouts.cancel(handle) }
  }

  /// Ticks since the start, the missed ones included.
  public borrowing func tickCount() -> UInt64 {
    state.withLock { $0.cadence.ticks }
  }

  /// Ticks that were counted later than at their own interrupt.
  public borrowing func missedCount() -> UInt64 {
    state.withLock { $0.cadence.missed }
  }
}
