// SPDX-License-Identifier: Apache-2.0
// SAFETY: task numbers come from `allocateRecord` and index the table, which like the state is
// permanent and is accessed only under the lock.
/// The scheduler: levels of urgency, FIFO or a fair share within one, tasks with deadlines before
/// them, O(1) pick.
///
/// Each CPU has its own run queue (`RunQueue`); one lock protects all of them. It protects the
/// records, the queues and every object that tasks wait for. It is held across a switch, and the
/// task that returns from `switchStack` releases it: no other CPU can continue a task whose stack
/// is still in use. It is the innermost lock of the kernel: code that holds another lock may call
/// `wake`, and no lock is acquired under it. A task may block only with no spin lock held.
///
/// A call that makes a more urgent task ready switches to it at once, if the caller is a task that
/// has not locked preemption. Only `wake`, which interrupts and lock holders call, defers the
/// switch to the return to user mode or to the next call that may switch.
@safe public struct Scheduler<CPU: Processor, Context: ContextSwitch> {
  /// The state that all CPUs share.
  public typealias State = TaskSet

  private let address: UnsafePointer<Guarded<CPU, State>>

  /// Creates a handle to the scheduler whose guarded state is stored permanently at `state`.
  public init(state: UnsafePointer<Guarded<CPU, State>>) { unsafe address = state }

  private var state: Guarded<CPU, State> {
    // SAFETY: the guarded state outlives every handle.
    @inline(__always) unsafeAddress { unsafe address }
  }

  /// Context switches since boot.
  public var switchCount: UInt32 { withColdState { (state: inout State) in state.switches() } }

  /// Ticks counted since boot.
  public var tickCount: UInt64 { withColdState { (state: inout State) in state.now } }

  /// The task that runs on this CPU.
  public var current: TaskNumber { Context.runningTask }

  /// Makes the running code and its stack a task: boot code becomes this CPU's idle task.
  ///
  /// - Throws: `tableFull`.
  public func adoptCurrent(_ level: Urgency) throws(TaskError) -> TaskNumber {
    let cpu = CPU.number
    let task = try withColdState { (state: inout State) throws(TaskError) -> TaskNumber in
      let task = try state.allocateRecord(level)
      state.becomeIdle(task, on: cpu, at: Context.counter)
      return task
    }
    Context.runningTask = task
    return task
  }

  /// Makes `task` the idle task of the calling CPU, a secondary one, which already runs on that
  /// task's stack. The task has never been woken.
  public func adoptIdle(_ task: TaskNumber) {
    let cpu = CPU.number
    withColdState { (state: inout State) in state.becomeIdle(task, on: cpu, at: Context.counter) }
  }

  /// The first step of a new task: releases the lock that the task before acquired on this CPU.
  @inline(__always)
  public func didStart(file: StaticString = #fileID, line: UInt32 = #line) {
    // The switch that led here holds the lock on this CPU.
    state.releaseAfterSwitch(file: file, line: line)
  }

  /// Blocks the current task until `wake`; returns at once if a wake arrived since the last
  /// `block`. The caller is a task that holds no spin lock.
  public func block() {
    withState { (state: inout State) in
      let me = Context.runningTask
      if state.tasks[me].hasWakePending {
        state.tasks[me].hasWakePending = false
      } else {
        state.beginWait(me, .plain(.wake), .forever)
        Self.switchAway(&state)
      }
    }
  }

  /// Blocks the current task until `wake` or until `timeout` ticks have arrived. The caller is a
  /// task that holds no spin lock.
  ///
  /// - Returns: `satisfied` after a wake, also one that arrived since the last `block`; `timedOut`
  ///   otherwise, for `noWait` at once.
  public func block(_ timeout: Timeout) -> WaitOutcome {
    withState { (state: inout State) in
      let me = Context.runningTask
      if state.tasks[me].hasWakePending {
        state.tasks[me].hasWakePending = false
        return .satisfied
      }
      if timeout == .noWait { return .timedOut }
      state.beginWait(me, .plain(.wake), timeout)
      Self.switchAway(&state)
      return state.tasks[me].outcome
    }
  }

