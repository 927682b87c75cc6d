// SPDX-License-Identifier: Apache-2.0
/// Counts what is to be had, and lets tasks wait for it; binary with a limit of 1.
@safe public struct Semaphore {
  /// Who waits; not while `count` is above 0. The first field.
  var waiters = WaitQueue()
  /// What is to be had at once.
  var count: UInt32
  /// How far it counts.
  let limit: UInt32

  /// LiteOS' `LOS_SEM_COUNT_MAX`.
  public static let mostCount: UInt32 = 0xfffe

  /// `count` is at most `limit`, and `limit` not 0.
  public init(count: UInt32, limit: UInt32 = mostCount) {
    precondition(count <= limit && limit > 0, "a semaphore counts further than its limit")
    (self.count, self.limit) = (count, limit)
  }
}

// SAFETY: the handle's object stays where it is, and is reached under the scheduler's lock.
extension Scheduler {
  /// Takes one, or waits for it.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`, `deleted`.
  public func take(_ semaphore: Fixed<Semaphore>, _ timeout: Timeout) throws(WaitError) {
    try wait { (state, me) throws(WaitError) in try state.take(semaphore, by: me, timeout) }
  }

  /// Gives one: to the most urgent who waits, else to whoever comes. From any context.
  ///
  /// - Throws: `overflow` at the limit.
  public func give(_ semaphore: Fixed<Semaphore>) throws(WaitError) {
    let interrupts = enter()
    let isGiven = Self.give(semaphore, &contents)
    leave(interrupts)
    if !isGiven { throw .overflow }
  }

  /// Gives one to the most urgent who waits, and gives way to it, else to whoever comes; false at the
  /// limit. The caller holds the lock.
  @inline(__always)
  static func give(_ semaphore: Fixed<Semaphore>, _ state: inout State) -> Bool {
    let first = unsafe semaphore.place.pointee.waiters.first
    if first != TaskRecord.none {
      endWait(first, .satisfied, &state)
      return true
    }
    let count = unsafe semaphore.place.pointee.count
    guard unsafe count < semaphore.place.pointee.limit else { return false }
    unsafe semaphore.place.pointee.count = count &+ 1  // Wrapping: it is below a limit.
    return true
  }

  /// What could be taken at once.
  public func count(of semaphore: Fixed<Semaphore>) -> UInt32 {
    withState { (_: inout State) in unsafe semaphore.place.pointee.count }
  }

  /// Wakes all who wait, with `deleted`; afterwards the memory may be used for something else.
  public func delete(_ semaphore: Fixed<Semaphore>) { unsafe endAll(in: semaphore.queue) }

  /// Wakes all in a queue whose object is going.
  func endAll(in queue: UnsafeMutablePointer<WaitQueue>) {
    withState { (state: inout State) in
      unsafe state.endAll(in: queue, .deleted)
      Self.settle(&state)
    }
  }
}

// SAFETY: the handle's object stays where it is; the caller holds the scheduler's lock.
extension TaskSet {
  /// Takes one for `me`, or begins to wait for it (nil).
  @inline(__always)
  mutating func take(
    _ semaphore: Fixed<Semaphore>, by me: UInt32, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    if unsafe semaphore.place.pointee.count > 0 {
      unsafe semaphore.place.pointee.count -= 1
      return .satisfied
    }
    try checkMayWait(me, timeout)
    unsafe beginWait(me, .semaphore, in: semaphore.queue, timeout)
    return nil
  }
}
