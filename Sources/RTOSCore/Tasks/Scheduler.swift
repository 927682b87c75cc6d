// SAFETY: task numbers come from `claim` and are places in the table, which like the state lives for
// ever and is reached under the lock only.
/// The scheduler: 32 priorities, first in first out within one, deadlines before them, O(1) pick.
///
/// One lock guards the records, the queues and every object that tasks wait for; it is held across a
/// switch, and the task that comes back from `switchStack` lets it go. It is the innermost lock of
/// the kernel: whoever holds another one may call `wake`, nobody takes another one under it. A task
/// may block only with no lock held.
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
  public var switchCount: UInt32 { withState { (state: inout State) in state.switches } }

  /// Ticks that were counted.
  public var tickCount: UInt64 { withState { (state: inout State) in state.now } }

  /// The task that runs on this CPU.
  public var current: TaskNumber { TaskNumber(rawValue: Context.runningTask) }

  /// Makes what runs now, with its stack, a task: the boot code becomes the idle task of this CPU.
  ///
  /// - Throws: `tableFull`.
  public func adoptCurrent(priority: Priority) throws(TaskError) -> TaskNumber {
    let cpu = CPU.number
    let task = try withState { (state: inout State) throws(TaskError) -> UInt32 in
      let task = try state.claim(priority)
      state.becomeIdle(task, on: cpu)
      return task
    }
    Context.runningTask = task
    return TaskNumber(rawValue: task)
  }

  /// The calling CPU, a further one, runs on the stack of `task`, which nobody has woken: that becomes
  /// its idle task.
  public func adoptIdle(_ task: TaskNumber) {
    let cpu = CPU.number
    withState { (state: inout State) in state.becomeIdle(task.rawValue, on: cpu) }
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
    let task = try withState { (state: inout State) throws(TaskError) in try state.claim(priority) }
    let stack = prepareStack(TaskNumber(rawValue: task))
    withState { (state: inout State) in
      state.tasks[task].savedStack = stack
      state.tasks[task].affinity = affinity
    }
    return TaskNumber(rawValue: task)
  }

  /// The first thing a new task does: it lets the lock go that its creator's CPU took.
  public func didStart() {
    // SAFETY: the switch that led here holds the lock on this CPU.
    unsafe state.pointee.releaseAfterSwitch()
  }

  /// The address space to activate whenever `task` runs, and now if it runs now; 0 for none.
  public func setAddressSpace(_ addressSpace: UInt64, of task: TaskNumber) {
    withState { (state: inout State) in
      state.tasks[task.rawValue].addressSpace = addressSpace
      if task.rawValue == Context.runningTask { Context.activate(addressSpace: addressSpace) }
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
        if state.isOvertaken(Context.runningTask, on: CPU.number) { Context.isRescheduleDue = true }
      case .blocked, .ready, .running, .suspended:
        state.tasks[task].hasWakePending = true
      case .free, .exited:
        break
      }
    }
  }

  /// Goes behind all ready tasks of the same urgency.
  public func yield() {
    withState { (state: inout State) in Self.takeTurns(&state) }
  }

  /// Goes behind likewise, unless it has switched preemption off: then false.
  func yieldUnlessLocked() -> Bool {
    withState { (state: inout State) in
      guard state.tasks[Context.runningTask].preemptionLocks == 0 else { return false }
      Self.takeTurns(&state)
      return true
    }
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
    if state.isExhausted(me) {
      if state.awaitPeriod(me) { return switchAway(&state) }
    } else if state.tasks[me].isSliceOver {
      return takeTurns(&state)
    }
    giveWay(&state)
  }

  /// Serves a tick on this CPU: `tick` ticks were counted. In the interrupt, with interrupts masked.
  public func tick(to tick: UInt64) {
    withState { (state: inout State) in
      let me = Context.runningTask
      // Wrapping: the difference of two ticks that other CPUs may have counted first.
      let elapsed = UInt32(truncatingIfNeeded: tick &- state.now)
      guard tick > state.now else { return }
      state.advance(to: tick)
      let isOver = state.charge(elapsed, to: me)
      if isOver || state.isOvertaken(me, on: CPU.number) { Context.isRescheduleDue = true }
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

  /// True while a task waits for a number of ticks.
  public var hasTimeouts: Bool { withState { (state: inout State) in state.timeouts.first != nil } }

  private var hasReadyTask: Bool {
    withState { (state: inout State) in
      state.ready.first(on: CPU.number, in: state.tasks) != nil
    }
  }

  /// Gives the CPU to a more urgent task, if there is one: now where the running task may be
  /// stopped, otherwise when it returns to its program or allows preemption.
  @inline(__always)
  static func settle(_ state: inout State) {
    let me = Context.runningTask
    guard state.isOvertaken(me, on: CPU.number) else { return }
    if Context.isInInterrupt || state.tasks[me].preemptionLocks != 0 {
      Context.isRescheduleDue = true
    } else {
      giveWay(&state)
    }
  }

  /// Puts the running task in front of the others of its urgency, whose turn is not over, and
  /// switches, if a more urgent one is ready.
  private static func giveWay(_ state: inout State) {
    let me = Context.runningTask
    guard state.isOvertaken(me, on: CPU.number) else { return }
    state.tasks[me].state = .ready
    state.ready.prepend(me, in: state.tasks)
    switchAway(&state)
  }

  /// Goes behind the others of the same urgency, if there are any.
  @inline(__always)
  private static func takeTurns(_ state: inout State) {
    let me = Context.runningTask
    state.tasks[me].isSliceOver = false
    guard let first = state.ready.first(on: CPU.number, in: state.tasks),
      state.tasks[first].urgency <= state.tasks[me].urgency
    else { return }
    state.tasks[me].slice = 0
    state.tasks[me].state = .ready
    state.ready.append(me, in: state.tasks)
    switchAway(&state)
  }

  /// Gives the CPU to the first ready task. The idle task is always ready or running, so there is
  /// one.
  static func switchAway(_ state: inout State) {
    let me = Context.runningTask
    guard let next = state.ready.removeFirst(on: CPU.number, in: state.tasks) else {
      preconditionFailure("no task is ready, not even the idle task")
    }
    state.tasks[next].state = .running
    guard next != me else { return }
    state.tasks[next].switches &+= 1  // Wrapping: a statistic.
    state.switches &+= 1  // Wrapping: a statistic.
    Context.runningTask = next
    Context.runningOwner = state.tasks[next].owner
    if state.tasks[next].hasAttention { Context.isRescheduleDue = true }
    let addressSpace = state.tasks[next].addressSpace
    if addressSpace != 0 { Context.activate(addressSpace: addressSpace) }
    unsafe Context.switchStack(
      saving: state.tasks.savedStack(of: me), to: state.tasks[next].savedStack)
  }

  /// Runs `body` on the state with the lock held and interrupts masked.
  @inline(__always)
  func withState<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the guarded state outlives every handle.
    try unsafe state.pointee.withLock(body)
  }
}
