// SPDX-License-Identifier: Apache-2.0
/// Lets many readers in, or one writer. Those who wait get in by urgency, so that neither side can
/// keep the other out. It lends no urgency: it does not know its readers.
@safe public struct ReadWriteLock {
  /// Who waits. The first field.
  var waiters = WaitQueue()
  /// How many read.
  var readers: UInt32 = 0
  /// Who writes, or `TaskRecord.none`.
  var writer = TaskRecord.none
  /// How often the writer has locked it.
  var depth: UInt32 = 0

  /// A free lock.
  public init() {}

  // SAFETY: the queue is a lock's first field; both stay where they are, under the scheduler's lock.
  /// Lets in who may: a writer when nobody is inside, readers up to the first writer.
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

// SAFETY: the handle's object stays where it is, and is reached under the scheduler's lock.
extension Scheduler {
  /// Gets in as a reader: not while somebody writes, nor before somebody at least as urgent who
  /// waits.
  ///
  /// - Throws: `deadlock` for the writer, `overflow`, `inInterrupt`, `wouldBlock`,
  ///   `preemptionLocked`, `timedOut`, `deleted`.
  public func lockReading(_ lock: Fixed<ReadWriteLock>, _ timeout: Timeout) throws(WaitError) {
    try wait { (state, me) throws(WaitError) in try state.read(lock, by: me, timeout) }
  }

  /// Gets in as the writer, when nobody is inside; the writer itself gets in again. A reader that
  /// wants to write must unlock first: it would wait for itself.
  ///
  /// - Throws: `overflow`, `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`, `deleted`.
  public func lockWriting(_ lock: Fixed<ReadWriteLock>, _ timeout: Timeout) throws(WaitError) {
    try wait { (state, me) throws(WaitError) in try state.write(lock, by: me, timeout) }
  }

  /// The writer, or a reader, leaves.
  ///
  /// - Throws: `inInterrupt`, `notOwner` when nobody who could be the caller is inside.
  public func unlock(_ lock: Fixed<ReadWriteLock>) throws(WaitError) {
    guard !Context.isInInterrupt else { throw .inInterrupt }
    try signal { (state, me) throws(WaitError) in try state.leave(lock, by: me) }
  }

  /// Wakes all who wait, with `deleted`; afterwards the memory may be used for something else.
  public func delete(_ lock: Fixed<ReadWriteLock>) {
    withState { (state: inout State) in
      while unsafe !lock.place.pointee.waiters.isEmpty {
        let first = unsafe lock.place.pointee.waiters.first
        state.tasks.dequeue(first)
        state.endWait(first, .deleted)
      }
      Self.settle(&state)
    }
  }
}

// SAFETY: the handle's object stays where it is; the caller holds the scheduler's lock.
extension TaskSet {
  /// Lets `me` in as a reader, or begins to wait (nil).
  mutating func read(
    _ lock: Fixed<ReadWriteLock>, by me: UInt32, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    guard unsafe lock.place.pointee.writer != me else { throw .deadlock }
    let first = unsafe lock.place.pointee.waiters.first
    let isFirst = first == TaskRecord.none || tasks[me].urgency < tasks[first].urgency
    if isFirst, unsafe lock.place.pointee.writer == TaskRecord.none {
      guard unsafe lock.place.pointee.readers < .max else { throw .overflow }
      unsafe lock.place.pointee.readers += 1
      return .satisfied
    }
    try checkMayWait(me, timeout)
    unsafe beginWait(me, .reading, in: lock.queue, timeout)
    return nil
  }

  /// Lets `me` in as the writer, or begins to wait (nil).
  mutating func write(
    _ lock: Fixed<ReadWriteLock>, by me: UInt32, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    if unsafe lock.place.pointee.writer == me {
      guard unsafe lock.place.pointee.depth < .max else { throw .overflow }
      unsafe lock.place.pointee.depth += 1
      return .satisfied
    }
    if unsafe lock.place.pointee.writer == TaskRecord.none, unsafe lock.place.pointee.readers == 0 {
      unsafe lock.place.pointee.writer = me
      unsafe lock.place.pointee.depth = 1
      return .satisfied
    }
    try checkMayWait(me, timeout)
    unsafe beginWait(me, .writing, in: lock.queue, timeout)
    return nil
  }

  /// `me`, or a reader, leaves.
  mutating func leave(_ lock: Fixed<ReadWriteLock>, by me: UInt32) throws(WaitError) {
    if unsafe lock.place.pointee.writer == me {
      unsafe lock.place.pointee.depth -= 1
      guard unsafe lock.place.pointee.depth == 0 else { return }
      unsafe lock.place.pointee.writer = TaskRecord.none
    } else {
      guard unsafe lock.place.pointee.readers > 0 else { throw .notOwner }
      unsafe lock.place.pointee.readers -= 1
    }
    unsafe ReadWriteLock.admit(in: lock.queue, &self)
  }
}
