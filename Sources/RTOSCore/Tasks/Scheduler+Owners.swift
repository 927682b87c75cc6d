// SPDX-License-Identifier: Apache-2.0
/// Tasks that run user threads. The scheduler stores an address space and one opaque owner word for
/// each.
extension Scheduler {
  /// Sets the address space to activate when `task` is switched in, and now if it runs; 0 for none.
  /// What its last program has published is forgotten.
  public func setAddressSpace(_ addressSpace: UInt64, of task: TaskNumber) {
    withColdState { (state: inout State) in
      let entry = state.tasks.find(task)
      let isFirst = entry.record.addressSpace == 0
      if state.isPublished, task == Context.runningTask { Self.endPublishing(&state) }
      entry.record.share.innerPriority = 0
      entry.record.addressSpace = addressSpace
      guard task == Context.runningTask else { return }
      // The task was switched in before it had an address space, thus without `willSwitchIn`.
      if isFirst {
        Context.willSwitchIn(
          task, ran: entry.record.cpuTime, since: entry.record.switchedInAt)
      }
      Context.activate(addressSpace: addressSpace)
    }
  }

  /// Sets the word that `Context.runningOwner` has whenever `task` runs, and now if it runs now.
  public func setOwner(_ owner: UInt32, of task: TaskNumber) {
    withColdState { (state: inout State) in
      state.tasks[task].owner = owner
      if task == Context.runningTask { Context.runningOwner = owner }
    }
  }

  /// Marks user-return work as pending: `reschedule` returns true for `task` before it returns to
  /// user mode, and its `block` ends. May be called from any context.
  public func requestUserReturnWork(_ task: TaskNumber) {
    withColdState { (state: inout State) in
      state.tasks[task].hasUserReturnWork = true
      if task == Context.runningTask {
        Context.isRescheduleDue = true
        // An interrupt may arrive after the task's last check and before its `block`, which must
        // end too.
        state.tasks[task].hasWakePending = true
      } else if let cpu = state.remoteCpu(task, CPU.number) {
        state.rescheduleTargets.insert(cpu)
        Self.sendReschedules(&state)
      }
    }
    if task != current { wake(task) }
  }

  /// The CPUs but the calling one; `ofOwnSpace`, only those whose task has the running task's address
  /// space. A CPU that switches to such a task later executes a memory barrier.
  public func otherProcessors(ofOwnSpace: Bool) -> CpuMask {
    withColdState { (state: inout State) in
      var others = state.cpus
      others.remove(CPU.number)
      guard ofOwnSpace else { return others }
      let space = state.tasks[Context.runningTask].addressSpace
      var rest = others
      while let cpu = rest.removeFirst() {
        if state.tasks[state.runQueues[cpu].running].addressSpace != space { others.remove(cpu) }
      }
      return others
    }
  }

  /// Reschedules in the middle of a long system call, when `isRescheduleDue` was set. User-return
  /// work stays due. The caller is a task that holds no spin lock.
  public func giveWay() {
    withColdState { (state: inout State) in
      Context.isRescheduleDue = false
      Self.rescheduleTurns(&state)
      if state.tasks[Context.runningTask].hasUserReturnWork { Context.isRescheduleDue = true }
    }
  }

  /// Ends the running task of a program. Its record and its stack stay until `reclaimDead`;
  /// `isRescheduleDue` makes the next task on this CPU call that. It does not return; only in tests
  /// without stacks does it, as the task that runs next.
  public func exitAndWait() {
    let me = Context.runningTask
    withColdState { (state: inout State) in
      state.tasks[me].joining = .joinable
      state.end(me, result: 0, .satisfied)
      state.deadCount += 1
      Context.isRescheduleDue = true
      Self.switchAway(&state)
    }
    precondition(Context.runningTask != me, "a task that ended runs again")
  }

  /// Reclaims one task that called `exitAndWait` and whose stack no CPU uses any more: calls
  /// `release` to free the stack, then frees the record. Returns false when there is no such task.
  public func reclaimDead(release: (TaskNumber) -> Void) -> Bool {
    // Without the lock: a CPU whose task ends calls this itself.
    guard contents.deadCount > 0 else { return false }
    let found: TaskNumber? = withColdState { (state: inout State) in
      guard state.deadCount > 0 else { return nil }
      for index in 0..<state.tasks.count {
        let task = TaskNumber(rawValue: index)
        guard state.tasks[task].state == .exited, state.tasks[task].joining == .joinable,
          state.tasks[task].owner != 0
        else { continue }
        state.tasks[task].joining = .detached  // No other caller takes it from here on.
        state.deadCount -= 1
        return task
      }
      return nil
    }
    guard let found else { return false }
    release(found)
    free(found)
    return true
  }

  /// Frees the record of a task that does not run and never will; its stack is already freed.
  public func free(_ task: TaskNumber) {
    withColdState { (state: inout State) in state.freeRecord(task) }
  }
}
