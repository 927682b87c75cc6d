// SPDX-License-Identifier: Apache-2.0
/// The creation of tasks, and operations on tasks by number. A call that throws changes nothing.
extension Scheduler {
  /// Creates a task that is blocked until `wake`, detached, with the policy `roundRobin`, for the
  /// CPUs in `affinity`. `prepareStack` receives its number and returns the stack pointer to switch
  /// to, as `ContextSwitch.prepareStack` laid it out. The task must call `didStart` first.
  ///
  /// - Throws: `tableFull`; then `prepareStack` was not called.
  public func create(
    _ level: Urgency, affinity: CpuMask = .all, prepareStack: (TaskNumber) -> KernelAddress
  ) throws(TaskError) -> TaskNumber {
    let task = try withColdState { (state: inout State) throws(TaskError) in
      let task = try state.allocateRecord(level)
      // It begins as its maker is now, not as a task that slept.
      Self.chargeShare(&state)
      let maker = state.tasks[Context.runningTask].share
      state.tasks[task].share.time = maker.time
      state.tasks[task].share.rate = maker.rate
      return task
    }
    let stack = prepareStack(task)
    withColdState { (state: inout State) in
      state.tasks[task].savedStack = stack
      state.tasks[task].affinity = affinity
    }
    return task
  }

