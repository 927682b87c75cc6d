// SPDX-License-Identifier: Apache-2.0
/// A counting semaphore, binary with a limit of 1.
public struct Semaphore: WaitedObject {
  /// The tasks that wait; empty while `count` is above 0. The first field.
  var waiters = WaitQueue()
  /// The current count: how many times the semaphore can be taken without waiting.
  var count: UInt32
  /// The maximum count.
  let limit: UInt32

  /// LiteOS' `LOS_SEM_COUNT_MAX`.
  public static let mostCount: UInt32 = 0xfffe

  /// A semaphore with an initial count, which is at most `limit`. `limit` is not 0.
  public init(count: UInt32, limit: UInt32 = mostCount) {
    precondition(count <= limit && limit > 0, "a semaphore's count exceeds its limit")
    (self.count, self.limit) = (count, limit)
  }
}

extension Scheduler {
  /// Decrements the count, or blocks until the semaphore is given.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`, `deleted`.
  public func take(_ semaphore: ObjectHandle<Semaphore>, _ timeout: Timeout) throws(WaitError) {
    try wait { (state, me) throws(WaitError) in try state.take(semaphore, by: me, timeout) }
  }

  /// Passes one unit to the most urgent waiter, or else increments the count. Callable from any
  /// context.
  ///
  /// - Throws: `overflow` at the limit.
  public func give(_ semaphore: ObjectHandle<Semaphore>) throws(WaitError) {
    let interrupts = acquireLock()
    let isGiven = Self.give(semaphore, &contents)
    releaseLock(interrupts)
    if !isGiven { throw .overflow }
  }

  /// Passes one unit to the most urgent waiter and reschedules if needed, or else increments the
  /// count. Returns false at the limit. The caller holds the lock.
  @inline(__always)
  static func give(_ semaphore: ObjectHandle<Semaphore>, _ state: inout State) -> Bool {
    let first = state[semaphore].waiters.first
    if first != TaskRecord.none {
      endWait(first, .satisfied, &state)
      return true
    }
    let count = state[semaphore].count
    guard count < state[semaphore].limit else { return false }
    state[semaphore].count = count &+ 1  // Wrapping: it is below a limit.
    return true
  }

  /// The current count.
  public func count(of semaphore: ObjectHandle<Semaphore>) -> UInt32 {
    withState { (state: inout State) in state[semaphore].count }
  }

  /// Wakes all waiters with `deleted`. Afterwards the memory may be reused.
  public func delete(_ semaphore: ObjectHandle<Semaphore>) { endAll(in: semaphore.queue) }

  /// Wakes all waiters of an object that is being deleted.
  func endAll(in queue: ObjectHandle<WaitQueue>) {
    withState { (state: inout State) in
      state.endAll(in: queue, .deleted)
      Self.rescheduleIfNeeded(&state)
    }
  }
}

extension TaskSet {
  /// Decrements the count for `me`, or begins to wait and returns nil.
  @inline(__always)
  mutating func take(
    _ semaphore: ObjectHandle<Semaphore>, by me: TaskNumber, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    if self[semaphore].count > 0 {
      self[semaphore].count -= 1
      return .satisfied
    }
    try checkMayBlock(me, timeout)
    beginWait(me, .plain(.semaphore), in: semaphore.queue, timeout)
    return nil
  }
}
