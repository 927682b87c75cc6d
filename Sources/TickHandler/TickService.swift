// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import Synchronization

/// The work of the timer interrupt: updates and publishes the time, counts the tick, serves
/// timeouts, and programs the timer for the next tick or timeout.
///
/// One CPU keeps time: its tick advances the clocks and publishes the vDSO page. Other busy CPUs
/// have a slightly later tick for the slices of their tasks. If such a CPU finds that a tick was
/// not counted, it becomes the timekeeping CPU. A timekeeping CPU that goes idle passes the role to
/// a busy one. Idle CPUs have no tick.
///
/// Timeouts do not wait for a tick: each CPU serves those that it has scheduled itself, and
/// programs its timer for the first of them or its next tick, whichever is first
/// (`TickService+Timeouts.swift`).
///
/// Locks: the service's own (level `ticks`) masks interrupts, as does each CPU's (level
/// `timeouts`). The service's is held together with no other one, and none is held while a timeout
/// is served.
public struct TickService<CPU: Processor, Clock: Counter, Publisher: TimePublisher>: ~Copyable {
  /// The type of the timekeeper.
  public typealias Keeper = Timekeeper<CPU, Clock, Publisher>

  /// The state under the lock; public only so that memory for it can be allocated.
  public struct State: ~Copyable {
    fileprivate var cadence: TickCadence
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
  /// The timers of all CPUs.
  public let timers: CPUTimers<CPU>
  /// The timekeeping CPU. Written under the lock only.
  private let duty = Atomic<UInt32>(0)

  /// Creates a service that is not started yet. With `isTickless` idle CPUs stop their tick.
  /// `storage` must be unused memory for one `State` that outlives this value.
  public init(
    configuration: TickConfiguration, isTickless: Bool, timekeeper: consuming Keeper,
    timers: CPUTimers<CPU>, in storage: UnsafeMutablePointer<State>
  ) {
    self.timekeeper = timekeeper
    self.timers = timers
    let cadence = TickCadence(
      frequency: Clock.frequency, configuration: configuration, startingAt: Clock.read(),
      mask: Clock.mask)
    // SAFETY: the caller passes unused memory that outlives this value, as `Guarded` requires.
    unsafe state = Guarded(
      State(
        cadence: cadence, isTickless: isTickless,
        stagger: Clock.frequency / configuration.hertz / 32), level: .ticks,
      in: storage)
  }

  /// The number of the CPU that holds the service's lock at the moment, nil if it is free.
  public var lockHolder: UInt32? { state.holderNumber }

  /// The frequency of the tick.
  public var configuration: TickConfiguration {
    state.withLock { TickConfiguration(unchecked: $0.cadence.hertz) }
  }

  /// Publishes the time, starts the tick grid now and programs this CPU's timer. Called once, on
  /// the first CPU, after a handler was installed for the timer interrupt. Interrupts are masked.
  public borrowing func start() {
    // The first publication would otherwise be older than a tick, by what the boot did since then.
    timekeeper.updateCold()
    let tick = state.withLock { state in
      duty.store(CPU.number, ordering: .relaxed)
      state.ticking = 1 &<< CPU.number
      state.cadence.restart(at: Clock.read())
      return state.cadence.deadline
    }
    setTick(tick)
  }

  /// Programs this CPU's timer on the existing tick grid. Called once on every secondary CPU, and
  /// by a CPU that `enterIdle` of another one made the timekeeping CPU. Interrupts are masked.
  public borrowing func join() {
    let tick = state.withLock { state in
      state.ticking |= 1 &<< CPU.number
      return nextTick(state)
    }
    setTick(tick)
  }

  /// The count of this CPU's next tick: on the grid if it is the timekeeping CPU, else with its
  /// delay.
  private borrowing func nextTick(_ state: borrowing State) -> UInt64 {
    let cpu = CPU.number
    let isOnDuty = duty.load(ordering: .relaxed) == cpu
    let delay = isOnDuty ? 0 : UInt64(word: state.stagger &* (cpu &+ 1))  // Wrapping: below a tick.
    return (state.cadence.deadline &+ delay) & Clock.mask  // Wrapping: as the counter.
  }