  /// Suspends a task until `resume`. A blocked task continues to wait and is suspended afterwards.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `exited`, `alreadySuspended`; `preemptionLocked` or
  ///   `inInterrupt` for the running task.
  public func suspend(_ task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      let me = Context.runningTask
      if task == me, Context.isInInterrupt { throw .inInterrupt }
      let isElsewhere = state.remoteCpu(task, CPU.number) != nil
      try state.suspend(task, isElsewhere: isElsewhere)
      if task == me { Self.switchAway(&state) } else { Self.rescheduleIfNeeded(&state) }
    }
  }

  /// Ends the suspension of a task.
  ///
  /// - Throws: `noSuchTask`, `notSuspended`.
  public func resume(_ task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      try state.resume(task)
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Blocks the calling task until `ticks` ticks have arrived; 0 yields, `UInt32.max` waits
  /// permanently. The caller holds no spin lock.
  ///
  /// - Throws: `inInterrupt`, `preemptionLocked`, `systemTask` for the idle task.
  public func delay(ticks: UInt32) throws(TaskError) {
    guard !Context.isInInterrupt else { throw .inInterrupt }
    try withColdState { (state: inout State) throws(TaskError) in
      let me = Context.runningTask
      guard state.tasks[me].preemptionLocks == 0 else { throw .preemptionLocked }
      guard !state.tasks[me].isIdle else { throw .systemTask }
      guard ticks > 0 else { return }
      state.beginWait(me, .plain(.delay), .ticks(ticks))
      Self.switchAway(&state)
    }
    if ticks == 0 { yield() }
  }

  /// Sets a task's own priority. Urgency that it inherits from waiters for its mutexes stays, and a
  /// change propagates to the owners of the mutexes that it waits for.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `exited`.
  public func setPriority(_ priority: Priority, of task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard !state.tasks[task].isIdle else { throw .systemTask }
      guard state.tasks[task].state != .exited else { throw .exited }
      state.setLevel(Urgency(priority), of: task)
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Sets the CPUs on which a task may run; absent CPUs are ignored.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `noCpu`.
  public func setAffinity(_ mask: CpuMask, of task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard !state.tasks[task].isIdle else { throw .systemTask }
      guard !mask.intersection(state.cpus).isEmpty else { throw .noCpu }
      state.tasks[task].affinity = mask
      if state.isParallel { state.affinityChanged(task) }
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// The CPUs that run tasks.
  public var processors: CpuMask { withColdState { (state: inout State) in state.cpus } }

  /// Returns the CPUs on which a task may run. The task must exist.
  public func affinity(of task: TaskNumber) -> CpuMask {
    withColdState { (state: inout State) in state.tasks[task].affinity }
  }

  /// Sets the policy `fifo` or `roundRobin`; the task then runs by its priority.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `notAdmitted` for `deadline`, which needs a budget.
  public func setPolicy(_ policy: Policy, of task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard !state.tasks[task].isIdle else { throw .systemTask }
      guard policy != .deadline else { throw .notAdmitted }
      state.setPolicy(policy, of: task)
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Sets a task's nice value, which counts from now on. It may be called under other locks.
  @inline(never)
  public func setNice(_ nice: Nice, of task: TaskNumber) {
    withColdState { (state: inout State) in
      let isRunning = state.tasks[task].state == .running
      if isRunning { state.chargeShareCold(of: task, at: Context.counter) }
      state.tasks[task].share.rate = state.fairClock.rate(of: nice)
    }
  }

  /// Sets the policy `fifo` or `roundRobin` and the level of a task, as `setPolicy` and
  /// `setPriority` do.
  ///
  /// - Throws: `noSuchTask`, `exited`.
  public func schedule(
    _ task: TaskNumber, _ policy: Policy, at level: Urgency
  ) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard state.tasks[task].state != .exited else { throw .exited }
      state.setPolicy(policy, of: task)
      state.setLevel(level, of: task)
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Sets the policy `deadline`, earliest deadline first, with a budget that begins now.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `notAdmitted` when all admitted tasks together could
  ///   miss a deadline.
  public func setBudget(_ budget: DeadlineBudget, of task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard !state.tasks[task].isIdle else { throw .systemTask }
      try state.setBudget(budget, of: task)
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Ends the running task's work of this period and blocks until the next period. A task without a
  /// deadline yields.
  public func waitForNextPeriod() {
    let isPeriodic = withColdState { (state: inout State) in
      let me = Context.runningTask
      guard state.tasks[me].policy == .deadline else { return false }
      if state.awaitPeriod(me) { Self.switchAway(&state) } else { Self.rescheduleIfNeeded(&state) }
      return true
    }
    if !isPeriodic { yield() }
  }

  /// Locks preemption: the running task keeps its CPU until the matching `unlockPreemption`.
  /// Interrupts are still taken. Calls nest.
  public func lockPreemption() {
    withColdState { (state: inout State) in state.tasks[Context.runningTask].preemptionLocks += 1 }
  }

  /// Ends the matching `lockPreemption`: a task that became more urgent meanwhile runs at once. A
  /// surplus call does nothing.
  public func unlockPreemption() {
    withColdState { (state: inout State) in
      let me = Context.runningTask
      guard state.tasks[me].preemptionLocks > 0 else { return }
      state.tasks[me].preemptionLocks -= 1
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Returns the word that `setUserData` stored with the task; 0 at first.
  public func userData(of task: TaskNumber) -> UInt {
    withColdState { (state: inout State) in state.tasks[task].userData }
  }

  /// Stores a word with a task for its creator. The task must exist.
  public func setUserData(_ data: UInt, of task: TaskNumber) {
    withColdState { (state: inout State) in state.tasks[task].userData = data }
  }

  /// Returns a snapshot of a task's attributes and statistics.
  ///
  /// - Throws: `noSuchTask`.
  public func info(of task: TaskNumber) throws(TaskError) -> TaskInfo {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      return TaskInfo(state.tasks[task])
    }
  }
}

/// A task's attributes and statistics at one moment.
public struct TaskInfo: Equatable, Sendable {
  /// The scheduling state.
  public let state: TaskState
  /// True if it is suspended, also while it is blocked.
  public let isSuspended: Bool
  /// Its own priority on LiteOS' scale, or the nearest to its level.
  public let priority: Priority
  /// Its present scheduling urgency, inheritance included.
  public let urgency: Urgency
  /// The scheduling policy.
  public let policy: Policy
  /// The CPUs on which it may run.
  public let affinity: CpuMask
  /// How often it was switched in.
  public let switches: UInt32
  /// Ticks charged to it while it ran.
  public let ticks: UInt64
  /// The lowest address of its stack; 0 when unknown.
  public let stackBase: UInt
  /// The size of the stack in bytes; 0 when unknown.
  public let stackSize: UInt32
  /// True for the idle task of a CPU.
  public let isIdle: Bool
  /// The word of `setOwner`; 0 for a kernel task.
  public let owner: UInt32
  /// The CPU that runs it, or ran it last.
  public let cpu: UInt32
  private let waitKind: WaitKind

  /// The name of what it waits for; nil unless it is blocked.
  public var waitName: StaticString? { state == .blocked ? waitKind.name : nil }

  init(_ record: borrowing TaskRecord) {
    state = record.state
    isSuspended = record.isSuspended
    priority = record.level.priority
    urgency = record.urgency
    policy = record.policy
    affinity = record.affinity
    switches = record.switches
    ticks = record.ticks
    stackBase = record.stackBase
    stackSize = record.stackSize
    isIdle = record.isIdle
    owner = record.owner
    cpu = record.cpu
    waitKind = record.wait.kind
  }
}
