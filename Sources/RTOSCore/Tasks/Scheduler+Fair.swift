// SPDX-License-Identifier: Apache-2.0
/// The fair level: when a task's turn ends, and which wake-up ends it early. The lock is held.
extension Scheduler {
  /// Charges the running task for its CPU time up to now, before it is queued.
  @inline(never)
  static func chargeShare(_ state: inout State) {
    state.chargeShare(of: Context.runningTask, at: Context.counter)
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
  static func endFairWait(_ task: TaskNumber, _ state: inout State) {
    let me = Context.runningTask
    // First, because a task that was alone until now owes the other one nothing.
    if !state.isParallel, state.tasks[me].urgency.isFair {
      state.chargeAlone(me, at: Context.counter)
    }
    let isOld = state.tasks[task].switches != 0
    state.endWait(task, .satisfied, isFirst: isOld)
    guard state.tasks[task].state == .ready else { return }
    if state.isParallel { return preemptAcross(task, &state) }
    if state.isBehind(task, running: me) {
      state.tasks[me].isSliceOver = true
    } else if state.tasks[me].urgency <= .fair {
      return
    }
    Context.isRescheduleDue = true
  }

  /// On a multiprocessor: preempts the task that runs on the CPU of `task`, which was woken.
  @inline(never)
  private static func preemptAcross(_ task: TaskNumber, _ state: inout State) {
    let cpu = state.tasks[task].cpu
    let running = state.runQueues[cpu].running
    if running != TaskRecord.none {
      state.chargeShare(of: running, at: Context.counter)
      if state.isBehind(task, running: running) {
        state.tasks[running].isSliceOver = true
        state.rescheduleTargets.insert(cpu)
      }
    }
    sendReschedules(&state)
  }
}
