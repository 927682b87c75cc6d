// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import Synchronization

/// What the tick does: counts itself, moves and publishes time, serves timeouts, arms the next one.
///
/// One CPU is on duty: its tick counts time, publishes the page and serves the timeouts. The other
/// CPUs that run have ticks of their own, a little later, for the slices of their tasks; one of them
/// that finds a tick not counted takes the duty over, and a CPU that goes idle leaves it to one that
/// runs. A CPU that waits has no tick, but for the last one, which waits for the next timeout.
///
/// Lock order: the service's lock and the timekeeper's are never held together, and neither is while
/// a timeout is served.
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
    /// CPUs that have a tick; bit n is CPU n.
    fileprivate var ticking: UInt32 = 0
    /// Counts between the ticks of the CPU on duty and of CPU 0, and of each CPU and the next.
    fileprivate let stagger: UInt32
  }

  /// The clocks.
  public let timekeeper: Keeper

  private let state: Guarded<CPU, State>
  /// The CPU on duty. Changed under the lock.
  private let duty = Atomic<UInt32>(0)

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
      State(
        cadence: cadence, timeouts: timeouts, isTickless: isTickless,
        stagger: Clock.frequency / configuration.hertz / 32), level: .ticks,
      in: storage)
  }

  /// The CPU that holds the lock at the moment.
  public var lockHolder: UInt32? { state.holderNumber }

  /// Starts the beat now and arms this CPU's timer. Once, on the first CPU, when its interrupt has
  /// a handler.
  public borrowing func start() {
    state.withLock { state in
      duty.store(CPU.number, ordering: .relaxed)
      state.ticking = 1 &<< CPU.number
      state.cadence.restart(at: Clock.read())
      Clock.setDeadline(state.cadence.deadline)
    }
  }

  /// Arms this CPU's timer for the running beat: once on every further CPU, and where it was told that
  /// it is on duty now.
  public borrowing func join() {
    state.withLock { state in
      state.ticking |= 1 &<< CPU.number
      arm(state)
    }
  }

  /// Arms this CPU's timer: at the tick if it is on duty, else behind it.
  private borrowing func arm(_ state: borrowing State) {
    let cpu = CPU.number
    let isOnDuty = duty.load(ordering: .relaxed) == cpu
    let delay = isOnDuty ? 0 : UInt64(word: state.stagger &* (cpu &+ 1))  // Wrapping: below a tick.
    Clock.setDeadline((state.cadence.deadline &+ delay) & Clock.mask)  // Wrapping: a circle.
  }

  /// Serves the timer's interrupt on this CPU. On the one on duty: publishes the time first, then
  /// counts the tick and those that were missed, arms the next deadline, and calls `wake` with the
  /// token of each timeout that is due. In the interrupt, with interrupts masked; `wake` may take locks
  /// and use this service.
  @inline(__always)
  public borrowing func handleTick(wake: (UInt32) -> Void) {
    if duty.load(ordering: .relaxed) != CPU.number, !takesDuty() { return }
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

  /// The tick of a CPU that is not on duty: only its own timer, unless the tick has not been counted.
  ///
  /// - Returns: true when this CPU is on duty from now on.
  @inline(never)
  private borrowing func takesDuty() -> Bool {
    state.withLock { state in
      if state.cadence.isReached(at: Clock.read()) {
        duty.store(CPU.number, ordering: .relaxed)
        return true
      }
      state.interrupts &+= 1  // Wrapping: a statistic.
      arm(state)
      return false
    }
  }

  /// Before this CPU waits because nothing is ready. The last one that does is interrupted when the next
  /// timeout is due and not before, and never when none waits; the others are not interrupted at all:
  /// as long as a CPU runs it keeps its tick, by which time is published and timeouts are served.
  /// Interrupts are masked, and are until `leaveIdle`.
  ///
  /// - Returns: the CPU that is on duty now in place of this one, and must be told (`join`).
  @discardableResult
  public borrowing func enterIdle() -> UInt32? {
    // Two steps, since the locks are not held together.
    let (isLast, heir, deadline) = state.withLock { state -> (Bool, UInt32?, UInt64?) in
      guard state.isTickless else { return (false, nil, nil) }
      state.ticking &= ~(1 &<< CPU.number)
      guard state.ticking != 0 else { return (true, nil, state.timeouts.earliestDeadline) }
      Clock.stopDeadline()
      guard duty.load(ordering: .relaxed) == CPU.number else { return (false, nil, nil) }
      let heir = UInt32(truncatingIfNeeded: state.ticking.trailingZeroBitCount)
      duty.store(heir, ordering: .relaxed)
      return (false, heir, nil)
    }
    guard isLast else { return heir }
    guard let count = timekeeper.idleDeadline(deadline) else {
      Clock.stopDeadline()
      return nil
    }
    Clock.setDeadline(count)
    return nil
  }

  /// After the wait, before anything else runs, interrupt handlers included: where no other CPU has kept
  /// the time, publishes it, counts the ticks that nobody took, and serves the timeouts that are due;
  /// and arms this CPU's next tick.
  public borrowing func leaveIdle(wake: (UInt32) -> Void) {
    let mustUpdate = state.withLock { state in
      guard state.isTickless else { return false }
      state.idleWaits &+= 1  // Wrapping: a statistic.
      let isFirst = state.ticking == 0
      state.ticking |= 1 &<< CPU.number
      if isFirst || state.cadence.isReached(at: Clock.read()) {
        duty.store(CPU.number, ordering: .relaxed)
        return true
      }
      arm(state)
      return false
    }
    guard mustUpdate else { return }
    let update = timekeeper.updateRarely()
    let due = state.withLock { state in
      state.cadence.skip(to: update.counter)
      arm(state)
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
