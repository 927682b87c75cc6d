// SPDX-License-Identifier: Apache-2.0
// SAFETY: a task's mutexes are kept while it holds them, and are accessed under the scheduler's
// lock.
/// The life of a task: creation, suspension, end, join.
extension TaskSet {
  /// Allocates a free record for a task that is blocked until `Scheduler.wake`.
  ///
  /// - Throws: `tableFull`.
  mutating func allocateRecord(_ level: Urgency) throws(TaskError) -> TaskNumber {
    for index in 0..<tasks.count {
      let task = TaskNumber(rawValue: index)
      guard tasks[task].state == .free else { continue }
      freeRecord(task)
      tasks[task].state = .blocked
      tasks[task].level = level
      tasks[task].urgency = level
      tasks[task].share.rate = fairClock.rate
      return task
    }
    throw .tableFull
  }

  /// Makes `task`, which is in no queue, the idle task of CPU `cpu`, which runs it. `now` is the
  /// counter's present value.
  mutating func becomeIdle(_ task: TaskNumber, on cpu: UInt32, at now: UInt64) {
    tasks[task].switchedInAt = now
    tasks[task].state = .running
    tasks[task].policy = .fifo
    tasks[task].isIdle = true
    tasks[task].affinity = CpuMask(cpu: cpu)
    tasks[task].cpu = cpu
    runQueues[cpu].running = task
    runQueues[cpu].idle = task
    cpus = CpuMask(rawValue: cpus.rawValue | 1 &<< cpu)
  }

  /// Checks that a task exists.
  ///
  /// - Throws: `noSuchTask`.
  mutating func check(_ task: TaskNumber) throws(TaskError) {
    guard tasks.contains(task) else { throw .noSuchTask }
  }

  /// Marks a task as suspended and removes it from the run queue. If it is the caller itself, the
  /// caller switches. A blocked task continues to wait and is suspended when its wait ends.
  ///
  /// - Parameters:
  ///   - task: its number.
  ///   - isElsewhere: another CPU runs it and switches it out as soon as it can.
  /// - Throws: `systemTask`, `exited`, `alreadySuspended`, `preemptionLocked`.
  mutating func suspend(_ task: TaskNumber, isElsewhere: Bool = false) throws(TaskError) {
    guard !tasks[task].isIdle else { throw .systemTask }
    guard tasks[task].state != .exited else { throw .exited }
    switch tasks[task].stop {
    case .none: break
    case .suspended, .suspending: throw .alreadySuspended
    case .ending: throw .exited
    }
    if tasks[task].state == .running, tasks[task].preemptionLocks > 0 { throw .preemptionLocked }
    tasks[task].stop = .suspended
    switch tasks[task].state {
    case .ready:
      unqueueCold(task)
      tasks[task].state = .suspended
    case .running:
      tasks[task].state = .suspended
      guard isElsewhere else { break }
      tasks[task].stop = .suspending
      rescheduleTargets.insert(tasks[task].cpu)
    case .blocked, .suspended, .exited, .free:
      break
    }
  }

  /// Ends the suspension of a task.
  ///
  /// - Throws: `notSuspended`.
  mutating func resume(_ task: TaskNumber) throws(TaskError) {
    let stop = tasks[task].stop
    guard stop == .suspended || stop == .suspending else { throw .notSuspended }
    tasks[task].stop = .none
    guard tasks[task].state == .suspended else { return }
    // A CPU may still run it.
    if stop == .suspending { tasks[task].state = .running } else { makeReady(tasks.find(task)) }
  }

  /// Ends a task permanently. It leaves all queues, its mutexes pass to their next waiters with the
  /// outcome `ownerDied`, and the task that joins it is woken. The record is freed at once unless
  /// its result may still be asked for. If it is the caller itself, the caller switches.
  mutating func end(_ task: TaskNumber, result: UInt32, _ outcome: WaitOutcome) {
    if tasks[task].state == .ready { unqueueCold(task) }
    if tasks[task].state == .blocked {
      leaveQueue(task)
      cancelJoin(by: task)
    }
    timeouts.remove(task.rawValue)
    tasks[task].state = .exited
    abandonMutexes(of: task)
    admittedDensity -= tasks[task].budget.density
    tasks[task].budget = .none
    tasks[task].stop = .none
    tasks[task].result = result
    tasks[task].outcome = outcome
    switch tasks[task].joining {
    case .joinable: return
    case .detached: break
    case .joined(let joiner):
      tasks[joiner].received = result
      endWait(joiner, outcome)
    }
    tasks[task].state = .free
  }

  /// Begins a join of `task` by `me`. Returns the result and frees the record if the task has
  /// ended; nil if `me` must wait for that.
  ///
  /// - Throws: `notJoinable`, `deadlock`.
  mutating func join(_ task: TaskNumber, by me: TaskNumber) throws(TaskError) -> UInt32? {
    guard task != me else { throw .deadlock }
    guard tasks[task].joining == .joinable else { throw .notJoinable }
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
  mutating func detach(_ task: TaskNumber) throws(TaskError) {
    guard tasks[task].joining == .joinable else { throw .notJoinable }
    tasks[task].joining = .detached
    if tasks[task].state == .exited { tasks[task].state = .free }
  }

  /// Removes a blocked task as the joiner of the task whose end it waits for, if it waits for one.
  mutating func cancelJoin(by task: TaskNumber) {
    if case .join(let joined) = tasks[task].wait { tasks[joined].joining = .joinable }
  }

  /// True when `task` waits for the end of `target`, directly or through other joins.
  private mutating func joins(_ task: TaskNumber, target: TaskNumber) -> Bool {
    var task = task
    for _ in 0..<tasks.count {
      guard tasks[task].state == .blocked, case .join(let joined) = tasks[task].wait else {
        return false
      }
      task = joined
      if task == target { return true }
    }
    return false
  }
}
