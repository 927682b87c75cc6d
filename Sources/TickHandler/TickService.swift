// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import Synchronization

/// The work of the tick interrupt: updates and publishes the time, counts the tick, programs the
/// next deadline and serves timeouts.
///
/// One CPU keeps time: its tick advances the clocks, publishes the vDSO page and serves the
/// timeouts. Other busy CPUs have a slightly later tick for the slices of their tasks. If such a
/// CPU finds that a tick was not counted, it becomes the timekeeping CPU. A timekeeping CPU that
/// goes idle passes the role to a busy one. Idle CPUs have no tick; the last one to go idle
/// programs the next timeout.
///
/// Locks: the service's own (level `ticks`) masks interrupts. It is never held together with the
/// timekeeper's, and neither is held while a timeout is served.
public struct TickService<CPU: Processor, Clock: Counter, Publisher: TimePublisher>: ~Copyable {
  /// The type of the timekeeper.
  public typealias Keeper = Timekeeper<CPU, Clock, Publisher>

  /// The state under the lock; public only so that memory for it can be allocated.
  public struct State: ~Copyable {
    fileprivate var cadence: TickCadence
    fileprivate var timeouts: TimeoutQueue
    fileprivate let isTickless: Bool
    fileprivate var interrupts: UInt64 = 0
    fileprivate var idleWaits: UInt64 = 0
    /// The CPUs that have a tick; bit n is CPU n.
    fileprivate var ticking: UInt32 = 0
    /// The delay in counts from the timekeeping CPU's tick to CPU 0's, and from each CPU's to the
    /// next's.
    fileprivate let stagger: UInt32
  }

  /// The clocks.
  public let timekeeper: Keeper

  private let state: Guarded<CPU, State>
  /// The timekeeping CPU. Written under the lock only.
  private let duty = Atomic<UInt32>(0)

  /// Creates a service that is not started yet. With `isTickless` idle CPUs stop their tick.
  /// `storage` must be unused memory for one `State` that outlives this value.
  public init(
    configuration: TickConfiguration, isTickless: Bool, timekeeper: consuming Keeper,
    timeouts: consuming TimeoutQueue, in storage: UnsafeMutablePointer<State>
  ) {
    self.timekeeper = timekeeper
    let cadence = TickCadence(
      frequency: Clock.frequency, configuration: configuration, startingAt: Clock.read(),
      mask: Clock.mask)
    // SAFETY: the caller passes unused memory that outlives this value, as `Guarded` requires.
    unsafe state = Guarded(
      State(
        cadence: cadence, timeouts: timeouts, isTickless: isTickless,
        stagger: Clock.frequency / configuration.hertz / 32), level: .ticks,
      in: storage)
  }

  /// The number of the CPU that holds the service's lock at the moment, nil if it is free.
  public var lockHolder: UInt32? { state.holderNumber }

  /// The frequency of the tick.
  public var configuration: TickConfiguration {
    state.withLock { TickConfiguration(unchecked: $0.cadence.hertz) }
  }

  /// Starts the tick grid now and programs this CPU's timer. Called once, on the first CPU, after a
  /// handler was installed for the timer interrupt.
  public borrowing func start() {
    state.withLock { state in
      duty.store(CPU.number, ordering: .relaxed)
      state.ticking = 1 &<< CPU.number
      state.cadence.restart(at: Clock.read())
      Clock.setDeadline(state.cadence.deadline)
    }
  }

  /// Programs this CPU's timer on the existing tick grid. Called once on every secondary CPU, and
  /// by a CPU that `enterIdle` of another one made the timekeeping CPU.
  public borrowing func join() {
    state.withLock { state in
      state.ticking |= 1 &<< CPU.number
      arm(state)
    }
  }

  /// Programs this CPU's timer: at the tick if it is the timekeeping CPU, else with its delay.
  private borrowing func arm(_ state: borrowing State) {
    let cpu = CPU.number
    let isOnDuty = duty.load(ordering: .relaxed) == cpu
    let delay = isOnDuty ? 0 : UInt64(word: state.stagger &* (cpu &+ 1))  // Wrapping: below a tick.
    Clock.setDeadline((state.cadence.deadline &+ delay) & Clock.mask)  // Wrapping: as the counter.
  }

