// SPDX-License-Identifier: Apache-2.0
/// The fair level: when a task's turn ends, and which wake-up ends it early. The lock is held.
extension Scheduler {
  /// Charges the running task for its CPU time up to now, before it is queued.
  @inline(never)
  static func chargeShare(_ state: inout State) {
    state.chargeShareCold(of: Context.runningTask, at: Context.counter)
  }

  /// Charges the running task, which shares fairly, before it is queued, and places it after `peer`
  /// if that does, too.
  @inline(never)
  static func passTurn(to peer: TaskNumber, _ state: inout State) {
    let me = Context.runningTask
    chargeShare(&state)
    if state.isPublished { copyPublished(&state) }
    guard state.tasks[peer].urgency.isFair else { return }
    state.tasks[me].share.time = max(state.tasks[me].share.time, state.tasks[peer].share.time)
  }

  /// Called at a tick for the running task, which shares fairly. Returns true if its turn is over:
  /// it had a turn, and a task that has had less of its share is ready.
  @inline(never)
  static func endsTurn(_ state: inout State) -> Bool {
    state.endsTurn(of: Context.runningTask, on: CPU.number, at: Context.counter)
  }

  /// Wakes `task`, which is blocked and shares fairly. It is queued before the others of its
  /// virtual time unless it is new. The task that runs on its CPU is preempted at the return to
  /// user mode if it is less urgent, or has had clearly more of its share.
  @inline(never)
  static func endFairWait(_ task: TaskReference, _ state: inout State) {
    let me = state.tasks.find(Context.runningTask)
    // First, because a task that was alone until now owes the other one nothing.
    if !state.isParallel, me.record.urgency.isFair {
      state.chargeAlone(me, at: Context.counter)
    }
    if case .proxy = task.record.wait { state.leaveQueue(task.number) }
    state.endUnqueuedWait(task, .satisfied)
    state.makeReady(task, isFirst: task.record.switches != 0)
    guard task.record.state == .ready else { return }
    if state.isParallel { return preemptAcross(task, &state) }
    if state.isBehind(task, running: me) {
      me.record.isSliceOver = true
    } else if me.record.urgency <= .fair {
      return
    }
    Context.isRescheduleDue = true
  }

  /// On a multiprocessor: preempts the task that runs on the CPU of `task`, which was woken.
  @inline(never)
  private static func preemptAcross(_ task: TaskReference, _ state: inout State) {
    let cpu = task.record.cpu
    if state.runQueues[cpu].running != TaskRecord.none {
      let running = state.tasks.find(state.runQueues[cpu].running)
      state.chargeShareCold(of: running.number, at: Context.counter)
      if state.isBehind(task, running: running) {
        running.record.isSliceOver = true
        state.rescheduleTargets.insert(cpu)
      }
    }
    sendReschedules(&state)
  }
}
