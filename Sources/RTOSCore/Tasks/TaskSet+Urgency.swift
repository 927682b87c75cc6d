// SPDX-License-Identifier: Apache-2.0
// SAFETY: mutexes are kept while a task holds them or waits for them, and are reached under the
// scheduler's lock.
/// Priorities, and their inheritance through chains of mutexes.
extension TaskSet {
  /// Gives a task another priority; what it inherits stays.
  mutating func setPriority(_ priority: Priority, of task: UInt32) {
    tasks[task].priority = priority
    refreshUrgency(of: task)
  }

  /// Works out again how urgent a task is, and those that it waits for, along the chain: its own
  /// urgency, or that of the first who waits for one of its mutexes.
  ///
  /// The chain ends where nothing changes, and after as many steps as there are tasks: a ring of
  /// owners can only come about by a condition variable that takes its mutex back.
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

  /// The mutex that a blocked task waits for.
  mutating func mutexWaitedFor(by task: UInt32) -> UnsafeMutablePointer<Mutex>? {
    guard tasks[task].state == .blocked, tasks[task].waitKind == .mutex else { return nil }
    guard let queue = unsafe tasks[task].waitQueue else { return nil }
    // SAFETY: the queue is the mutex' first field.
    return unsafe UnsafeMutableRawPointer(queue).assumingMemoryBound(to: Mutex.self)
  }

  /// True when `task` waits, through owners of mutexes, for `target`.
  mutating func waits(_ task: UInt32, for target: UInt32) -> Bool {
    var task = task
    for _ in 0..<tasks.count {
      if task == target { return true }
      guard let mutex = unsafe mutexWaitedFor(by: task) else { return false }
      task = unsafe mutex.pointee.owner
    }
    return false
  }

  /// A task's own urgency, or a more urgent one of those who wait for what it holds.
  private mutating func inheritedUrgency(of task: UInt32) -> Urgency {
    var urgency = ownUrgency(of: task)
    var mutex = unsafe tasks[task].held
    while let place = unsafe mutex {
      let first = unsafe place.pointee.waiters.first
      if first != TaskRecord.none, tasks[first].urgency < urgency {
        urgency = tasks[first].urgency
      }
      unsafe mutex = unsafe place.pointee.nextHeld
    }
    return urgency
  }

  /// What a task has without any inheritance.
  private mutating func ownUrgency(of task: UInt32) -> Urgency {
    tasks[task].policy == .deadline
      ? Urgency(deadline: tasks[task].budget.due) : Urgency(tasks[task].priority)
  }

  /// Moves a task to where its new urgency belongs.
  private mutating func setUrgency(_ urgency: Urgency, of task: UInt32) {
    switch tasks[task].state {
    case .ready:
      unqueueRarely(task)
      tasks[task].urgency = urgency
      if isParallel { chooseLane(for: task) }
      enqueueRarely(task)
    case .blocked:
      let queue = unsafe tasks[task].waitQueue
      tasks.dequeue(task)
      tasks[task].urgency = urgency
      if let queue = unsafe queue { unsafe tasks.enqueue(task, in: queue) }
    case .running, .suspended, .exited, .free:
      tasks[task].urgency = urgency
      if isParallel, tasks[task].state == .running { summoned |= 1 &<< tasks[task].cpu }
    }
  }
}
