// SPDX-License-Identifier: Apache-2.0
// SAFETY: the pointer refers to another mutex that the same task holds.
/// A mutex with priority inheritance: its owner has at least the urgency of its waiters.
@safe public struct Mutex {
  /// What happens when the owner locks the mutex again.
  public enum Kind: UInt8, Sendable {
    /// The lock is refused, because the task would wait for itself.
    case normal
    /// Locks are counted; the mutex is released after as many unlocks.
    case recursive
    /// Same behaviour as `normal`, under LiteOS' name.
    case errorChecking
  }

  /// The tasks that wait. The first field.
  var waiters = WaitQueue()
  /// The task that holds the mutex, or `TaskRecord.none`.
  var owner = TaskRecord.none
  /// How many times the owner has locked it.
  var depth: UInt32 = 0
  let kind: Kind
  /// If the owner dies, the next owner gets `ownerDied`.
  let isRobust: Bool
  /// The previous owner died while it held the mutex, so the protected data may be inconsistent.
  var isInconsistent = false
  /// The mutex cannot be locked any more: an owner unlocked it without a repair.
  var isNotRecoverable = false
  /// The next mutex that the same task holds.
  var nextHeld: UnsafeMutablePointer<Mutex>?

  /// True if a task holds the mutex or waits for it.
  var isInUse: Bool { owner != TaskRecord.none || !waiters.isEmpty }

  /// A free mutex.
  public init(_ kind: Kind = .recursive, isRobust: Bool = false) {
    (self.kind, self.isRobust) = (kind, isRobust)
  }
}

// SAFETY: the handle's object does not move, and is accessed under the scheduler's lock.
extension Scheduler {
  /// Locks the mutex, or blocks until it is handed over. The owner, and transitively the owners for
  /// which it waits, inherit the urgency of the most urgent waiter. A wait that would close a cycle
  /// is refused for every kind of mutex.
  ///
  /// - Returns: `satisfied`, or `ownerDied`: the mutex is locked, but the caller must make the
  ///   protected data consistent and call `repair` before it unlocks.
  /// - Throws: `inInterrupt`, `wouldBlock`, `deadlock`, `overflow`, `preemptionLocked`, `timedOut`,
  ///   `deleted`, `notRecoverable`.
  @discardableResult
  public func lock(_ mutex: ObjectHandle<Mutex>, _ timeout: Timeout) throws(WaitError)
    -> WaitOutcome
  {
    let end = try wait { (state, me) throws(WaitError) in
      try state.lock(mutex, by: me, timeout)
    }
    return end.outcome
  }

  /// Undoes one lock; after the last one the mutex is handed over to the most urgent waiter.
  ///
  /// - Throws: `inInterrupt`, `notOwner`.
  public func unlock(_ mutex: ObjectHandle<Mutex>) throws(WaitError) {
    guard !Context.isInInterrupt else { throw .inInterrupt }
    try signal { (state, me) throws(WaitError) in try state.unlock(mutex, by: me) }
  }

  /// Declares that the protected data is consistent again after an owner died.
  ///
  /// - Throws: `notOwner`; `invalid` if no owner died.
  public func repair(_ mutex: ObjectHandle<Mutex>) throws(WaitError) {
    try signal { (_, me) throws(WaitError) in
      guard unsafe mutex.object.pointee.owner == me else { throw .notOwner }
      guard unsafe mutex.object.pointee.isInconsistent else { throw .invalid }
      unsafe mutex.object.pointee.isInconsistent = false
    }
  }

