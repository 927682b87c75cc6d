// SPDX-License-Identifier: Apache-2.0
/// A condition variable: tasks release a mutex and wait until the state that it protects changes.
public struct ConditionVariable: WaitedObject {
  /// The tasks that wait. The first field.
  var waiters = WaitQueue()

  /// A condition variable without waiters.
  public init() {}
}

extension Scheduler {
  /// Unlocks `mutex` completely, however many times it was locked, and waits for `signal`. Both
  /// happen atomically, so no signal is lost. Afterwards the mutex is locked as many times as
  /// before, also after `timedOut` and `deleted`; the wait for the mutex has no timeout.
  ///
  /// - Returns: `satisfied`, or `ownerDied`: the mutex is locked, but its previous owner died.
  /// - Throws: `inInterrupt`, `notOwner`, `wouldBlock`, `preemptionLocked`: the mutex is still
  ///   locked; `timedOut`, `deleted`: it is locked again; `notRecoverable`: it is not locked.
  @discardableResult
  public func wait(
    for condition: ObjectHandle<ConditionVariable>, _ mutex: ObjectHandle<Mutex>, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome {
    let end = try wait { (state, me) throws(WaitError) in
      guard state[mutex].owner == me else { throw .notOwner }
      try state.checkMayBlock(me, timeout)
      let wait = Wait.condition(mutex, depth: state[mutex].depth)
      state.release(mutex)
      state.beginWait(me, wait, in: condition.queue, timeout)
      return nil
    }
    return end.outcome
  }

  /// Wakes the most urgent waiter; it proceeds once it holds its mutex. Callable from any context.
  public func signal(_ condition: ObjectHandle<ConditionVariable>) {
    withState { (state: inout State) in
      let first = state[condition].waiters.first
      guard first != TaskRecord.none else { return }
      state.relockAfterCondition(first, .satisfied)
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Wakes all waiters; each proceeds once it holds its mutex. Callable from any context.
  public func broadcast(_ condition: ObjectHandle<ConditionVariable>) {
    relockAll(condition, .satisfied)
  }

  /// Wakes all waiters with `deleted`; each proceeds once it holds its mutex.
  public func delete(_ condition: ObjectHandle<ConditionVariable>) {
    relockAll(condition, .deleted)
  }

  private func relockAll(_ condition: ObjectHandle<ConditionVariable>, _ outcome: WaitOutcome) {
    withState { (state: inout State) in
      while !state[condition].waiters.isEmpty {
        state.relockAfterCondition(state[condition].waiters.first, outcome)
      }
      Self.rescheduleIfNeeded(&state)
    }
  }
}
