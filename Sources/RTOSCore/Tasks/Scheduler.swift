// SPDX-License-Identifier: Apache-2.0
// SAFETY: task numbers come from `claim` and are places in the table, which like the state lives for
// ever and is reached under the lock only.
/// The scheduler: 32 priorities, first in first out within one, deadlines before them, O(1) pick.
///
/// Each CPU has its own queues (`Lane`), and all have one lock. It guards the records, the queues and
/// every object that tasks wait for; it is held across a switch, and the task that comes back from
/// `switchStack` lets it go: no other CPU can continue a task whose stack is still in use. It is the
/// innermost lock of the kernel: whoever holds another one may call `wake`, nobody takes another one
/// under it. A task may block only with no spin lock held.
///
/// What makes a more urgent task ready switches to it at once, where the caller is a task that has
/// not switched preemption off; only `wake`, which interrupts and holders of locks call, leaves the
/// switch to the return to a program or to the next call that may switch.
@safe public struct Scheduler<CPU: Processor, Context: ContextSwitch> {
  /// What all CPUs share.
  public typealias State = TaskSet

  private let state: UnsafePointer<Guarded<CPU, State>>

  /// A handle to the scheduler whose guarded state stands at `state`, for ever.
  public init(state: UnsafePointer<Guarded<CPU, State>>) { unsafe self.state = state }

  /// Context switches since boot.
  public var switchCount: UInt32 { withColdState { (state: inout State) in state.switches() } }

  /// Ticks that were counted.
  public var tickCount: UInt64 { withColdState { (state: inout State) in state.now } }

  /// The task that runs on this CPU.
  public var current: TaskNumber { TaskNumber(rawValue: Context.runningTask) }

  /// Makes what runs now, with its stack, a task: the boot code becomes the idle task of this CPU.
  ///
  /// - Throws: `tableFull`.
  public func adoptCurrent(priority: Priority) throws(TaskError) -> TaskNumber {
    let cpu = CPU.number
    let task = try withColdState { (state: inout State) throws(TaskError) -> UInt32 in
      let task = try state.claim(priority)
      state.becomeIdle(task, on: cpu, at: Context.counter)
      return task
    }
    Context.runningTask = task
    return TaskNumber(rawValue: task)
  }

  /// The calling CPU, a further one, runs on the stack of `task`, which nobody has woken: that becomes
  /// its idle task.
  public func adoptIdle(_ task: TaskNumber) {
    let cpu = CPU.number
    withColdState { (state: inout State) in
      state.becomeIdle(task.rawValue, on: cpu, at: Context.counter)
    }
  }

  /// A new task, blocked until somebody wakes it, with the policy `roundRobin`, detached, for the CPUs
  /// in `affinity`.
  /// `prepareStack` is told its number and returns the stack pointer to switch to, as
  /// `ContextSwitch.prepareStack` laid it out; the task must call `didStart` first.
  ///
  /// - Throws: `tableFull`; then `prepareStack` was not called.
  public func create(
    priority: Priority, affinity: CpuMask = .all, prepareStack: (TaskNumber) -> UInt32
  ) throws(TaskError) -> TaskNumber {
    let task = try withColdState { (state: inout State) throws(TaskError) in
      try state.claim(priority)
    }
    let stack = prepareStack(TaskNumber(rawValue: task))
    withColdState { (state: inout State) in
      state.tasks[task].savedStack = stack
      state.tasks[task].affinity = affinity
    }
    return TaskNumber(rawValue: task)
  }

  /// The first thing a new task does: it lets the lock go that its creator's CPU took.
  @inline(__always)
  public func didStart(file: StaticString = #fileID, line: UInt32 = #line) {
    // SAFETY: the switch that led here holds the lock on this CPU.
    unsafe state.pointee.releaseAfterSwitch(file: file, line: line)
  }

  /// The address space to activate whenever `task` runs, and now if it runs now; 0 for none.
  public func setAddressSpace(_ addressSpace: UInt64, of task: TaskNumber) {
    withColdState { (state: inout State) in
      let place = state.tasks.find(task.rawValue)
      let isFirst = place.record.addressSpace == 0
      place.record.addressSpace = addressSpace
      guard task.rawValue == Context.runningTask else { return }
      // It was given its CPU before it was a program's, and nobody was told.
      if isFirst {
        Context.willRun(task.rawValue, ran: place.record.ran, since: place.record.since)
      }
      Context.activate(addressSpace: addressSpace)
    }
  }

