/// What ticks do to tasks: timeouts, slices, budgets.
extension TaskSet {
  /// Counts ticks up to `tick` and serves the timeouts that are due. Waits for one tick end in the
  /// order in which they began.
  @inline(__always)
  mutating func advance(to tick: UInt64) {
    now = tick
    while let task = timeouts.takeExpired(at: tick) { expire(task) }
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
    20 - ready.count(of: tasks[task].priority, upTo: 20, in: tasks) * 15 / 20
  }

  /// True when a task of the same urgency is ready, or a more urgent one.
  private mutating func hasPeer(_ running: UInt32) -> Bool {
    ready.mostUrgent(in: tasks) <= tasks[running].urgency
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
