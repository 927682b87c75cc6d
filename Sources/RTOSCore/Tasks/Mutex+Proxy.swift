// SPDX-License-Identifier: Apache-2.0
/// Mutexes that stand for locks in memory of programs: the program's word says who owns the lock,
/// and the mutex lets the owner inherit the urgency of those who wait (Linux's proxy locking).
///
/// Such a mutex is used only by the functions here. Tasks that wait for it may be woken without it,
/// as by a signal, and then wait again or give up. No function but `block` switches by itself, so
/// all may be called with another lock held.
extension Scheduler {
  /// Blocks the current task until `wake`; meanwhile the owner of the mutex inherits its urgency.
  /// Returns at once if a wake arrived since the last `block`. The caller holds no spin lock.
  ///
  /// - Throws: `deadlock` if the owner waits for the current task.
  public func block(for mutex: ObjectHandle<Mutex>) throws(WaitError) {
    try withColdState { (state: inout State) throws(WaitError) in
      let me = Context.runningTask
      guard !state.tasks[me].hasWakePending else {
        return state.tasks[me].hasWakePending = false
      }
      try state.waitByProxy(me, for: mutex)
      Self.switchAway(&state)
    }
  }

  /// Makes a task that is in `block` wait for the mutex instead. A task that was woken meanwhile is
  /// left alone.
  ///
  /// - Throws: `deadlock` if the owner waits for the task, which stays where it is.
  public func move(_ task: TaskNumber, to mutex: ObjectHandle<Mutex>) throws(WaitError) {
    try withColdState { (state: inout State) throws(WaitError) in
      guard state.tasks[task].state == .blocked,
        case .plain(.wake) = state.tasks[task].wait
      else { return }
      try state.waitByProxy(task, for: mutex)
      Self.deferReschedule(&state)
    }
  }

  /// Gives the mutex to another task, or with nil to none. Urgency goes with it: the old owner
  /// loses what it inherited, and the new one inherits from the tasks that still wait.
  public func setOwner(_ owner: TaskNumber?, of mutex: ObjectHandle<Mutex>) {
    withColdState { (state: inout State) in
      let old = state[mutex].owner
      if old != TaskRecord.none {
        state.unlinkMutex(mutex, heldBy: old)
        state.refreshUrgency(of: old)
      }
      if let owner {
        state.own(mutex, owner, depth: 1)
        state.refreshUrgency(of: owner)
      }
      Self.deferReschedule(&state)
    }
  }

  /// The most urgent task that waits for the mutex; nil if none does at the moment.
  public func firstWaiter(for mutex: ObjectHandle<Mutex>) -> TaskNumber? {
    let first = withColdState { (state: inout State) in state[mutex].waiters.first }
    return first == TaskRecord.none ? nil : first
  }
}

extension TaskSet {
  /// Makes a task wait for a mutex: the running one, which then switches, or one in `block`.
  ///
  /// - Throws: `deadlock` if the owner waits for the task.
  fileprivate mutating func waitByProxy(
    _ task: TaskNumber, for mutex: ObjectHandle<Mutex>
  ) throws(WaitError) {
    let owner = self[mutex].owner
    guard owner == TaskRecord.none || !waits(owner, for: task) else { throw .deadlock }
    beginWait(task, .proxy(mutex), in: mutex.queue, .forever)
    if owner != TaskRecord.none { refreshUrgency(of: owner) }
  }
}