  /// Stops the current task until `wake`; returns at once if a wake came since the last `block`.
  public func block() {
    withState { (state: inout State) in
      let me = Context.runningTask
      if state.tasks[me].hasWakePending {
        state.tasks[me].hasWakePending = false
      } else {
        state.beginWait(me, .wake, .forever)
        Self.switchAway(&state)
      }
    }
  }

  /// Stops the current task until `wake` or until `timeout` ticks have come.
  ///
  /// - Returns: `satisfied` after a wake, also one since the last `block`; `timedOut`, for `noWait`
  ///   at once.
  public func block(_ timeout: Timeout) -> WaitOutcome {
    withState { (state: inout State) in
      let me = Context.runningTask
      if state.tasks[me].hasWakePending {
        state.tasks[me].hasWakePending = false
        return .satisfied
      }
      if timeout == .noWait { return .timedOut }
      state.beginWait(me, .wake, timeout)
      Self.switchAway(&state)
      return state.tasks[me].outcome
    }
  }

  /// Lets a task that is in `block` run again; one that is not will not block next time. May be
  /// called from an interrupt and under other locks: it never switches by itself.
  public func wake(_ task: TaskNumber) {
    withState { (state: inout State) in
      let task = task.rawValue
      switch state.tasks[task].state {
      case .blocked where state.tasks[task].waitKind == .wake:
        state.endWait(task, .satisfied)
        if state.isParallel {
          Self.summon(&state)
        } else if state.isOvertaken(Context.runningTask, on: CPU.number) {
          Context.isRescheduleDue = true
        }
      case .blocked, .ready, .running, .suspended:
        state.tasks[task].hasWakePending = true
      case .free, .exited:
        break
      }
    }
  }

  /// Goes behind all ready tasks of the same urgency.
  public func yield() {
    let interrupts = enter()
    takeTurns()
    leave(interrupts)
  }

  /// Goes behind likewise, unless it has switched preemption off: then false.
  @inline(__always)
  func yieldUnlessLocked() -> Bool {
    let interrupts = enter()
    let isFree = contents.tasks[Context.runningTask].preemptionLocks == 0
    if isFree { takeTurns() }
    leave(interrupts)
    return isFree
  }

  /// Called on the way back to a program when `isRescheduleDue` was set: gives way to a more urgent
  /// task, to one of the same urgency when the slice is over, and to any when the budget is. True,
  /// once, if somebody called `attend` for the task that now goes on.
  @discardableResult
  public func reschedule() -> Bool {
    withState { (state: inout State) in
      Context.isRescheduleDue = false
      Self.giveTurns(&state)
      let me = Context.runningTask
      let hasAttention = state.tasks[me].hasAttention
      state.tasks[me].hasAttention = false
      return hasAttention
    }
  }

  private static func giveTurns(_ state: inout State) {
    let me = Context.runningTask
    guard state.tasks[me].preemptionLocks == 0 else { return }
    if state.isParallel, state.mustLeave(me, CPU.number) { return leave(&state) }
    if state.isExhausted(me) {
      if state.awaitPeriod(me) { return switchAway(&state) }
    } else if state.tasks[me].isSliceOver {
      state.tasks[me].isSliceOver = false
      return takeTurnsSlowly(&state)
    }
    if state.isOvertaken(me, on: CPU.number) { giveWay(&state) }
  }

  /// Serves a tick on this CPU: `tick` ticks were counted. In the interrupt, with interrupts masked.
  public func tick(to tick: UInt64) {
    withState { (state: inout State) in
      let me = Context.runningTask
      // Another CPU may have counted the tick first.
      if tick > state.now { state.advance(to: tick) }
      let elapsed = state.takeUncharged(on: CPU.number)
      guard elapsed > 0 else { return }
      #if DEBUG
        Trace.ticked(tick)
      #endif
      let isOver = state.charge(elapsed, to: me)
      if isOver || state.isOvertaken(me, on: CPU.number) { Context.isRescheduleDue = true }
      if state.isParallel { Self.summon(&state) }
    }
  }

  /// The idle task's life: gives way to whatever is ready, else waits for an interrupt. `before` and
  /// `after` stand around each wait, with interrupts masked; no handler runs between the wait and
  /// `after`.
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

  /// Calls `body` with whether `task` runs on a CPU, the counts that it had had of one (`Context.counter`)
  /// when it was given one last, and the counter then; that does not change meanwhile.
  @inline(never)
  public func withTask(
    _ task: TaskNumber, _ body: (_ isRunning: Bool, _ ran: UInt64, _ since: UInt64) -> Void
  ) {
    withState { (state: inout State) in
      let place = state.tasks.find(task.rawValue)
      body(place.record.state == .running, place.record.ran, place.record.since)
    }
  }

