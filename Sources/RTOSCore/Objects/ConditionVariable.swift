// SPDX-License-Identifier: Apache-2.0
/// Lets tasks wait, outside of a mutex, for something that the mutex guards to change.
@safe public struct ConditionVariable {
  /// Who waits. The first field.
  var waiters = WaitQueue()

  /// Nobody waits.
  public init() {}
}

// SAFETY: the handles' objects stay where they are, and are reached under the scheduler's lock.
extension Scheduler {
  /// Unlocks `mutex`, however often it was locked, and waits for `signal`; both at once, so that
  /// no signal is lost between them. Afterwards the mutex is locked as before, also after
  /// `timedOut` and `deleted`; waiting for it again has no limit.
  ///
  /// - Returns: as `lock`.
  /// - Throws: `inInterrupt`, `notOwner`, `wouldBlock`, `preemptionLocked`: the mutex is still
  ///   locked; `timedOut`, `deleted`: it is locked again; `notRecoverable`: it is not.
  @discardableResult
  public func wait(
    for condition: Fixed<ConditionVariable>, _ mutex: Fixed<Mutex>, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome {
    let end = try wait { (state, me) throws(WaitError) in
      guard unsafe mutex.place.pointee.owner == me else { throw .notOwner }
      try state.checkMayWait(me, timeout)
      state.tasks[me].word = unsafe mutex.place.pointee.depth
      unsafe state.tasks[me].operand = UnsafeMutableRawPointer(mutex.place)
      unsafe state.release(mutex.place)
      unsafe state.beginWait(me, .condition, in: condition.queue, timeout)
      return nil
    }
    return end.outcome
  }

  /// Lets the most urgent who waits go on as soon as it has its mutex. From any context.
  public func signal(_ condition: Fixed<ConditionVariable>) {
    withState { (state: inout State) in
      let first = unsafe condition.place.pointee.waiters.first
      guard first != TaskRecord.none else { return }
      state.relockAfterCondition(first, .satisfied)
      Self.settle(&state)
    }
  }

  /// Lets all who wait go on, each as soon as it has its mutex. From any context.
  public func broadcast(_ condition: Fixed<ConditionVariable>) {
    relockAll(condition, .satisfied)
  }

  /// Wakes all who wait, with `deleted`; each has its mutex again when it goes on.
  public func delete(_ condition: Fixed<ConditionVariable>) { relockAll(condition, .deleted) }

  private func relockAll(_ condition: Fixed<ConditionVariable>, _ outcome: WaitOutcome) {
    withState { (state: inout State) in
      while unsafe !condition.place.pointee.waiters.isEmpty {
        unsafe state.relockAfterCondition(condition.place.pointee.waiters.first, outcome)
      }
      Self.settle(&state)
    }
  }
}
