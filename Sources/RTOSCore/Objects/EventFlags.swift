// SPDX-License-Identifier: Apache-2.0
/// 32 bits, and tasks that wait for some of them.
@safe public struct EventFlags {
  /// How a task waits for bits.
  public enum Mode: UInt32, Sendable {
    /// One of them is enough.
    case any = 0
    /// All of them.
    case all = 1
  }

  /// Who waits. The first field.
  var waiters = WaitQueue()
  /// The bits that are set.
  var bits: UInt32 = 0

  /// No bit is set.
  public init() {}

  /// The bits of `mask` that satisfy who waits for it; 0 when they do not.
  static func match(_ bits: UInt32, _ mask: UInt32, _ mode: UInt32) -> UInt32 {
    let found = bits & mask
    return mode & Mode.all.rawValue != 0 && found != mask ? 0 : found
  }

  /// In a task's `mode`: the bits that it got are taken away.
  static let clears: UInt32 = 2
}

// SAFETY: the handle's object stays where it is, and is reached under the scheduler's lock.
extension Scheduler {
  /// Waits until bits of `mask` are set, and takes them away if `clears`.
  ///
  /// - Returns: those bits of `mask` that were set.
  /// - Throws: `invalid` for an empty mask, `inInterrupt`, `wouldBlock`, `preemptionLocked`,
  ///   `timedOut`, `deleted`.
  public func read(
    _ events: Fixed<EventFlags>, _ mask: UInt32, _ mode: EventFlags.Mode, clears: Bool,
    _ timeout: Timeout
  ) throws(WaitError) -> UInt32 {
    guard mask != 0 else { throw .invalid }
    return try wait { (state, me) throws(WaitError) in
      let found = unsafe EventFlags.match(events.place.pointee.bits, mask, mode.rawValue)
      if found != 0 {
        if clears { unsafe events.place.pointee.bits &= ~found }
        state.tasks[me].word = found
        return .satisfied
      }
      try state.checkMayWait(me, timeout)
      state.tasks[me].word = mask
      state.tasks[me].mode = mode.rawValue | (clears ? EventFlags.clears : 0)
      unsafe state.beginWait(me, .event, in: events.queue, timeout)
      return nil
    }.word
  }

  /// Sets bits and lets all go on who have what they wait for now. They all see the bits; what
  /// one of them takes away is gone for those that come later. From any context.
  public func write(_ events: Fixed<EventFlags>, _ bits: UInt32) {
    withState { (state: inout State) in
      unsafe events.place.pointee.bits |= bits
      let bits = unsafe events.place.pointee.bits
      var taken: UInt32 = 0
      var task = unsafe events.place.pointee.waiters.first
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
      unsafe events.place.pointee.bits &= ~taken
      Self.settle(&state)
    }
  }

  /// Takes bits away. From any context.
  public func clear(_ events: Fixed<EventFlags>, _ bits: UInt32) {
    withState { (_: inout State) in unsafe events.place.pointee.bits &= ~bits }
  }

  /// The bits that are set.
  public func bits(of events: Fixed<EventFlags>) -> UInt32 {
    withState { (_: inout State) in unsafe events.place.pointee.bits }
  }

  /// Wakes all who wait, with `deleted`; afterwards the memory may be used for something else.
  public func delete(_ events: Fixed<EventFlags>) { unsafe endAll(in: events.queue) }
}