  /// Serves the timer interrupt on this CPU: the tick, if it is reached, then expired timeouts. At
  /// the tick, the timekeeping CPU counts it and missed ones and publishes the time. `wake` is
  /// called with the token of each expired timeout, without locks; it may acquire locks and may use
  /// this service. At last the timer is programmed. Called in the interrupt handler with interrupts
  /// masked.
  ///
  /// - Returns: the number of ticks since the start for a tick; nil if the interrupt was for
  ///   timeouts only.
  @inline(__always)
  public borrowing func handleInterrupt(wake: (UInt32) -> Void) -> UInt64? {
    let role = duty.load(ordering: .relaxed) == CPU.number ? .timekeeper : roleOfOther()
    guard role == .timekeeper else { return handleOwnInterrupt(isTick: role == .ticking, wake) }
    let tick = state.withLock { state -> (next: UInt64, count: UInt64)? in
      guard state.cadence.advance(to: Clock.read()) != 0 else { return nil }
      state.interrupts &+= 1  // Wrapping: a statistic.
      return (state.cadence.deadline, state.cadence.ticks)
    }
    guard let tick else {
      serve(at: timekeeper.timeoutNanoseconds(), newTick: nil, wake)
      return nil
    }
    let update = timekeeper.update()
    serve(at: update.monotonicNanoseconds, newTick: tick.next, wake)
    return tick.count
  }

  /// What the timer's interrupt of a CPU that does not keep time is for. If the timekeeping CPU has
  /// missed the tick, this CPU is the timekeeping CPU from now on.
  @inline(never)
  private borrowing func roleOfOther() -> TimerRole {
    guard isTickReached() else { return .waiting }
    return state.withColdLock { state in
      guard state.cadence.isReached(at: Clock.read()) else { return .ticking }
      duty.store(CPU.number, ordering: .relaxed)
      return .timekeeper
    }
  }

  /// The interrupt of a CPU that does not keep time: its own tick, if `isTick`, and its timeouts.
  /// Returns the number of ticks since the start at a tick.
  @inline(never)
  private borrowing func handleOwnInterrupt(isTick: Bool, _ wake: (UInt32) -> Void) -> UInt64? {
    var tick: (next: UInt64, count: UInt64)?
    if isTick {
      tick = state.withColdLock { state in
        state.interrupts &+= 1  // Wrapping: a statistic.
        return (nextTick(state), state.cadence.ticks)
      }
    }
    serve(at: timekeeper.timeoutNanoseconds(), newTick: tick?.next, wake)
    return tick?.count
  }

  /// Stops the tick of this CPU; the idle loop calls it before it waits for an interrupt. The timer
  /// is programmed for this CPU's next timeout, or stopped if there is none; busy CPUs keep their
  /// tick and publish the time. An idle CPU also wakes when the clocks would need an update.
  /// Interrupts must be masked from before the call until `leaveIdle`.
  ///
  /// - Returns: the new timekeeping CPU if this one was it; the caller must notify it so that it
  ///   calls `join`.
  @discardableResult
  public borrowing func enterIdle() -> UInt32? {
    let (isTickless, heir) = state.withLock { state -> (Bool, UInt32?) in
      guard state.isTickless else { return (false, nil) }
      state.ticking &= ~(1 &<< CPU.number)
      guard state.ticking != 0, duty.load(ordering: .relaxed) == CPU.number else {
        return (true, nil)
      }
      let heir = UInt32(truncatingIfNeeded: state.ticking.trailingZeroBitCount)
      duty.store(heir, ordering: .relaxed)
      return (true, heir)
    }
    if isTickless { setTick(nil) }
    return heir
  }

  /// Restarts the tick of this CPU after `enterIdle` and the wait, before anything else runs,
  /// interrupt handlers included. If no other CPU has kept time, it publishes the time and counts
  /// the skipped ticks. Then it serves expired timeouts. Interrupts must be masked.
  public borrowing func leaveIdle(wake: (UInt32) -> Void) {
    let (isTickless, mustUpdate) = state.withLock { state in
      guard state.isTickless else { return (false, false) }
      state.idleWaits &+= 1  // Wrapping: a statistic.
      let isFirst = state.ticking == 0
      state.ticking |= 1 &<< CPU.number
      guard isFirst || state.cadence.isReached(at: Clock.read()) else { return (true, false) }
      duty.store(CPU.number, ordering: .relaxed)
      return (true, true)
    }
    guard isTickless else { return }
    let update = mustUpdate ? timekeeper.updateCold() : nil
    let tick = state.withColdLock { state in
      if let update { state.cadence.skip(to: update.counter) }
      return nextTick(state)
    }
    let now = update?.monotonicNanoseconds ?? timekeeper.timeoutNanoseconds()
    serve(at: now, newTick: tick, wake)
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

/// What a CPU does at its timer's interrupt, besides its timeouts.
private enum TimerRole {
  /// The timekeeping CPU: it advances the clocks if the tick is reached.
  case timekeeper
  /// Another CPU at its own tick.
  case ticking
  /// Another CPU between two ticks.
  case waiting
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
