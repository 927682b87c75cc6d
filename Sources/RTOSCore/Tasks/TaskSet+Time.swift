// SPDX-License-Identifier: Apache-2.0
/// What ticks do to tasks: timeouts, slices, budgets.
extension TaskSet {
  /// Counts ticks up to `tick` and serves the timeouts that are due. Waits for one tick end in the
  /// order in which they began.
  @inline(__always)
  mutating func advance(to tick: UInt64) {
    now = tick
    while let task = timeouts.takeExpired(at: tick) { expire(task) }
  }

  /// The ticks up to `now` that CPU `cpu` has not charged to anybody; they count as charged.
  @inline(__always)
  mutating func takeUncharged(on cpu: UInt32) -> UInt32 {
    // Wrapping: time does not go back, and nobody idles for 2^32 ticks unnoticed.
    let elapsed = UInt32(truncatingIfNeeded: now &- lanes[Int(cpu)].charged)
    lanes[Int(cpu)].charged = now
    return elapsed
  }

  /// Charges `elapsed` ticks to the task that runs on this CPU.
  ///
  /// - Returns: true when its slice or its budget is used up and it should give way.
  @inline(__always)
  mutating func charge(_ elapsed: UInt32, to running: UInt32) -> Bool {
    tasks[running].ticks += UInt64(word: elapsed)
    switch tasks[running].policy {
    case .fifo:
      return false
    case .roundRobin:
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

  /// A slice for a task that begins one: 20 ticks alone, down to 5 when 20 others are ready at its
  /// priority (LiteOS' range).
  mutating func sliceLength(of task: UInt32) -> UInt32 {
    20 - lanes[Int(tasks[task].cpu)].ready.count(of: tasks[task].priority, upTo: 20, in: tasks) * 15
      / 20
  }

  /// Ends a wait whose ticks ran out.
  @inline(never)
  private mutating func expire(_ task: UInt32) {
    switch tasks[task].waitKind {
    case .condition:
      relockAfterCondition(task, .timedOut)
    case .delay:
      endWait(task, .satisfied)
    case .period:
      replenish(task)
      endWait(task, .satisfied)
    case .join:
      forgetJoin(by: task)
      endWait(task, .timedOut)
    default:
      endWait(task, .timedOut)
    }
  }
}
