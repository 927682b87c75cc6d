// SPDX-License-Identifier: Apache-2.0
/// Wake-ups of tasks that are in `block`.
extension Scheduler {
  /// Wakes a task that is in `block`, also if it waits there for a mutex. The next `block` of a
  /// task that is in none returns at once. May be called from interrupts and under other locks,
  /// because it never switches by itself.
  public func wake(_ task: TaskNumber) {
    withState { (state: inout State) in Self.wake(task, &state) }
  }

  /// Wakes a task as `wake` does. On one CPU, the caller switches at once to a task with a level
  /// that is more urgent than all others, which then is in no ready queue. The caller is a task
  /// that holds no spin lock.
  public func wakeAndSwitch(_ task: TaskNumber) {
    withColdState { (state: inout State) in
      let (woken, me) = (state.tasks.find(task), state.tasks.find(Context.runningTask))
      guard !state.isParallel, woken.record.state == .blocked,
        case .plain(.wake) = woken.record.wait, woken.record.urgency < me.record.urgency,
        !woken.record.urgency.isFair, state.runQueues[0].ready.isMostUrgent(woken),
        woken.record.stop == .none, me.record.preemptionLocks == 0
      else { return Self.wake(task, &state) }
      state.endUnqueuedWait(woken, .satisfied)
      #if DEBUG
        Trace.woke(task)
      #endif
      Self.requeueFirst(&state)
      Self.run(woken, after: me, &state)
    }
  }

  /// `wake`, under the lock.
  @inline(never)
  private static func wake(_ task: TaskNumber, _ state: inout State) {
    let woken = state.tasks.find(task)
    switch woken.record.state {
    case .blocked:
      switch woken.record.wait {
      case .plain(.wake), .proxy: break
      default: return woken.record.hasWakePending = true
      }
      if woken.record.urgency.isFair { return endFairWait(woken, &state) }
      state.endWait(task, .satisfied)
      if state.isParallel {
        sendReschedules(&state)
      } else if woken.record.state == .ready,
        woken.record.urgency < state.tasks[Context.runningTask].urgency
      {
        Context.isRescheduleDue = true
      }
    case .ready, .running, .suspended:
      woken.record.hasWakePending = true
    case .free, .exited:
      break
    }
  }
}
