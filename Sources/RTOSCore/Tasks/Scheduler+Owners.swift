// SPDX-License-Identifier: Apache-2.0
/// Tasks that belong to somebody outside of the scheduler: the threads of programs.
extension Scheduler {
  /// The word that `Context.runningOwner` has whenever `task` runs, and now if it runs now.
  public func setOwner(_ owner: UInt32, of task: TaskNumber) {
    withColdState { (state: inout State) in
      state.tasks[task.rawValue].owner = owner
      if task.rawValue == Context.runningTask { Context.runningOwner = owner }
    }
  }

  /// Lets `reschedule` say true for `task` before it returns to its program, and ends its `block`.
  /// From any context.
  public func attend(_ task: TaskNumber) {
    withColdState { (state: inout State) in
      state.tasks[task.rawValue].hasAttention = true
      if task.rawValue == Context.runningTask {
        Context.isRescheduleDue = true
        // An interrupt may come between its last look and its `block`, which must end, too.
        state.tasks[task.rawValue].hasWakePending = true
      } else if let cpu = state.elsewhere(task.rawValue, CPU.number) {
        state.summoned |= 1 &<< cpu
        Self.summon(&state)
      }
    }
    if task != current { wake(task) }
  }

  /// Ends the running task of a program. Its record and its stack stay until `takeDead`, which the
  /// next task on this CPU is asked for by `isRescheduleDue`.
  public func exitAndWait() -> Never {
    withColdState { (state: inout State) in
      let me = Context.runningTask
      state.tasks[me].isJoinable = true
      state.end(me, result: 0, .satisfied)
      state.deadCount += 1
      Context.isRescheduleDue = true
      Self.switchAway(&state)
    }
    preconditionFailure("a task that ended runs again")
  }

  /// Frees the record of a task that called `exitAndWait` and whose stack no CPU uses any more, after
  /// `release` has given the stack back. False when there is none.
  public func takeDead(release: (TaskNumber) -> Void) -> Bool {
    let found: UInt32? = withColdState { (state: inout State) in
      guard state.deadCount > 0 else { return nil }
      for task in 0..<state.tasks.count
      where state.tasks[task].state == .exited && state.tasks[task].isJoinable {
        guard state.tasks[task].owner != 0 else { continue }
        state.tasks[task].isJoinable = false  // Nobody else takes it now.
        state.deadCount -= 1
        return task
      }
      return nil
    }
    guard let found else { return false }
    release(TaskNumber(rawValue: found))
    discard(TaskNumber(rawValue: found))
    return true
  }

  /// Frees the record of a task that does not run and never will; its stack is gone already.
  public func discard(_ task: TaskNumber) {
    withColdState { (state: inout State) in state.discard(task.rawValue) }
  }
}
