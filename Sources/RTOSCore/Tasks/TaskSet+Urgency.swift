// SPDX-License-Identifier: Apache-2.0
/// Priorities, and priority inheritance along chains of mutexes.
extension TaskSet {
  /// Sets a task's own level; inherited urgency stays.
  mutating func setLevel(_ level: Urgency, of task: TaskNumber) {
    tasks[task].level = level
    refreshUrgency(of: task)
  }

  /// Recomputes the urgency of a task, and then of the owners along its chain of mutexes. The
  /// result is its own urgency or that of the first waiter for one of its mutexes, whichever is
  /// more urgent.
  ///
  /// The walk ends where nothing changes, and at most after as many steps as there are tasks. A
  /// cycle of owners arises from a condition variable that re-acquires its mutex, or from
  /// `Scheduler.setOwner`: a program can name an owner that waits for one of the waiters.
  mutating func refreshUrgency(of task: TaskNumber) {
    var task = task
    for _ in 0..<tasks.count {
      let urgency = inheritedUrgency(of: task)
      guard urgency != tasks[task].urgency else { return }
      setUrgency(urgency, of: task)
      guard let mutex = mutexWaitedFor(by: task), self[mutex].owner != TaskRecord.none else {
        return
      }
      task = self[mutex].owner
    }
  }

  /// Returns the mutex that a blocked task waits for; nil if it waits for something else.
  mutating func mutexWaitedFor(by task: TaskNumber) -> ObjectHandle<Mutex>? {
    guard tasks[task].state == .blocked, tasks[task].waitQueue != nil else { return nil }
    switch tasks[task].wait {
    case .mutex(let mutex, _, _), .proxy(let mutex): return mutex
    default: return nil
    }
  }

  /// True when `task` is `target` or waits for it through a chain of mutex owners.
  mutating func waits(_ task: TaskNumber, for target: TaskNumber) -> Bool {
    var task = task
    for _ in 0..<tasks.count {
      if task == target { return true }
      guard let mutex = mutexWaitedFor(by: task) else { return false }
      task = self[mutex].owner
    }
    return false
  }

  /// Returns a task's own urgency, or that of a more urgent waiter for one of its mutexes.
  private mutating func inheritedUrgency(of task: TaskNumber) -> Urgency {
    var urgency = ownUrgency(of: task)
    var mutex = tasks[task].held
    while let held = mutex {
      let first = self[held].waiters.first
      if first != TaskRecord.none, tasks[first].urgency < urgency {
        urgency = tasks[first].urgency
      }
      mutex = self[held].nextHeld
    }
    return urgency
  }

  /// Returns a task's urgency without inheritance.
  private mutating func ownUrgency(of task: TaskNumber) -> Urgency {
    tasks[task].policy == .deadline
      ? Urgency(deadline: tasks[task].budget.absoluteDeadline) : tasks[task].level
  }

  /// Sets a task's urgency and moves the task to its new position in its queue.
  private mutating func setUrgency(_ urgency: Urgency, of task: TaskNumber) {
    switch tasks[task].state {
    case .ready:
      unqueueCold(task)
      tasks[task].urgency = urgency
      if isParallel { chooseRunQueue(for: task) }
      enqueueCold(task)
    case .blocked:
      let queue = tasks[task].waitQueue
      dequeue(task)
      tasks[task].urgency = urgency
      if let queue { enqueue(task, in: queue) }
    case .running, .suspended, .exited, .free:
      tasks[task].urgency = urgency
      if isParallel, tasks[task].state == .running { rescheduleTargets.insert(tasks[task].cpu) }
      publishChange(of: task)
    }
  }
}
