// SPDX-License-Identifier: Apache-2.0
/// A lock for many readers or one writer. Waiters are admitted by urgency, so neither readers nor
/// writers starve the others. There is no priority inheritance, because the lock does not record
/// its readers.
@safe public struct ReadWriteLock {
  /// The tasks that wait. The first field.
  var waiters = WaitQueue()
  /// The number of readers that hold the lock.
  var readers: UInt32 = 0
  /// The task that holds the lock for writing, or `TaskRecord.none`.
  var writer = TaskRecord.none
  /// How many times the writer has locked it.
  var depth: UInt32 = 0

  /// A free lock.
  public init() {}

  // SAFETY: the queue is a lock's first field; the lock does not move, and the scheduler's lock is
  // held.
  /// Admits waiters in queue order: a writer if the lock is free, or the readers before the first
  /// writer.
  static func admit(in queue: UnsafeMutablePointer<WaitQueue>, _ set: inout TaskSet) {
    let lock = unsafe UnsafeMutableRawPointer(queue).assumingMemoryBound(to: ReadWriteLock.self)
    while unsafe !lock.pointee.waiters.isEmpty, unsafe lock.pointee.writer == TaskRecord.none {
      let first = unsafe lock.pointee.waiters.first
      if set.tasks[first].waitKind == .writing {
        guard unsafe lock.pointee.readers == 0 else { return }
        unsafe lock.pointee.writer = first
        unsafe lock.pointee.depth = 1
      } else {
        unsafe lock.pointee.readers += 1
      }
      set.tasks.dequeue(first)
      set.endWait(first, .satisfied)
    }
  }
}

// SAFETY: the handle's object does not move, and is accessed under the scheduler's lock.
extension Scheduler {
  /// Locks for reading. Blocks while a writer holds the lock or a waiter is at least as urgent as
  /// the caller.
  ///
  /// - Throws: `deadlock` for the writer, `overflow`, `inInterrupt`, `wouldBlock`,
  ///   `preemptionLocked`, `timedOut`, `deleted`.
  public func lockReading(_ lock: ObjectHandle<ReadWriteLock>, _ timeout: Timeout) throws(WaitError)
  {
    try wait { (state, me) throws(WaitError) in try state.read(lock, by: me, timeout) }
  }

  /// Locks for writing. Blocks until the lock is free; the writer itself may lock again. A reader
  /// must unlock first, because it would wait for itself.
  ///
  /// - Throws: `overflow`, `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`, `deleted`.
  public func lockWriting(_ lock: ObjectHandle<ReadWriteLock>, _ timeout: Timeout) throws(WaitError)
  {
    try wait { (state, me) throws(WaitError) in try state.write(lock, by: me, timeout) }
  }

  /// Unlocks once, as the writer or as a reader.
  ///
  /// - Throws: `inInterrupt`; `notOwner` if another task is the writer or no task holds the lock.
  public func unlock(_ lock: ObjectHandle<ReadWriteLock>) throws(WaitError) {
    guard !Context.isInInterrupt else { throw .inInterrupt }
    try signal { (state, me) throws(WaitError) in try state.unlock(lock, by: me) }
  }

  /// Wakes all waiters with `deleted`. Afterwards the memory may be reused.
  public func delete(_ lock: ObjectHandle<ReadWriteLock>) {
    withState { (state: inout State) in
      while unsafe !lock.object.pointee.waiters.isEmpty {
        let first = unsafe lock.object.pointee.waiters.first
        state.tasks.dequeue(first)
        state.endWait(first, .deleted)
      }
      Self.rescheduleIfNeeded(&state)
    }
  }
}

// SAFETY: the handle's object does not move, and the caller holds the scheduler's lock.
extension TaskSet {
  /// Locks for reading by `me`, or begins to wait and returns nil.
  mutating func read(
    _ lock: ObjectHandle<ReadWriteLock>, by me: UInt32, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    guard unsafe lock.object.pointee.writer != me else { throw .deadlock }
    let first = unsafe lock.object.pointee.waiters.first
    let isFirst = first == TaskRecord.none || tasks[me].urgency < tasks[first].urgency
    if isFirst, unsafe lock.object.pointee.writer == TaskRecord.none {
      guard unsafe lock.object.pointee.readers < .max else { throw .overflow }
      unsafe lock.object.pointee.readers += 1
      return .satisfied
    }
    try checkMayBlock(me, timeout)
    unsafe beginWait(me, .reading, in: lock.queue, timeout)
    return nil
  }

  /// Locks for writing by `me`, or begins to wait and returns nil.
  mutating func write(
    _ lock: ObjectHandle<ReadWriteLock>, by me: UInt32, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    if unsafe lock.object.pointee.writer == me {
      guard unsafe lock.object.pointee.depth < .max else { throw .overflow }
      unsafe lock.object.pointee.depth += 1
      return .satisfied
    }
    if unsafe lock.object.pointee.writer == TaskRecord.none, unsafe lock.object.pointee.readers == 0
    {
      unsafe lock.object.pointee.writer = me
      unsafe lock.object.pointee.depth = 1
      return .satisfied
    }
    try checkMayBlock(me, timeout)
    unsafe beginWait(me, .writing, in: lock.queue, timeout)
    return nil
  }

  /// Unlocks once, as the writer if that is `me`, otherwise as a reader.
  mutating func unlock(_ lock: ObjectHandle<ReadWriteLock>, by me: UInt32) throws(WaitError) {
    if unsafe lock.object.pointee.writer == me {
      unsafe lock.object.pointee.depth -= 1
      guard unsafe lock.object.pointee.depth == 0 else { return }
      unsafe lock.object.pointee.writer = TaskRecord.none
    } else {
      guard unsafe lock.object.pointee.readers > 0 else { throw .notOwner }
      unsafe lock.object.pointee.readers -= 1
    }
    unsafe ReadWriteLock.admit(in: lock.queue, &self)
  }
}