  /// Moves the caller, which holds no spin lock, after all ready tasks of the same urgency.
  public func yield() {
    let interrupts = acquireLock()
    yieldTurn()
    releaseLock(interrupts)
  }

  /// Moves the caller after all ready tasks of the same urgency; false if it locked preemption.
  @inline(__always)
  func yieldUnlessLocked() -> Bool {
    let interrupts = acquireLock()
    let isFree = contents.tasks[Context.runningTask].preemptionLocks == 0
    if isFree { yieldTurn() }
    releaseLock(interrupts)
    return isFree
  }

  /// Reschedules on the return to user mode when `isRescheduleDue` was set. The running task yields
  /// to a more urgent one, to an equally urgent one when its slice is over, and to any when its
  /// budget is used up.
  ///
  /// - Returns: true, once, if `requestUserReturnWork` was called for the task that now continues.
  @discardableResult
  public func reschedule() -> Bool {
    // On the return to user mode: a task that is switched in goes on there.
    defer { PreemptionWatch.end(.work) }
    return withState { (state: inout State) in
      Context.isRescheduleDue = false
      Self.rescheduleTurns(&state)
      let me = Context.runningTask
      let hasUserReturnWork = state.tasks[me].hasUserReturnWork
      state.tasks[me].hasUserReturnWork = false
      return hasUserReturnWork
    }
  }

  static func rescheduleTurns(_ state: inout State) {
    let me = Context.runningTask
    guard state.tasks[me].preemptionLocks == 0 else { return }
    if state.isParallel, state.mustSwitchOut(me, CPU.number) { return switchOut(&state) }
    if state.isExhausted(me) {
      if state.awaitPeriod(me) { return switchAway(&state) }
    } else if state.tasks[me].isSliceOver {
      state.tasks[me].isSliceOver = false
      // Who found that its slice is over has charged it.
      return yieldTurnSlowly(&state, isCharged: true)
    }
    if state.isMoreUrgentReady(me, on: CPU.number) { preempt(&state) }
  }

  /// Serves a tick on this CPU; `tick` is the number of ticks counted so far. Called from the
  /// interrupt handler, with interrupts masked. `isInProgram`: it interrupted user mode.
  public func tick(to tick: UInt64, isInProgram: Bool = false) {
    withState { (state: inout State) in
      let me = Context.runningTask
      // Another CPU may have counted the tick first.
      if tick > state.now { state.advance(to: tick, in: me) }
      let elapsed = state.takeUncharged(on: CPU.number)
      guard elapsed > 0 else { return }
      state.count(elapsed, of: me, on: CPU.number, inProgram: isInProgram)
      #if DEBUG
        Trace.ticked(tick)
      #endif
      let isOver = state.charge(elapsed, to: me)
      let endsTurn =
        state.tasks[me].urgency.isFair
        && (state.isParallel || !state.runQueues[0].ready.fair.isEmpty) && Self.endsTurn(&state)
      if isOver || endsTurn || state.isMoreUrgentReady(me, on: CPU.number) {
        Context.isRescheduleDue = true
      }
      if state.isPublished { Self.publishTurn(of: me, &state, isSwitchedIn: false) }
      if state.isParallel { Self.sendReschedules(&state) }
    }
  }

  /// The idle task's loop: yields to ready tasks, else waits for an interrupt. `before` and `after`
  /// run around each wait with interrupts masked; no handler runs between the wait and `after`.
  public func idle(before: () -> Void, after: () -> Void) -> Never {
    while true {
      let interrupts = CPU.maskInterrupts()
      if !hasReadyTask {
        before()
        CPU.waitForInterrupt()
        after()
      }
      Context.isRescheduleDue = false
      CPU.restoreInterrupts(interrupts)
      yield()
    }
  }

