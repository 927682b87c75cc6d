// SPDX-License-Identifier: Apache-2.0
/// How tasks end, and how other tasks wait for that.
extension Scheduler {
  /// Ends the running task. Its mutexes pass to their waiters, and the task that joins it receives
  /// `result`. Preemption must not be locked: that is a bug of the task, and the locks end with it.
  public func exit(_ result: UInt32) -> Never {
    withColdState { (state: inout State) in
      state.end(Context.runningTask, result: result, .satisfied)
      Self.switchAway(&state)
    }
    preconditionFailure("a task that ended runs again")
  }

  /// Ends a task. It does not return if that is the running task.
  ///
  /// - Throws: `noSuchTask`, `systemTask`, `exited`; `preemptionLocked` or `inInterrupt` for the
  ///   running task.
  public func delete(_ task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      let me = Context.runningTask
      guard !state.tasks[task].isIdle else { throw .systemTask }
      guard state.tasks[task].state != .exited,
        state.tasks[task].stop != .ending
      else { throw .exited }
      if task == me {
        guard !Context.isInInterrupt else { throw .inInterrupt }
        guard state.tasks[me].preemptionLocks == 0 else { throw .preemptionLocked }
      }
      if let cpu = state.remoteCpu(task, CPU.number) {
        // It ends when that CPU switches it out.
        state.tasks[task].stop = .ending
        state.tasks[task].state = .running
        state.rescheduleTargets.insert(cpu)
        return Self.rescheduleIfNeeded(&state)
      }
      state.end(task, result: 0, .deleted)
      if task == me { Self.switchAway(&state) } else { Self.rescheduleIfNeeded(&state) }
    }
  }

  /// Marks a task as joinable: its record is kept until `join` or `detach`.
  ///
  /// - Throws: `noSuchTask`.
  public func makeJoinable(_ task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      if state.tasks[task].joining == .detached {
        state.tasks[task].joining = .joinable
      }
    }
  }

  /// Detaches a task: its record is freed as soon as the task has ended.
  ///
  /// - Throws: `noSuchTask`; `notJoinable` when it is detached or being joined.
  public func detach(_ task: TaskNumber) throws(TaskError) {
    try withColdState { (state: inout State) throws(TaskError) in
      try state.check(task)
      try state.detach(task)
    }
  }

  /// Blocks until a joinable task has ended, returns its result, and frees its record. The caller
  /// holds no spin lock.
  ///
  /// - Throws: `noSuchTask`, `notJoinable`, `deadlock`, `inInterrupt`, `preemptionLocked`;
  ///   `timedOut`, also for `noWait` when the task has not ended; `deleted` when the task was
  ///   deleted, and its record is freed then too.
  public func join(_ task: TaskNumber, _ timeout: Timeout = .forever) throws(TaskError) -> UInt32 {
    guard !Context.isInInterrupt else { throw .inInterrupt }
    return try withColdState { (state: inout State) throws(TaskError) -> UInt32 in
      try state.check(task)
      let me = Context.runningTask
      let end = state.tasks[task].outcome
      if let result = try state.join(task, by: me) {
        if end == .deleted { throw .deleted }
        return result
      }
      guard timeout != .noWait else { throw .timedOut }
      guard state.tasks[me].preemptionLocks == 0 else { throw .preemptionLocked }
      state.tasks[task].joining = .joined(by: me)
      state.beginWait(me, .join(task), timeout)
      Self.switchAway(&state)
      switch state.tasks[me].outcome {
      case .satisfied:
        return state.tasks[me].received
      case .timedOut:
        throw .timedOut
      case .deleted, .ownerDied, .notRecoverable:
        throw .deleted
      }
    }
  }
}
