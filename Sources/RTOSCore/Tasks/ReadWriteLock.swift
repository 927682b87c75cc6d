// SPDX-License-Identifier: Apache-2.0
/// A lock for many readers or one writer. Waiters are admitted by urgency, so neither readers nor
/// writers starve the others. There is no priority inheritance, because the lock does not record
/// its readers.
public struct ReadWriteLock: WaitedObject {
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
}

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
      while !state[lock].waiters.isEmpty {
        let first = state[lock].waiters.first
        state.dequeue(first)
        state.endWait(first, .deleted)
      }
      Self.rescheduleIfNeeded(&state)
    }
  }
}

extension TaskSet {
  /// Locks for reading by `me`, or begins to wait and returns nil.
  mutating func read(
    _ lock: ObjectHandle<ReadWriteLock>, by me: TaskNumber, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    guard self[lock].writer != me else { throw .deadlock }
    let first = self[lock].waiters.first
    let isFirst = first == TaskRecord.none || tasks[me].urgency < tasks[first].urgency
    if isFirst, self[lock].writer == TaskRecord.none {
      guard self[lock].readers < .max else { throw .overflow }
      self[lock].readers += 1
      return .satisfied
    }
    try checkMayBlock(me, timeout)
    beginWait(me, .plain(.reading), in: lock.queue, timeout)
    return nil
  }

  /// Locks for writing by `me`, or begins to wait and returns nil.
  mutating func write(
    _ lock: ObjectHandle<ReadWriteLock>, by me: TaskNumber, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    if self[lock].writer == me {
      guard self[lock].depth < .max else { throw .overflow }
      self[lock].depth += 1
      return .satisfied
    }
    if self[lock].writer == TaskRecord.none, self[lock].readers == 0 {
      self[lock].writer = me
      self[lock].depth = 1
      return .satisfied
    }
    try checkMayBlock(me, timeout)
    beginWait(me, .writing(lock), in: lock.queue, timeout)
    return nil
  }

  /// Unlocks once, as the writer if that is `me`, otherwise as a reader.
  mutating func unlock(_ lock: ObjectHandle<ReadWriteLock>, by me: TaskNumber) throws(WaitError) {
    if self[lock].writer == me {
      self[lock].depth -= 1
      guard self[lock].depth == 0 else { return }
      self[lock].writer = TaskRecord.none
    } else {
      guard self[lock].readers > 0 else { throw .notOwner }
      self[lock].readers -= 1
    }
    admit(to: lock)
  }

  /// Admits waiters in queue order: a writer if the lock is free, or the readers before the first
  /// writer.
  mutating func admit(to lock: ObjectHandle<ReadWriteLock>) {
    while !self[lock].waiters.isEmpty, self[lock].writer == TaskRecord.none {
      let first = self[lock].waiters.first
      if case .writing = tasks[first].wait {
        guard self[lock].readers == 0 else { return }
        self[lock].writer = first
        self[lock].depth = 1
      } else {
        self[lock].readers += 1
      }
      dequeue(first)
      endWait(first, .satisfied)
    }
  }
}