  /// Calls `body` with the state of `task`, under the lock: whether it runs on a CPU, its CPU time
  /// when it was last switched in, and the counter at that moment, both in counts of
  /// `Context.counter`.
  @inline(never)
  public func withTask(
    _ task: TaskNumber, _ body: (_ isRunning: Bool, _ ran: UInt64, _ since: UInt64) -> Void
  ) {
    withState { (state: inout State) in
      let entry = state.tasks.find(task)
      body(entry.record.state == .running, entry.record.cpuTime, entry.record.switchedInAt)
    }
  }

  /// True while a task waits with a timeout in ticks.
  public var hasTimeouts: Bool {
    withColdState { (state: inout State) in state.timeouts.first != nil }
  }

  private var hasReadyTask: Bool {
    withColdState { (state: inout State) in
      if state.isPublished { Self.copyPublished(&state) }
      return state.first(for: CPU.number) != nil
    }
  }

  /// Reschedules if a more urgent task is ready: now if the running task may be preempted,
  /// otherwise when it returns to user mode or unlocks preemption.
  @inline(__always)
  static func rescheduleIfNeeded(_ state: inout State) {
    let me = Context.runningTask
    if state.isParallel, switchOutIfNeeded(&state) { return }
    guard state.isMoreUrgentReady(me, on: CPU.number) else { return }
    if Context.isInInterrupt || state.tasks[me].preemptionLocks != 0 {
      Context.isRescheduleDue = true
    } else {
      preempt(&state)
    }
  }

  /// If a more urgent task is ready, lets it run when the running task returns to user mode or at
  /// its next call that may switch; other CPUs reschedule at once.
  @inline(__always)
  static func deferReschedule(_ state: inout State) {
    if state.isParallel {
      sendReschedules(&state)
    } else if state.isMoreUrgentReady(Context.runningTask, on: CPU.number) {
      Context.isRescheduleDue = true
    }
  }

  /// Ends the wait of a blocked task and reschedules if needed. On one CPU, a task that is switched
  /// to at once never enters the ready queue, unless the running task must be charged for its
  /// share.
  @inline(__always)
  static func endWait(_ task: TaskNumber, _ outcome: WaitOutcome, _ state: inout State) {
    let woken = state.tasks.find(task)
    state.dequeueWaiter(woken, outcome)
    let me = state.tasks.find(Context.runningTask)
    guard !state.isParallel, woken.record.urgency < me.record.urgency,
      state.runQueues[0].ready.isMostUrgent(woken), woken.record.stop == .none,
      me.record.preemptionLocks == 0, !Context.isInInterrupt, !me.record.urgency.isFair
    else {
      state.makeReady(woken)
      return rescheduleIfNeededCold(&state)
    }
    #if DEBUG
      Trace.woke(task)
    #endif
    me.record.state = .ready
    // A task with a level is more urgent than it, so it has no deadline.
    state.runQueues[0].ready.push(me, in: state.tasks)
    run(woken, after: me, &state)
  }

  /// `rescheduleIfNeeded`, out of line.
  @inline(never)
  private static func rescheduleIfNeededCold(_ state: inout State) { rescheduleIfNeeded(&state) }

  /// On a multiprocessor: sends the pending reschedule IPIs, and switches the running task out if
  /// it must leave this CPU. Returns true if the task left and was switched in again.
  @inline(never)
  private static func switchOutIfNeeded(_ state: inout State) -> Bool {
    sendReschedules(&state)
    let me = Context.runningTask
    guard !Context.isInInterrupt, state.tasks[me].preemptionLocks == 0,
      state.mustSwitchOut(me, CPU.number)
    else { return false }
    switchOut(&state)
    return true
  }

  /// Switches to a more urgent task, which is ready.
  private static func preempt(_ state: inout State) {
    requeueFirst(&state)
    switchAway(&state)
  }

