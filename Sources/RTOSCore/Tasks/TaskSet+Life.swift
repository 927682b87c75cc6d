// SPDX-License-Identifier: Apache-2.0
// SAFETY: a task's mutexes are kept while it holds them, and are reached under the scheduler's lock.
/// How tasks begin, stop, go on and end.
extension TaskSet {
  /// Takes a free record for a task that is blocked until `Scheduler.wake`.
  ///
  /// - Throws: `tableFull`.
  mutating func claim(_ priority: Priority) throws(TaskError) -> UInt32 {
    for task in 0..<tasks.count where tasks[task].state == .free {
      discard(task)
      tasks[task].state = .blocked
      tasks[task].priority = priority
      tasks[task].urgency = Urgency(priority)
      return task
    }
    throw .tableFull
  }

  /// Makes `task`, which stands in no queue, the idle task that CPU `cpu` runs.
  /// The counter is at `now`.
  mutating func becomeIdle(_ task: UInt32, on cpu: UInt32, at now: UInt64) {
    tasks[task].since = now
    tasks[task].state = .running
    tasks[task].policy = .fifo
    tasks[task].isIdle = true
    tasks[task].affinity = CpuMask(rawValue: 1 &<< cpu)
    tasks[task].cpu = cpu
    lanes[Int(cpu)].running = task
    cpus = CpuMask(rawValue: cpus.rawValue | 1 &<< cpu)
  }

  /// Throws `noSuchTask` unless there is such a task.
  mutating func check(_ task: TaskNumber) throws(TaskError) {
    guard tasks.contains(task.rawValue) else { throw .noSuchTask }
  }

  /// Marks a task as suspended and takes it away from the CPU; the caller switches if it is its
  /// own. One that waits goes on waiting and stops when it has what it waits for.
  ///
  /// - Parameters:
  ///   - task: its number.
  ///   - isElsewhere: another CPU runs it, and lets it go as soon as it can.
  /// - Throws: `systemTask`, `exited`, `alreadySuspended`, `preemptionLocked`.
  mutating func suspend(_ task: UInt32, isElsewhere: Bool = false) throws(TaskError) {
    guard !tasks[task].isIdle else { throw .systemTask }
    guard tasks[task].state != .exited else { throw .exited }
    guard !tasks[task].isSuspended else { throw .alreadySuspended }
    if tasks[task].state == .running, tasks[task].preemptionLocks > 0 { throw .preemptionLocked }
    tasks[task].isSuspended = true
    switch tasks[task].state {
    case .ready:
      unqueueRarely(task)
      tasks[task].state = .suspended
    case .running:
      tasks[task].state = .suspended
      tasks[task].isLeaving = isElsewhere
      if isElsewhere { summoned |= 1 &<< tasks[task].cpu }
    case .blocked, .suspended, .exited, .free:
      break
    }
  }

  /// Takes a suspension back.
  mutating func resume(_ task: UInt32) throws(TaskError) {
    guard tasks[task].isSuspended else { throw .notSuspended }
    tasks[task].isSuspended = false
    if tasks[task].state == .suspended { makeRunnable(task) }
  }

  /// Ends a task for good: it leaves all queues, its mutexes go to the next with word of its death,
  /// and whoever joins it is told. The record is free at once unless its result may be asked for.
  /// The caller switches away if it is its own.
  mutating func end(_ task: UInt32, result: UInt32, _ outcome: WaitOutcome) {
    if tasks[task].state == .ready { unqueueRarely(task) }
    if tasks[task].state == .blocked {
      leaveQueue(task)
      if tasks[task].waitKind == .join { forgetJoin(by: task) }
    }
    timeouts.remove(task)
    tasks[task].state = .exited
    abandonMutexes(of: task)
    admittedDensity -= tasks[task].budget.density
    tasks[task].budget = .none
    tasks[task].isSuspended = false
    tasks[task].result = result
    tasks[task].outcome = outcome
    let joiner = tasks[task].joiner
    if joiner != TaskRecord.none {
      tasks[joiner].word = result
      endWait(joiner, outcome)
    }
    if joiner != TaskRecord.none || !tasks[task].isJoinable { tasks[task].state = .free }
  }

  /// What `me` must do to get the end of `task`: nil, it is over and the record free; or wait.
  ///
  /// - Throws: `notJoinable`, `deadlock`.
  mutating func join(_ task: UInt32, by me: UInt32) throws(TaskError) -> UInt32? {
    guard tasks[task].isJoinable, task != me else {
      throw task == me ? .deadlock : .notJoinable
    }
    guard tasks[task].joiner == TaskRecord.none else { throw .notJoinable }
    guard tasks[task].state == .exited else {
      guard !joins(task, target: me) else { throw .deadlock }
      return nil
    }
    tasks[task].state = .free
    return tasks[task].result
  }

  /// Nobody will ask for the task's result.
  mutating func detach(_ task: UInt32) throws(TaskError) {
    guard tasks[task].isJoinable, tasks[task].joiner == TaskRecord.none else {
      throw .notJoinable
    }
    tasks[task].isJoinable = false
    if tasks[task].state == .exited { tasks[task].state = .free }
  }

  /// A blocked task that waits for another one's end no longer does.
  mutating func forgetJoin(by task: UInt32) {
    tasks[tasks[task].word].joiner = TaskRecord.none
  }

  /// True when `task` waits, through other joins, for the end of `target`.
  private mutating func joins(_ task: UInt32, target: UInt32) -> Bool {
    var task = task
    for _ in 0..<tasks.count {
      guard tasks[task].state == .blocked, tasks[task].waitKind == .join else { return false }
      task = tasks[task].word
      if task == target { return true }
    }
    return false
  }
}
