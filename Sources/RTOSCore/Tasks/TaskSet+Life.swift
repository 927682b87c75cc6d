// SPDX-License-Identifier: Apache-2.0
// SAFETY: a task's mutexes are kept while it holds them, and are accessed under the scheduler's
// lock.
/// The life of a task: creation, suspension, end, join.
extension TaskSet {
  /// Allocates a free record for a task that is blocked until `Scheduler.wake`.
  ///
  /// - Throws: `tableFull`.
  mutating func allocateRecord(_ priority: Priority) throws(TaskError) -> UInt32 {
    for task in 0..<tasks.count where tasks[task].state == .free {
      freeRecord(task)
      tasks[task].state = .blocked
      tasks[task].priority = priority
      tasks[task].urgency = Urgency(priority)
      return task
    }
    throw .tableFull
  }

  /// Makes `task`, which is in no queue, the idle task of CPU `cpu`, which runs it. `now` is the
  /// counter's present value.
  mutating func becomeIdle(_ task: UInt32, on cpu: UInt32, at now: UInt64) {
    tasks[task].switchedInAt = now
    tasks[task].state = .running
    tasks[task].policy = .fifo
    tasks[task].isIdle = true
    tasks[task].affinity = CpuMask(rawValue: 1 &<< cpu)
    tasks[task].cpu = cpu
    runQueues[Int(cpu)].running = task
    cpus = CpuMask(rawValue: cpus.rawValue | 1 &<< cpu)
  }

  /// Checks that a task exists.
  ///
  /// - Throws: `noSuchTask`.
  mutating func check(_ task: TaskNumber) throws(TaskError) {
    guard tasks.contains(task.rawValue) else { throw .noSuchTask }
  }

  /// Marks a task as suspended and removes it from the run queue. If it is the caller itself, the
  /// caller switches. A blocked task continues to wait and is suspended when its wait ends.
  ///
  /// - Parameters:
  ///   - task: its number.
  ///   - isElsewhere: another CPU runs it and switches it out as soon as it can.
  /// - Throws: `systemTask`, `exited`, `alreadySuspended`, `preemptionLocked`.
  mutating func suspend(_ task: UInt32, isElsewhere: Bool = false) throws(TaskError) {
    guard !tasks[task].isIdle else { throw .systemTask }
    guard tasks[task].state != .exited else { throw .exited }
    guard !tasks[task].isSuspended else { throw .alreadySuspended }
    if tasks[task].state == .running, tasks[task].preemptionLocks > 0 { throw .preemptionLocked }
    tasks[task].isSuspended = true
    switch tasks[task].state {
    case .ready:
      unqueueCold(task)
      tasks[task].state = .suspended
    case .running:
      tasks[task].state = .suspended
      tasks[task].isSuspendPending = isElsewhere
      if isElsewhere { rescheduleTargets |= 1 &<< tasks[task].cpu }
    case .blocked, .suspended, .exited, .free:
      break
    }
  }

  /// Ends the suspension of a task.
  ///
  /// - Throws: `notSuspended`.
  mutating func resume(_ task: UInt32) throws(TaskError) {
    guard tasks[task].isSuspended else { throw .notSuspended }
    tasks[task].isSuspended = false
    if tasks[task].state == .suspended { makeReady(task) }
  }

  /// Ends a task permanently. It leaves all queues, its mutexes pass to their next waiters with the
  /// outcome `ownerDied`, and the task that joins it is woken. The record is freed at once unless
  /// its result may still be asked for. If it is the caller itself, the caller switches.
  mutating func end(_ task: UInt32, result: UInt32, _ outcome: WaitOutcome) {
    if tasks[task].state == .ready { unqueueCold(task) }
    if tasks[task].state == .blocked {
      leaveQueue(task)
      if tasks[task].waitKind == .join { cancelJoin(by: task) }
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

  /// Begins a join of `task` by `me`. Returns the result and frees the record if the task has
  /// ended; nil if `me` must wait for that.
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

  /// Detaches a task: its result cannot be asked for any more, and its record is freed when it has
  /// ended.
  ///
  /// - Throws: `notJoinable`.
  mutating func detach(_ task: UInt32) throws(TaskError) {
    guard tasks[task].isJoinable, tasks[task].joiner == TaskRecord.none else {
      throw .notJoinable
    }
    tasks[task].isJoinable = false
    if tasks[task].state == .exited { tasks[task].state = .free }
  }

  /// Removes a blocked task as the joiner of the task whose end it waits for.
  mutating func cancelJoin(by task: UInt32) {
    tasks[tasks[task].word].joiner = TaskRecord.none
  }

  /// True when `task` waits for the end of `target`, directly or through other joins.
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
