/// The one way in which tasks wait for objects.
extension Scheduler {
  /// Tries something that may have to wait. `attempt` says what came of it at once, or begins a
  /// wait (`TaskSet.beginWait`) and returns nil; then the task stops here until the wait is ended.
  ///
  /// - Throws: `inInterrupt`; what `attempt` throws; `timedOut`, `deleted`, `notRecoverable` as the
  ///   wait ended.
  @discardableResult
  func wait(
    _ attempt: (inout TaskSet, UInt32) throws(WaitError) -> WaitOutcome?
  ) throws(WaitError) -> WaitOutcome {
    guard !Context.isInInterrupt else { throw .inInterrupt }
    let outcome = try withState { (state: inout State) throws(WaitError) -> WaitOutcome in
      let me = Context.runningTask
      if let outcome = try attempt(&state, me) {
        Self.settle(&state)
        return outcome
      }
      Self.switchAway(&state)
      return state.tasks[me].outcome
    }
    switch outcome {
    case .satisfied, .ownerDied:
      return outcome
    case .timedOut:
      throw .timedOut
    case .deleted:
      throw .deleted
    case .notRecoverable:
      throw .notRecoverable
    }
  }

  /// Does something that may make others ready, and gives way to them.
  @inline(__always)
  func signal<Result>(
    _ body: (inout TaskSet, UInt32) throws(WaitError) -> Result
  ) throws(WaitError) -> Result {
    try withState { (state: inout State) throws(WaitError) -> Result in
      let result = try body(&state, Context.runningTask)
      Self.settle(&state)
      return result
    }
  }
}