  /// True while a task waits for a number of ticks.
  public var hasTimeouts: Bool {
    withColdState { (state: inout State) in state.timeouts.first != nil }
  }

  private var hasReadyTask: Bool {
    withColdState { (state: inout State) in
      state.first(for: CPU.number) != nil
    }
  }

  /// Gives the CPU to a more urgent task, if there is one: now where the running task may be
  /// stopped, otherwise when it returns to its program or allows preemption.
  @inline(__always)
  static func settle(_ state: inout State) {
    let me = Context.runningTask
    if state.isParallel, hasLeft(&state) { return }
    guard state.isOvertaken(me, on: CPU.number) else { return }
    if Context.isInInterrupt || state.tasks[me].preemptionLocks != 0 {
      Context.isRescheduleDue = true
    } else {
      giveWay(&state)
    }
  }

  /// Ends the wait of a blocked task and settles. Where there is one CPU and the task gets it, it never
  /// stands in the ready queue.
  @inline(__always)
  static func endWait(_ task: UInt32, _ outcome: WaitOutcome, _ state: inout State) {
    let woken = state.tasks.find(task)
    state.stopWaiting(woken, outcome)
    let me = state.tasks.find(Context.runningTask)
    guard !state.isParallel, woken.record.urgency < me.record.urgency,
      state.lanes[0].ready.areLess(urgentThan: woken), !woken.record.isSuspended,
      me.record.preemptionLocks == 0, !Context.isInInterrupt
    else {
      state.makeRunnable(task)
      return settleByCall(&state)
    }
    #if DEBUG
      Trace.woke(task)
    #endif
    me.record.state = .ready
    state.lanes[0].ready.prepend(me, in: state.tasks)
    run(woken, after: me, &state)
  }

  /// `settle` by a call.
  @inline(never)
  private static func settleByCall(_ state: inout State) { settle(&state) }

  /// Where there are several CPUs: summons those that have something more urgent, and lets the running
  /// task go that must not stay here; true if it went, and has come back.
  @inline(never)
  private static func hasLeft(_ state: inout State) -> Bool {
    summon(&state)
    let me = Context.runningTask
    guard !Context.isInInterrupt, state.tasks[me].preemptionLocks == 0,
      state.mustLeave(me, CPU.number)
    else { return false }
    leave(&state)
    return true
  }

  /// Puts the running task in front of the others of its urgency, whose turn is not over, and
  /// switches to a more urgent one, which is ready.
  private static func giveWay(_ state: inout State) {
    let me = Context.runningTask
    state.tasks[me].state = .ready
    if state.isParallel { state.chooseLane(for: me) }
    state.enqueueFirst(me)
    switchAway(&state)
  }

  /// Interrupts the CPUs that have something more urgent to do than they know; for this one it is a
  /// note.
  @inline(never)
  static func summon(_ state: inout State) {
    let cpus = state.summoned
    guard cpus != 0 else { return }
    state.summoned = 0
    if CpuMask(rawValue: cpus).contains(CPU.number) { Context.isRescheduleDue = true }
    let others = cpus & ~(1 &<< CPU.number)
    if others != 0 { Context.summon(others) }
  }

  /// Lets the running task, which may not stay on this CPU or has been stopped, go.
  private static func leave(_ state: inout State) {
    let me = Context.runningTask
    if state.tasks[me].state == .running, !state.tasks[me].mustEnd {
      state.tasks[me].state = .ready
      state.chooseLane(for: me)
      state.enqueueRarely(me)
    }
    switchAway(&state)
  }

  /// Goes behind the others of the same urgency, if there are any. The caller holds the lock.
  @inline(__always)
  private func takeTurns() {
    let me = contents.tasks.find(Context.runningTask)
    me.record.isSliceOver = false
    guard !contents.isParallel, let next = contents.lanes[0].ready.turn(me, in: contents.tasks)
    else { return Self.takeTurnsSlowly(&contents) }
    me.record.state = .ready
    me.record.slice = 0
    Self.run(next, after: me, &contents)
  }

  /// The same where one urgency of one CPU is not all there is to it.
  @inline(never)
  private static func takeTurnsSlowly(_ state: inout State) {
    let me = Context.runningTask
    if state.isParallel { return takeTurnsAcross(&state) }
    guard let first = state.first(for: CPU.number),
      state.tasks[first].urgency <= state.tasks[me].urgency
    else { return }
    state.tasks[me].slice = 0
    state.tasks[me].state = .ready
    state.enqueue(me)
    switchAway(&state)
  }

