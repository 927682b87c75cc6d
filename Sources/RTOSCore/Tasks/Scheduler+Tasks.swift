// SPDX-License-Identifier: Apache-2.0
/// What can be done with tasks, by number. Every call leaves all as it was when it throws.
extension Scheduler {
  /// Lets a task rest until `resume`. One that waits goes on waiting and rests afterwards.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `exited`, `alreadySuspended`; `preemptionLocked` or
  ///   `inInterrupt` for the running task.
  public func suspend(_ task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      let me = Context.runningTask
      if task.rawValue == me, Context.isInInterrupt { throw .inInterrupt }
      let isElsewhere = state.elsewhere(task.rawValue, CPU.number) != nil
      try state.suspend(task.rawValue, isElsewhere: isElsewhere)
      if task.rawValue == me { Self.switchAway(&state) } else { Self.settle(&state) }
    }
  }

  /// Takes `suspend` back.
  ///
  /// - Throws: `noSuchTask`, `notSuspended`.
  public func resume(_ task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      try state.resume(task.rawValue)
      Self.settle(&state)
    }
  }

  /// Waits until `ticks` ticks have come; 0 yields, `UInt32.max` is for ever.
  ///
  /// - Throws: `inInterrupt`, `preemptionLocked`, `systemTask` for the idle task.
  public func delay(ticks: UInt32) throws(TaskError) {
    guard !Context.isInInterrupt else { throw .inInterrupt }
    try withColdState { (state: inout State) throws(TaskError) in
      let me = Context.runningTask
      guard state.tasks[me].preemptionLocks == 0 else { throw .preemptionLocked }
      guard !state.tasks[me].isIdle else { throw .systemTask }
      guard ticks > 0 else { return }
      state.beginWait(me, .delay, .ticks(ticks))
      Self.switchAway(&state)
    }
    if ticks == 0 { yield() }
  }

  /// Gives a task another priority. What it inherits from tasks that wait for its mutexes stays,
  /// and a change reaches the owners of what it waits for.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `exited`.
  public func setPriority(_ priority: Priority, of task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard !state.tasks[task.rawValue].isIdle else { throw .systemTask }
      guard state.tasks[task.rawValue].state != .exited else { throw .exited }
      state.setPriority(priority, of: task.rawValue)
      Self.settle(&state)
    }
  }

  /// Where a task may run from now on; CPUs that are not there are ignored.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `noCpu`.
  public func setAffinity(_ mask: CpuMask, of task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard !state.tasks[task.rawValue].isIdle else { throw .systemTask }
      guard mask.rawValue & state.cpus.rawValue != 0 else { throw .noCpu }
      let record = task.rawValue
      state.tasks[record].affinity = mask
      if state.isParallel { state.affinityChanged(record) }
      Self.settle(&state)
    }
  }

  /// The CPUs that run tasks.
  public var processors: CpuMask { withColdState { (state: inout State) in state.cpus } }

  /// Where a task that is there may run.
  public func affinity(of task: TaskNumber) -> CpuMask {
    withColdState { (state: inout State) in state.tasks[task.rawValue].affinity }
  }

  /// FIFO or round robin, by its priority.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `notAdmitted` for `deadline`, which needs a budget.
  public func setPolicy(_ policy: Policy, of task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard !state.tasks[task.rawValue].isIdle else { throw .systemTask }
      guard policy != .deadline else { throw .notAdmitted }
      state.setPolicy(policy, of: task.rawValue)
      Self.settle(&state)
    }
  }

  /// Earliest deadline first, within a budget that begins now.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `notAdmitted` when all admitted tasks together could miss
  ///   a deadline.
  public func setBudget(_ budget: DeadlineBudget, of task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      guard !state.tasks[task.rawValue].isIdle else { throw .systemTask }
      try state.setBudget(budget, of: task.rawValue)
      Self.settle(&state)
    }
  }

  /// The running task has done this period's work and waits for the next period. A task without a
  /// deadline yields.
  public func waitForNextPeriod() {
    let isPeriodic = withColdState { (state: inout State) in
      let me = Context.runningTask
      guard state.tasks[me].policy == .deadline else { return false }
      if state.awaitPeriod(me) { Self.switchAway(&state) } else { Self.settle(&state) }
      return true
    }
    if !isPeriodic { yield() }
  }

  /// From here on the running task keeps its CPU until the matching `unlockPreemption`; interrupts
  /// are still taken. Calls nest.
  public func lockPreemption() {
    withColdState { (state: inout State) in state.tasks[Context.runningTask].preemptionLocks += 1 }
  }

  /// The end of the matching `lockPreemption`: who became more urgent meanwhile runs at once. One
  /// too many does nothing.
  public func unlockPreemption() {
    withColdState { (state: inout State) in
      let me = Context.runningTask
      guard state.tasks[me].preemptionLocks > 0 else { return }
      state.tasks[me].preemptionLocks -= 1
      Self.settle(&state)
    }
  }

  /// Whatever the task's creator keeps with it; 0 at first.
  public func userData(of task: TaskNumber) -> UInt {
    withColdState { (state: inout State) in state.tasks[task.rawValue].userData }
  }

  /// Keeps something with a task that is there.
  public func setUserData(_ data: UInt, of task: TaskNumber) {
    withColdState { (state: inout State) in state.tasks[task.rawValue].userData = data }
  }

  /// What is known about a task.
  ///
  /// - Throws: `noSuchTask`.
  public func info(of task: TaskNumber) throws(TaskError) -> TaskInfo {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      return TaskInfo(state.tasks[task.rawValue])
    }
  }
}

/// What is known about a task at one moment.
public struct TaskInfo: Equatable, Sendable {
  /// Where it stands.
  public let state: TaskState
  /// It was suspended, perhaps while it waited.
  public let isSuspended: Bool
  /// Its own priority.
  public let priority: Priority
  /// What it is scheduled by at the moment, with what it inherits.
  public let urgency: Urgency
  /// How it shares the CPU.
  public let policy: Policy
  /// Where it may run.
  public let affinity: CpuMask
  /// How often it was given a CPU.
  public let switches: UInt32
  /// Ticks that found it running.
  public let ticks: UInt64
  /// The lowest address of its stack and its bytes; 0 when nobody said.
  public let stackBase: UInt
  /// Bytes of the stack.
  public let stackSize: UInt32
  /// It is the idle task of a CPU.
  public let isIdle: Bool
  /// What `setOwner` was told; 0 for a task of the kernel's own.
  public let owner: UInt32
  /// The CPU that runs it, or ran it last.
  public let cpu: UInt32
  private let waitKind: WaitKind

  /// What it waits for; nil unless it does.
  public var waitName: StaticString? { state == .blocked ? waitKind.name : nil }

  init(_ record: borrowing TaskRecord) {
    state = record.state
    isSuspended = record.isSuspended
    priority = record.priority
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
    waitKind = record.waitKind
  }
}
