// SPDX-License-Identifier: Apache-2.0
/// Something that is done once, or several times, and tasks that wait for it.
@safe public struct Completion {
  /// Who waits; not while `done` is above 0. The first field.
  var waiters = WaitQueue()
  /// How many may still go on without waiting; `UInt32.max` is all.
  var done: UInt32 = 0

  /// Nothing is done.
  public init() {}
}

// SAFETY: the handle's object stays where it is, and is reached under the scheduler's lock.
extension Scheduler {
  /// Waits until it is done.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`, `deleted`.
  public func wait(for completion: Fixed<Completion>, _ timeout: Timeout) throws(WaitError) {
    try wait { (state, me) throws(WaitError) in
      let done = unsafe completion.place.pointee.done
      if done > 0 {
        if done != .max { unsafe completion.place.pointee.done = done - 1 }
        return .satisfied
      }
      try state.checkMayWait(me, timeout)
      unsafe state.beginWait(me, .completion, in: completion.queue, timeout)
      return nil
    }
  }

  /// It is done for one: the most urgent who waits, or the next who comes. From any context.
  public func complete(_ completion: Fixed<Completion>) {
    withState { (state: inout State) in
      let first = unsafe completion.place.pointee.waiters.first
      if first != TaskRecord.none {
        state.endWait(first, .satisfied)
        Self.settle(&state)
      } else if unsafe completion.place.pointee.done < .max - 1 {
        unsafe completion.place.pointee.done += 1
      }
    }
  }

  /// It is done for all who wait and all who come, until `reset`. From any context.
  public func completeAll(_ completion: Fixed<Completion>) {
    withState { (state: inout State) in
      unsafe completion.place.pointee.done = .max
      unsafe state.endAll(in: completion.queue, .satisfied)
      Self.settle(&state)
    }
  }

  /// It is not done any more. From any context.
  public func reset(_ completion: Fixed<Completion>) {
    withState { (_: inout State) in unsafe completion.place.pointee.done = 0 }
  }

  /// Wakes all who wait, with `deleted`; afterwards the memory may be used for something else.
  public func delete(_ completion: Fixed<Completion>) { unsafe endAll(in: completion.queue) }
}
