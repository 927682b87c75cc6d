// SPDX-License-Identifier: Apache-2.0
// SAFETY: mutexes are kept while a task holds them or waits for them, and are accessed under the
// scheduler's lock.
/// Priorities, and priority inheritance along chains of mutexes.
extension TaskSet {
  /// Sets a task's own priority; inherited urgency stays.
  mutating func setPriority(_ priority: Priority, of task: UInt32) {
    tasks[task].priority = priority
    refreshUrgency(of: task)
  }

  /// Recomputes the urgency of a task, and then of the owners along its chain of mutexes. The
  /// result is its own urgency or that of the first waiter for one of its mutexes, whichever is
  /// more urgent.
  ///
  /// The walk ends where nothing changes, and at most after as many steps as there are tasks. A
  /// cycle of owners can arise only from a condition variable that re-acquires its mutex.
  mutating func refreshUrgency(of task: UInt32) {
    var task = task
    for _ in 0..<tasks.count {
      let urgency = inheritedUrgency(of: task)
      guard urgency != tasks[task].urgency else { return }
      setUrgency(urgency, of: task)
      guard let mutex = unsafe mutexWaitedFor(by: task),
        unsafe mutex.pointee.owner != TaskRecord.none
      else { return }
      task = unsafe mutex.pointee.owner
    }
  }

  /// Returns the mutex that a blocked task waits for; nil if it waits for something else.
  mutating func mutexWaitedFor(by task: UInt32) -> UnsafeMutablePointer<Mutex>? {
    guard tasks[task].state == .blocked, tasks[task].waitKind == .mutex else { return nil }
    guard let queue = unsafe tasks[task].waitQueue else { return nil }
    // SAFETY: the queue is the first field of the mutex.
    return unsafe UnsafeMutableRawPointer(queue).assumingMemoryBound(to: Mutex.self)
  }

  /// True when `task` is `target` or waits for it through a chain of mutex owners.
  mutating func waits(_ task: UInt32, for target: UInt32) -> Bool {
    var task = task
    for _ in 0..<tasks.count {
      if task == target { return true }
      guard let mutex = unsafe mutexWaitedFor(by: task) else { return false }
      task = unsafe mutex.pointee.owner
    }
    return false
  }

  /// Returns a task's own urgency, or that of a more urgent waiter for one of its mutexes.
  private mutating func inheritedUrgency(of task: UInt32) -> Urgency {
    var urgency = ownUrgency(of: task)
    var mutex = unsafe tasks[task].held
    while let held = unsafe mutex {
      let first = unsafe held.pointee.waiters.first
      if first != TaskRecord.none, tasks[first].urgency < urgency {
        urgency = tasks[first].urgency
      }
      unsafe mutex = unsafe held.pointee.nextHeld
    }
    return urgency
  }

  /// Returns a task's urgency without inheritance.
  private mutating func ownUrgency(of task: UInt32) -> Urgency {
    tasks[task].policy == .deadline
      ? Urgency(deadline: tasks[task].budget.absoluteDeadline) : Urgency(tasks[task].priority)
  }

  /// Sets a task's urgency and moves the task to its new position in its queue.
  private mutating func setUrgency(_ urgency: Urgency, of task: UInt32) {
    switch tasks[task].state {
    case .ready:
      unqueueCold(task)
      tasks[task].urgency = urgency
      if isParallel { chooseRunQueue(for: task) }
      enqueueCold(task)
    case .blocked:
      let queue = unsafe tasks[task].waitQueue
      tasks.dequeue(task)
      tasks[task].urgency = urgency
      if let queue = unsafe queue { unsafe tasks.enqueue(task, in: queue) }
    case .running, .suspended, .exited, .free:
      tasks[task].urgency = urgency
      if isParallel, tasks[task].state == .running { rescheduleTargets |= 1 &<< tasks[task].cpu }
    }
  }
}