  /// Queues the running task, whose slice is not over, before the others of its urgency.
  @inline(never)
  static func requeueFirst(_ state: inout State) {
    let me = Context.runningTask
    state.tasks[me].state = .ready
    if state.tasks[me].urgency.isFair { chargeShare(&state) }
    if state.isParallel { state.chooseRunQueue(for: me) }
    state.enqueueFirst(me)
  }

  /// Sends reschedule IPIs to the CPUs in `rescheduleTargets`; for its own CPU, sets
  /// `isRescheduleDue`.
  @inline(never)
  static func sendReschedules(_ state: inout State) {
    let cpus = state.rescheduleTargets
    guard !cpus.isEmpty else { return }
    state.rescheduleTargets = .none
    if cpus.contains(CPU.number) { Context.isRescheduleDue = true }
    let others = cpus.subtracting(CpuMask(cpu: CPU.number))
    if !others.isEmpty { Context.sendReschedule(others) }
  }

  /// Switches out the running task, which was stopped or must not stay on this CPU.
  private static func switchOut(_ state: inout State) {
    let me = Context.runningTask
    if state.tasks[me].state == .running, state.tasks[me].stop != .ending {
      state.tasks[me].state = .ready
      chargeShare(&state)
      state.chooseRunQueue(for: me)
      state.enqueueCold(me)
    }
    switchAway(&state)
  }

  /// Moves the running task after the others of its urgency, if any. The caller holds the lock.
  @inline(__always)
  private func yieldTurn() {
    let me = contents.tasks.find(Context.runningTask)
    me.record.isSliceOver = false
    guard !contents.isParallel,
      let next = contents.runQueues[0].ready.rotate(me, in: contents.tasks)
    else { return Self.yieldTurnSlowly(&contents) }
    me.record.state = .ready
    me.record.slice = 0
    Self.run(next, after: me, &contents)
  }

  /// Moves the running task after the others of its urgency; handles deadlines and several CPUs.
  @inline(never)
  private static func yieldTurnSlowly(_ state: inout State, isCharged: Bool = false) {
    let me = Context.runningTask
    if state.isParallel { return yieldTurnAcrossCpus(&state) }
    guard let first = state.first(for: CPU.number),
      state.tasks[first].urgency <= state.tasks[me].urgency
    else { return }
    state.tasks[me].slice = 0
    state.tasks[me].state = .ready
    if !isCharged, state.tasks[me].urgency.isFair { passTurn(to: first, &state) }
    state.enqueueCold(me)
    switchAway(&state)
  }

  /// Moves the running task after the others of its urgency in the run queues of all CPUs.
  @inline(never)
  private static func yieldTurnAcrossCpus(_ state: inout State) {
    let me = Context.runningTask
    if state.mustSwitchOut(me, CPU.number) { return switchOut(&state) }
    guard let peer = state.firstAcross(CPU.number, atMost: state.tasks[me].urgency) else { return }
    state.tasks[me].slice = 0
    state.tasks[me].state = .ready
    if state.tasks[me].urgency.isFair { passTurn(to: peer, &state) }
    state.requeueAfterPeers(me, peer: peer)
    switchAway(&state)
  }

  /// On a multiprocessor: work before `me` is switched out. It calls the port, and ends a task that
  /// another CPU asked to end.
  @inline(never)
  private static func prepareToLeave(_ state: inout State, _ me: TaskNumber) {
    Context.willSwitchOut()
    if state.isPublished { endPublishing(&state) }
    switch state.tasks[me].stop {
    case .ending: state.end(me, result: 0, .deleted)
    case .suspending: state.tasks[me].stop = .suspended
    case .none, .suspended: break
    }
  }

