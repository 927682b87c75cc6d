// SPDX-License-Identifier: Apache-2.0
/// The effects of ticks on tasks: timeouts, slices, budgets.
extension TaskSet {
  /// Sets the time to `tick` and ends the waits whose timeouts have expired, those that expire at
  /// one tick in the order in which they began. Samples the load if that is due; the tick
  /// interrupted `task`.
  @inline(__always)
  mutating func advance(to tick: UInt64, in task: TaskNumber) {
    now = tick
    while let task = timeouts.takeExpired(at: tick) { expire(TaskNumber(rawValue: task)) }
    if load.isDue(at: tick) { sampleLoad(isIdle: tasks[task].isIdle) }
  }

  /// Returns the ticks up to `now` that CPU `cpu` has not charged to a task yet, and marks them as
  /// charged.
  @inline(__always)
  mutating func takeUncharged(on cpu: UInt32) -> UInt32 {
    // Wrapping: time does not go back, and no CPU idles for 2^32 ticks unnoticed.
    let elapsed = UInt32(truncatingIfNeeded: now &- runQueues[cpu].charged)
    runQueues[cpu].charged = now
    return elapsed
  }

  /// Charges `elapsed` ticks to the task that runs on this CPU.
  ///
  /// - Returns: true when its slice or its budget is used up and it should yield.
  @inline(__always)
  mutating func charge(_ elapsed: UInt32, to running: TaskNumber) -> Bool {
    tasks[running].ticks += UInt64(word: elapsed)
    switch tasks[running].policy {
    case .fifo:
      return false
    case .roundRobin:
      guard !tasks[running].urgency.isFair else { return false }  // `endsTurn` decides.
      let begun = tasks[running].slice
      let slice = begun == 0 ? sliceLength(of: running) : begun
      tasks[running].slice = slice > elapsed ? slice - elapsed : 0
      guard slice <= elapsed, hasPeer(running) else { return false }
      tasks[running].isSliceOver = true
      return true
    case .deadline:
      return chargeBudget(elapsed, to: running)
    }
  }

  /// Returns the length of a new slice in ticks: 20 when no other task is ready at its priority,
  /// down to 5 with 20 others (LiteOS' range).
  mutating func sliceLength(of task: TaskNumber) -> UInt32 {
    20 - runQueues[tasks[task].cpu].ready.count(of: tasks[task].level.level, upTo: 20, in: tasks)
      * 15
      / 20
  }

  /// Ends a wait whose timeout has expired.
  @inline(never)
  private mutating func expire(_ task: TaskNumber) {
    switch tasks[task].wait {
    case .condition:
      relockAfterCondition(task, .timedOut)
    case .plain(.delay):
      endWait(task, .satisfied)
    case .plain(.period):
      replenish(task)
      endWait(task, .satisfied)
    case .join:
      cancelJoin(by: task)
      endWait(task, .timedOut)
    default:
      endWait(task, .timedOut)
    }
  }
}
