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
    fileprivate let isTickless: Bool
    fileprivate var interrupts: UInt64 = 0
    fileprivate var idleWaits: UInt64 = 0
  }

  /// The clocks.
  public let timekeeper: Keeper

  private let state: Guarded<CPU, State>

  /// A service that is not started yet. Unless `isTickless`, the tick goes on while nothing runs.
  /// `storage` must be unused memory for one `State` that outlives this value.
  public init(
    configuration: TickConfiguration, isTickless: Bool, timekeeper: consuming Keeper,
    timeouts: consuming TimeoutQueue, in storage: UnsafeMutablePointer<State>
  ) {
    self.timekeeper = timekeeper
    let cadence = TickCadence(
      frequency: Clock.frequency, configuration: configuration, startingAt: Clock.read(),
      mask: Clock.mask)
    // SAFETY: the caller's promise about `storage` is the one that `Guarded` asks for.
    unsafe state = Guarded(
      State(cadence: cadence, timeouts: timeouts, isTickless: isTickless), level: .ticks,
      in: storage)
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
    let due = state.withLock { state in
      state.interrupts &+= 1  // Wrapping: a statistic.
      _ = state.cadence.advance(to: update.counter)
      // The interrupt is level-sensitive: a new deadline also takes it back.
      Clock.setDeadline(state.cadence.deadline)
      return state.timeouts.takeExpired(at: update.monotonicNanoseconds)
    }
    serve(due, at: update.monotonicNanoseconds, wake)
  }

  /// Before this CPU waits because nothing is ready: its timer will interrupt when the next timeout
  /// is due and not before; never when none waits. Interrupts are masked, and are until
  /// `leaveIdle`.
  ///
  /// A CPU that runs keeps its own tick, so that time is published as long as one does, and the
  /// timeouts that it adds meanwhile are served by it.
  public borrowing func enterIdle() {
    // Two steps, since the locks are not held together.
    let (isTickless, deadline) = state.withLock { state in
      (state.isTickless, state.timeouts.earliestDeadline)
    }
    guard isTickless else { return }
    guard let count = timekeeper.idleDeadline(deadline) else { return Clock.stopDeadline() }
    Clock.setDeadline(count)
  }

  /// After the wait, before anything else runs, interrupt handlers included: publishes the time,
  /// counts the ticks that nobody took, arms the next one, and serves the timeouts that are due.
  public borrowing func leaveIdle(wake: (UInt32) -> Void) {
    guard state.withLock({ $0.isTickless }) else { return }
    let update = timekeeper.update()
    let due = state.withLock { state in
      state.idleWaits &+= 1  // Wrapping: a statistic.
      state.cadence.skip(to: update.counter)
      Clock.setDeadline(state.cadence.deadline)
      return state.timeouts.takeExpired(at: update.monotonicNanoseconds)
    }
    serve(due, at: update.monotonicNanoseconds, wake)
  }

  /// Wakes `first`, and whoever else is due, in order.
  @inline(__always)
  private borrowing func serve(
    _ first: UInt32?, at nanoseconds: UInt64, _ wake: (UInt32) -> Void
  ) {
    var due = first
    while let token = due {
      wake(token)
      due = state.withLock { $0.timeouts.takeExpired(at: nanoseconds) }
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

  /// How the ticks went. From any context.
  public borrowing func statistics() -> TickStatistics {
    state.withLock { state in
      TickStatistics(
        ticks: state.cadence.ticks, missed: state.cadence.missed, skipped: state.cadence.skipped,
        interrupts: state.interrupts, idleWaits: state.idleWaits)
    }
  }
}

/// How the ticks went since the start.
public struct TickStatistics: Equatable, Sendable {
  /// Ticks that time has counted.
  public let ticks: UInt64
  /// Those that were counted later than at their own interrupt.
  public let missed: UInt64
  /// Those for which no interrupt was asked, because nothing ran.
  public let skipped: UInt64
  /// Interrupts of the tick that were taken, on all CPUs.
  public let interrupts: UInt64
  /// How often a CPU waited without a tick.
  public let idleWaits: UInt64

  /// Numbers of their parts.
  public init(ticks: UInt64, missed: UInt64, skipped: UInt64, interrupts: UInt64, idleWaits: UInt64)
  {
    self.ticks = ticks
    self.missed = missed
    self.skipped = skipped
    self.interrupts = interrupts
    self.idleWaits = idleWaits
  }
}
