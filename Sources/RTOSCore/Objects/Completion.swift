// SPDX-License-Identifier: Apache-2.0
/// A completion: tasks wait until an event has been reported once, several times, or for all.
public struct Completion: WaitedObject {
  /// The tasks that wait; empty while `done` is above 0. The first field.
  var waiters = WaitQueue()
  /// How many tasks may still proceed without waiting; `UInt32.max` means all.
  var done: UInt32 = 0

  /// A completion of which no event was reported yet.
  public init() {}
}

extension Scheduler {
  /// Blocks until the completion is done, and consumes one `complete`.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`, `deleted`.
  public func wait(for completion: ObjectHandle<Completion>, _ timeout: Timeout) throws(WaitError) {
    try wait { (state, me) throws(WaitError) in
      let done = state[completion].done
      if done > 0 {
        if done != .max { state[completion].done = done - 1 }
        return .satisfied
      }
      try state.checkMayBlock(me, timeout)
      state.beginWait(me, .plain(.completion), in: completion.queue, timeout)
      return nil
    }
  }

  /// Lets one task proceed: the most urgent waiter, or else the next task that waits. Callable from
  /// any context.
  public func complete(_ completion: ObjectHandle<Completion>) {
    withState { (state: inout State) in
      let first = state[completion].waiters.first
      if first != TaskRecord.none {
        state.endWait(first, .satisfied)
        Self.rescheduleIfNeeded(&state)
      } else if state[completion].done < .max - 1 {
        state[completion].done += 1
      }
    }
  }

  /// Lets all waiters proceed, and all tasks that wait later, until `reset`. Callable from any
  /// context.
  public func completeAll(_ completion: ObjectHandle<Completion>) {
    withState { (state: inout State) in
      state[completion].done = .max
      state.endAll(in: completion.queue, .satisfied)
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Makes tasks wait again. Callable from any context.
  public func reset(_ completion: ObjectHandle<Completion>) {
    withState { (state: inout State) in state[completion].done = 0 }
  }

  /// Wakes all waiters with `deleted`. Afterwards the memory may be reused.
  public func delete(_ completion: ObjectHandle<Completion>) { endAll(in: completion.queue) }
}
