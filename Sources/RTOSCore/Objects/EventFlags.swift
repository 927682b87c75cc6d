// SPDX-License-Identifier: Apache-2.0
/// A set of 32 event bits, and the tasks that wait for some of them.
public struct EventFlags: WaitedObject {
  /// Which bits of its mask a task waits for.
  public enum Mode: UInt32, Sendable {
    /// Any one of them.
    case any = 0
    /// All of them.
    case all = 1
  }

  /// The tasks that wait. The first field.
  var waiters = WaitQueue()
  /// The bits that are set.
  var bits: UInt32 = 0

  /// An event set with no bit set.
  public init() {}

  /// The set bits of `mask` if they satisfy a wait in this mode, otherwise 0.
  static func match(_ bits: UInt32, _ mask: UInt32, _ mode: UInt32) -> UInt32 {
    let found = bits & mask
    return mode & Mode.all.rawValue != 0 && found != mask ? 0 : found
  }

  /// A flag in a task's `mode`: the bits that satisfy the task are cleared.
  static let clears: UInt32 = 2
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
    return try wait { (state, me) throws(WaitError) in
      let found = EventFlags.match(state[events].bits, mask, mode.rawValue)
      if found != 0 {
        if clears { state[events].bits &= ~found }
        state.tasks[me].word = found
        return .satisfied
      }
      try state.checkMayBlock(me, timeout)
      state.tasks[me].word = mask
      state.tasks[me].mode = mode.rawValue | (clears ? EventFlags.clears : 0)
      state.beginWait(me, .event, in: events.queue, timeout)
      return nil
    }.word
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
        let mode = state.tasks[task].mode
        let found = EventFlags.match(bits, state.tasks[task].word, mode)
        if found != 0 {
          if mode & EventFlags.clears != 0 { taken |= found }
          state.tasks[task].word = found
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