  /// The same among the tasks of all CPUs.
  @inline(never)
  private static func takeTurnsAcross(_ state: inout State) {
    let me = Context.runningTask
    if state.mustLeave(me, CPU.number) { return leave(&state) }
    guard let peer = state.firstAcross(CPU.number, atMost: state.tasks[me].urgency) else { return }
    state.tasks[me].slice = 0
    state.tasks[me].state = .ready
    state.queueBehindPeers(me, peer: peer)
    switchAway(&state)
  }

  /// Where there are several CPUs: what is due when `me` leaves this one.
  @inline(never)
  private static func prepareToLeave(_ state: inout State, _ me: UInt32) {
    Context.willLeave()
    if state.tasks[me].mustEnd, state.tasks[me].state != .exited {
      state.end(me, result: 0, .deleted)
    }
    state.tasks[me].isLeaving = false
  }

  /// Where there are several CPUs: what is due before this one goes on with `next`. A task without an
  /// address space does not keep the last one's: that may end on another CPU meanwhile, and a walk ahead
  /// of time would read tables that were freed.
  @inline(never)
  private static func prepareToSwitch(
    _ state: inout State, to next: TaskPlace, from me: TaskPlace
  ) {
    summon(&state)
    if next.record.addressSpace == 0, me.record.addressSpace != 0 {
      Context.activate(addressSpace: 0)
    }
  }

  /// Gives the CPU to the first ready task. The idle task is always ready or running, so there is
  /// one.
  static func switchAway(_ state: inout State) {
    let me = state.tasks.find(Context.runningTask)
    if state.isParallel { prepareToLeave(&state, me.number) }
    guard let first = state.takeFirst(for: CPU.number) else {
      preconditionFailure("no task is ready, not even the idle task")
    }
    let next = state.tasks.find(first)
    if state.isParallel { prepareToSwitch(&state, to: next, from: me) }
    guard first != me.number else { return next.record.state = .running }
    run(next, after: me, &state)
  }

  /// Gives the CPU of `me` to another task, which stands in no queue.
  @inline(__always)
  private static func run(_ next: TaskPlace, after me: TaskPlace, _ state: inout State) {
    next.record.state = .running
    next.record.switches &+= 1  // Wrapping: a statistic.
    #if DEBUG
      Trace.switched(from: me.number, me.record, to: next.number)
    #endif
    Context.setRunning(next.number, owner: next.record.owner)
    let now = Context.counter
    me.record.stop(at: now)
    next.record.since = now
    if next.record.care != 0 { prepare(next) }
    unsafe Context.switchStack(saving: me.savedStack, to: next.record.savedStack)
  }

  /// What a program's task needs besides when it is given a CPU.
  @inline(never)
  private static func prepare(_ next: TaskPlace) {
    if next.record.hasAttention { Context.isRescheduleDue = true }
    let addressSpace = next.record.addressSpace
    guard addressSpace != 0 else { return }
    Context.willRun(next.number, ran: next.record.ran, since: next.record.since)
    Context.activate(addressSpace: addressSpace)
  }

  /// The same by calls, for what is rare.
  #if !DEBUG
    func withColdState<Result, Failure: Error>(
      _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      // SAFETY: the guarded state outlives every handle.
      try unsafe state.pointee.withColdLock(body)
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
    // SAFETY: the guarded state outlives every handle.
    try unsafe state.pointee.withLock(file: file, line: line, body)
  }

  /// The CPU that holds the lock at the moment.
  public var lockHolder: UInt32? {
    // SAFETY: the guarded state outlives every handle.
    unsafe state.pointee.holderNumber
  }

  /// Takes the lock; the state is `contents` until `leave`.
  @inline(__always)
  func enter(file: StaticString = #fileID, line: UInt32 = #line) -> InterruptState {
    // SAFETY: the guarded state outlives every handle.
    unsafe state.pointee.enter(file: file, line: line)
  }

  /// Gives the lock back, and interrupts as they were.
  @inline(__always)
  func leave(
    _ interrupts: InterruptState, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    // SAFETY: the guarded state outlives every handle.
    unsafe state.pointee.leave(interrupts, file: file, line: line)
  }

  /// The state, between `enter` and `leave`.
  var contents: State {
    // SAFETY: the guarded state outlives every handle; the caller holds its lock.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(state.pointee.contents) }
    // SAFETY: likewise.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe state.pointee.contents }
  }
}
