// SPDX-License-Identifier: Apache-2.0
/// A set of 32 event bits, and the tasks that wait for some of them.
public struct EventFlags: WaitedObject {
  /// Which bits of its mask a task waits for.
  public typealias Mode = WantedEvents.Mode

  /// The tasks that wait. The first field.
  var waiters = WaitQueue()
  /// The bits that are set.
  var bits: UInt32 = 0

  /// An event set with no bit set.
  public init() {}
}

extension Scheduler {
  /// Blocks until bits of `mask` are set as `mode` requires, and clears them if `clears`.
  ///
  /// - Returns: the bits of `mask` that were set.
  /// - Throws: `invalid` for an empty mask, `inInterrupt`, `wouldBlock`, `preemptionLocked`,
  ///   `timedOut`, `deleted`.
  public func read(
    _ events: ObjectHandle<EventFlags>, _ mask: UInt32, _ mode: EventFlags.Mode, clears: Bool,
    _ timeout: Timeout
  ) throws(WaitError) -> UInt32 {
    guard mask != 0 else { throw .invalid }
    let wanted = WantedEvents(mask: mask, mode: mode, clears: clears)
    return try wait { (state, me) throws(WaitError) in
      let found = wanted.match(state[events].bits)
      if found != 0 {
        if clears { state[events].bits &= ~found }
        state.tasks[me].received = found
        return .satisfied
      }
      try state.checkMayBlock(me, timeout)
      state.beginWait(me, .event(wanted), in: events.queue, timeout)
      return nil
    }.received
  }

  /// Sets bits and wakes all waiters that they satisfy. Every waiter sees all the bits; bits that
  /// one of them clears are cleared after the last was checked. Callable from any context.
  public func write(_ events: ObjectHandle<EventFlags>, _ bits: UInt32) {
    withState { (state: inout State) in
      state[events].bits |= bits
      let bits = state[events].bits
      var taken: UInt32 = 0
      var task = state[events].waiters.first
      while task != TaskRecord.none {
        let next = state.tasks[task].next
        if case .event(let wanted) = state.tasks[task].wait, wanted.match(bits) != 0 {
          let found = wanted.match(bits)
          if wanted.clears { taken |= found }
          state.tasks[task].received = found
          state.endWait(task, .satisfied)
        }
        task = next
      }
      state[events].bits &= ~taken
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// Clears bits. Callable from any context.
  public func clear(_ events: ObjectHandle<EventFlags>, _ bits: UInt32) {
    withState { (state: inout State) in state[events].bits &= ~bits }
  }

  /// The bits that are set.
  public func bits(of events: ObjectHandle<EventFlags>) -> UInt32 {
    withState { (state: inout State) in state[events].bits }
  }

  /// Wakes all waiters with `deleted`. Afterwards the memory may be reused.
  public func delete(_ events: ObjectHandle<EventFlags>) { endAll(in: events.queue) }
}