  /// Serves the timer interrupt on this CPU. The timekeeping CPU publishes the time first, then
  /// counts the tick and missed ones, programs the next deadline, and calls `wake` with the token
  /// of each expired timeout. Called in the interrupt handler with interrupts masked. `wake` is
  /// called without locks, may acquire locks and may use this service.
  @inline(__always)
  public borrowing func handleTick(wake: (UInt32) -> Void) {
    if duty.load(ordering: .relaxed) != CPU.number, !takesDuty() { return }
    let update = timekeeper.update()
    let due = state.withLock { state in
      state.interrupts &+= 1  // Wrapping: a statistic.
      _ = state.cadence.advance(to: update.counter)
      // The interrupt is level-sensitive: a new deadline also withdraws it.
      Clock.setDeadline(state.cadence.deadline)
      return state.timeouts.takeExpired(at: update.monotonicNanoseconds)
    }
    serve(due, at: update.monotonicNanoseconds, wake)
  }

  /// The tick of a CPU that does not keep time: it programs its own timer only, unless the
  /// timekeeping CPU missed the tick.
  ///
  /// - Returns: true if this CPU is the timekeeping CPU from now on.
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

  /// Stops the tick of this CPU; the idle loop calls it before it waits for an interrupt. The last
  /// CPU to go idle programs its timer for the next timeout, or stops it if there is none. The
  /// others stop their timers, because a busy CPU keeps its tick, publishes the time and serves the
  /// timeouts. Interrupts must be masked from before the call until `leaveIdle`.
  ///
  /// - Returns: the new timekeeping CPU if this one was it; the caller must notify it so that it
  ///   calls `join`.
  @discardableResult
  public borrowing func enterIdle() -> UInt32? {
    // Two steps, because the two locks must not be held together.
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

  /// Restarts the tick of this CPU after `enterIdle` and the wait, before anything else runs,
  /// interrupt handlers included. If no other CPU has kept time, it publishes the time, counts the
  /// skipped ticks and serves expired timeouts. Interrupts must be masked.
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
    let update = timekeeper.updateCold()
    let due = state.withLock { state in
      state.cadence.skip(to: update.counter)
      arm(state)
      return state.timeouts.takeExpired(at: update.monotonicNanoseconds)
    }
    serve(due, at: update.monotonicNanoseconds, wake)
  }

  /// Calls `wake` for `first` and for each further expired timeout, in order, without the lock.
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

  /// Schedules a call of `wake(token)` at the first tick at or after `deadline`, in monotonic
  /// nanoseconds. May be called from any context. Acquires the service's lock.
  ///
  /// - Throws: `TimeoutQueue.Full`; then nothing has changed.
  public borrowing func schedule(
    at deadline: UInt64, token: UInt32
  ) throws(TimeoutQueue.Full) -> TimeoutHandle {
    try state.withLock { (state) throws(TimeoutQueue.Full) in
      try state.timeouts.insert(deadline: deadline, token: token)
    }
  }

  /// Cancels a timeout. False if it was served or cancelled before, or is being served by another
  /// CPU. May be called from any context. Acquires the service's lock.
  public borrowing func cancel(_ handle: TimeoutHandle) -> Bool {
    state.withLock { $0.timeouts.cancel(handle) }
  }

  /// The number of ticks since the start, missed ones included. Acquires the service's lock.
  public borrowing func tickCount() -> UInt64 {
    state.withLock { $0.cadence.ticks }
  }

  /// Statistics about the ticks. May be called from any context. Acquires the service's lock.
  public borrowing func statistics() -> TickStatistics {
    state.withLock { state in
      TickStatistics(
        ticks: state.cadence.ticks, missed: state.cadence.missed, skipped: state.cadence.skipped,
        interrupts: state.interrupts, idleWaits: state.idleWaits)
    }
  }
}

/// Statistics about the ticks since the start.
public struct TickStatistics: Equatable, Sendable {
  /// The number of ticks, missed and skipped ones included.
  public let ticks: UInt64
  /// The number of ticks that had no interrupt of their own and were counted later.
  public let missed: UInt64
  /// The number of ticks for which no interrupt was requested, because all CPUs were idle.
  public let skipped: UInt64
  /// The number of tick interrupts on all CPUs.
  public let interrupts: UInt64
  /// The number of times that a CPU was idle without a tick.
  public let idleWaits: UInt64

  /// Creates statistics from their numbers.
  public init(ticks: UInt64, missed: UInt64, skipped: UInt64, interrupts: UInt64, idleWaits: UInt64)
  {
    self.ticks = ticks
    self.missed = missed
    self.skipped = skipped
    self.interrupts = interrupts
    self.idleWaits = idleWaits
  }
}