  /// On a multiprocessor: work before this CPU continues with `next`. A task without an address
  /// space must not keep the last task's: that may be freed on another CPU meanwhile, and a
  /// speculative table walk would read freed tables.
  @inline(never)
  private static func prepareToSwitch(
    _ state: inout State, to next: TaskReference, from me: TaskReference
  ) {
    sendReschedules(&state)
    if next.record.addressSpace == 0, me.record.addressSpace != 0 {
      Context.activate(addressSpace: 0)
    }
  }

  /// Switches to the first ready task. The idle task is always ready or running, so there is one.
  static func switchAway(_ state: inout State) {
    let me = state.tasks.find(Context.runningTask)
    if state.isParallel { prepareToLeave(&state, me.number) }
    guard let first = state.takeFirst(for: CPU.number) else {
      preconditionFailure("no task is ready, not even the idle task")
    }
    let next = state.tasks.find(first)
    if state.isParallel { prepareToSwitch(&state, to: next, from: me) }
    guard first != me.number else { return goOn(next, &state) }
    run(next, after: me, &state)
  }

  /// Switches from `me` to another task, which is in no queue.
  @inline(__always)
  static func run(_ next: TaskReference, after me: TaskReference, _ state: inout State) {
    next.record.state = .running
    next.record.switches &+= 1  // Wrapping: a statistic.
    #if DEBUG
      Trace.switched(from: me.number, TraceReason.of(me.record), to: next.number)
    #endif
    Context.setRunning(next.number, owner: next.record.owner)
    let now = Context.counter
    me.record.stop(at: now)
    next.record.switchedInAt = now
    if next.record.switchInFlags != 0 { prepare(next, after: me, &state) }
    unsafe Context.switchStack(saving: me.savedStack, to: next.record.savedStack)
  }

  /// Prepares the switch to a program's task: user-return work, CPU clock, address space. That of
  /// `me` is active already, if it has one.
  @inline(never)
  private static func prepare(
    _ next: TaskReference, after me: TaskReference, _ state: inout State
  ) {
    if next.record.hasUserReturnWork { Context.isRescheduleDue = true }
    let addressSpace = next.record.addressSpace
    guard addressSpace != 0 else { return }
    Context.willSwitchIn(next.number, ran: next.record.cpuTime, since: next.record.switchedInAt)
    if addressSpace != me.record.addressSpace { Context.activate(addressSpace: addressSpace) }
    if state.isPublished { publishTurn(of: next.number, &state, isSwitchedIn: true) }
  }

  /// Runs `body` on the state with the lock held and interrupts masked; out of line for cold paths.
  #if !DEBUG
    func withColdState<Result, Failure: Error>(
      _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try state.withColdLock(body)
    }
  #else
    @inline(__always)
    func withColdState<Result, Failure: Error>(
      file: StaticString = #fileID, line: UInt32 = #line,
      _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result { try withState(file: file, line: line, body) }
  #endif

  /// Runs `body` on the state with the lock held and interrupts masked.
  @inline(__always)
  func withState<Result, Failure: Error>(
    file: StaticString = #fileID, line: UInt32 = #line,
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try state.withLock(file: file, line: line, body)
  }

  /// The CPU that holds the lock at the moment; nil when it is free.
  public var lockHolder: UInt32? { state.holderNumber }

  /// Acquires the lock and masks interrupts; the state is `contents` until `releaseLock`.
  @inline(__always)
  func acquireLock(file: StaticString = #fileID, line: UInt32 = #line) -> InterruptState {
    state.acquire(file: file, line: line)
  }

  /// Releases the lock and restores the interrupt state.
  @inline(__always)
  func releaseLock(
    _ interrupts: InterruptState, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    state.release(interrupts, file: file, line: line)
  }

  /// The state; valid between `acquireLock` and `releaseLock`.
  var contents: State {
    // SAFETY: the guarded state outlives every handle; the caller holds its lock.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(state.contents) }
    // SAFETY: the guarded state outlives every handle; the caller holds its lock.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe state.contents }
  }
}
