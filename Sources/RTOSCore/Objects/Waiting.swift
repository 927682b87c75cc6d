// SPDX-License-Identifier: Apache-2.0
/// The one way in which tasks wait for objects.
extension Scheduler {
  /// Tries something that may have to wait. `attempt` says what came of it at once, or begins a
  /// wait (`TaskSet.beginWait`) and returns nil; then the task stops here until the wait is ended.
  /// What else comes of it stands in the task's `word`. `allowsInterrupt`: it will not wait.
  ///
  /// - Throws: `inInterrupt`; what `attempt` throws; `timedOut`, `deleted`, `notRecoverable` as the
  ///   wait ended.
  @discardableResult
  func wait(
    allowsInterrupt: Bool = false,
    _ attempt: (inout TaskSet, UInt32) throws(WaitError) -> WaitOutcome?
  ) throws(WaitError) -> (outcome: WaitOutcome, word: UInt32) {
    guard allowsInterrupt || !Context.isInInterrupt else { throw .inInterrupt }
    let end = try withState { (state: inout State) throws(WaitError) -> (WaitOutcome, UInt32) in
      let me = Context.runningTask
      if let outcome = try attempt(&state, me) {
        let word = state.tasks[me].word
        Self.settle(&state)
        return (outcome, word)
      }
      Self.switchAway(&state)
      return (state.tasks[me].outcome, state.tasks[me].word)
    }
    switch end.0 {
    case .satisfied, .ownerDied:
      return end
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