  /// Wakes all waiters with `deleted` and takes the mutex away from its owner. Afterwards the
  /// memory may be reused.
  public func delete(_ mutex: ObjectHandle<Mutex>) {
    withState { (state: inout State) in
      unsafe state.endAll(in: mutex.queue, .deleted)
      let owner = unsafe mutex.object.pointee.owner
      if owner != TaskRecord.none {
        unsafe state.unlinkMutex(mutex.object, heldBy: owner)
        state.refreshUrgency(of: owner)
      }
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// The task that holds the mutex; nil when it is free.
  public func owner(of mutex: ObjectHandle<Mutex>) -> TaskNumber? {
    let owner = withState { (_: inout State) in unsafe mutex.object.pointee.owner }
    return owner == TaskRecord.none ? nil : TaskNumber(rawValue: owner)
  }
}

// SAFETY: a mutex stays in memory while a task holds it or waits for it.
extension TaskSet {
  /// Locks a mutex for `me`, or begins to wait for it and returns nil.
  mutating func lock(
    _ mutex: ObjectHandle<Mutex>, by me: UInt32, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    guard unsafe !mutex.object.pointee.isNotRecoverable else { throw .notRecoverable }
    let owner = unsafe mutex.object.pointee.owner
    guard owner != TaskRecord.none else { return unsafe own(mutex.object, me) }
    if owner == me { return try unsafe lockAgain(mutex.object) }
    try checkMayBlock(me, timeout)
    guard !waits(owner, for: me) else { throw .deadlock }
    tasks[me].word = 1
    tasks[me].outcomeAfterRelock = .satisfied
    unsafe beginWait(me, .mutex, in: mutex.queue, timeout)
    refreshUrgency(of: owner)
    return nil
  }

  /// Undoes one lock by `me`; after the last one it releases the mutex.
  mutating func unlock(_ mutex: ObjectHandle<Mutex>, by me: UInt32) throws(WaitError) {
    guard unsafe mutex.object.pointee.owner == me else { throw .notOwner }
    unsafe mutex.object.pointee.depth -= 1
    guard unsafe mutex.object.pointee.depth == 0 else { return }
    unsafe release(mutex.object)
  }

  private mutating func lockAgain(_ mutex: UnsafeMutablePointer<Mutex>) throws(WaitError)
    -> WaitOutcome
  {
    guard unsafe mutex.pointee.kind == .recursive else { throw .deadlock }
    guard unsafe mutex.pointee.depth < UInt32.max else { throw .overflow }
    unsafe mutex.pointee.depth += 1
    return .satisfied
  }

  /// Makes a task the owner of a free mutex.
  private mutating func own(_ mutex: UnsafeMutablePointer<Mutex>, _ task: UInt32) -> WaitOutcome {
    unsafe mutex.pointee.owner = task
    unsafe mutex.pointee.depth = 1
    unsafe mutex.pointee.nextHeld = tasks[task].held
    unsafe tasks[task].held = mutex
    return unsafe mutex.pointee.isInconsistent ? .ownerDied : .satisfied
  }

  /// Takes a mutex from its owner and hands it over to the most urgent waiter.
  mutating func release(_ mutex: UnsafeMutablePointer<Mutex>) {
    let owner = unsafe mutex.pointee.owner
    unsafe unlinkMutex(mutex, heldBy: owner)
    if unsafe mutex.pointee.isInconsistent {
      // The owner was notified of the death and unlocks without a repair.
      unsafe mutex.pointee.isNotRecoverable = true
      while unsafe !mutex.pointee.waiters.isEmpty {
        unsafe endWait(mutex.pointee.waiters.first, .notRecoverable)
      }
    } else {
      unsafe handOver(mutex)
    }
    refreshUrgency(of: owner)
  }

  /// Hands a free mutex over to the most urgent waiter, if there is one.
  private mutating func handOver(_ mutex: UnsafeMutablePointer<Mutex>) {
    let next = unsafe mutex.pointee.waiters.first
    guard next != TaskRecord.none else { return }
    let afterwards = tasks[next].outcomeAfterRelock
    tasks.dequeue(next)
    let outcome = unsafe own(mutex, next)
    unsafe mutex.pointee.depth = tasks[next].word
    endWait(next, outcome == .satisfied ? afterwards : outcome)
    refreshUrgency(of: next)
  }

  /// Removes a mutex from its owner's list and marks it free.
  mutating func unlinkMutex(_ mutex: UnsafeMutablePointer<Mutex>, heldBy owner: UInt32) {
    unsafe mutex.pointee.owner = TaskRecord.none
    unsafe mutex.pointee.depth = 0
    var next = unsafe tasks[owner].held
    if unsafe next == mutex {
      unsafe tasks[owner].held = mutex.pointee.nextHeld
      return
    }
    while let held = unsafe next {
      if unsafe held.pointee.nextHeld == mutex {
        unsafe held.pointee.nextHeld = mutex.pointee.nextHeld
        return
      }
      unsafe next = unsafe held.pointee.nextHeld
    }
  }

  /// Hands the mutexes of a dying task over to their waiters. The next owner of a robust one gets
  /// `ownerDied`.
  mutating func abandonMutexes(of task: UInt32) {
    while let mutex = unsafe tasks[task].held {
      unsafe unlinkMutex(mutex, heldBy: task)
      if unsafe mutex.pointee.isRobust { unsafe mutex.pointee.isInconsistent = true }
      unsafe handOver(mutex)
    }
  }

  /// Locks the mutex again for a task whose wait for a condition variable ends with `outcome`. If
  /// the mutex is held, the task waits for it without a timeout.
  mutating func relockAfterCondition(_ task: UInt32, _ outcome: WaitOutcome) {
    guard let operand = unsafe tasks[task].operand else { return endWait(task, outcome) }
    // SAFETY: `wait(for:)` stored the mutex's address there.
    let mutex = unsafe operand.assumingMemoryBound(to: Mutex.self)
    tasks.dequeue(task)
    timeouts.remove(task)
    if unsafe mutex.pointee.isNotRecoverable { return endWait(task, .notRecoverable) }
    if unsafe mutex.pointee.owner == TaskRecord.none {
      let depth = tasks[task].word
      let owned = unsafe own(mutex, task)
      unsafe mutex.pointee.depth = depth
      return endWait(task, owned == .satisfied ? outcome : owned)
    }
    tasks[task].waitKind = .mutex
    tasks[task].outcomeAfterRelock = outcome
    unsafe tasks.enqueue(task, in: ObjectHandle(at: mutex).queue)
    unsafe refreshUrgency(of: mutex.pointee.owner)
  }
}
