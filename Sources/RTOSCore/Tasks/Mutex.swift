// SPDX-License-Identifier: Apache-2.0
/// A mutex with priority inheritance: its owner has at least the urgency of its waiters.
public struct Mutex: WaitedObject {
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
  var nextHeld: ObjectHandle<Mutex>?

  /// True if a task holds the mutex or waits for it.
  var isInUse: Bool { owner != TaskRecord.none || !waiters.isEmpty }

  /// A free mutex.
  public init(_ kind: Kind = .recursive, isRobust: Bool = false) {
    (self.kind, self.isRobust) = (kind, isRobust)
  }
}

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
    try signal { (state, me) throws(WaitError) in
      guard state[mutex].owner == me else { throw .notOwner }
      guard state[mutex].isInconsistent else { throw .invalid }
      state[mutex].isInconsistent = false
    }
  }

  /// Wakes all waiters with `deleted` and takes the mutex away from its owner. Afterwards the
  /// memory may be reused.
  public func delete(_ mutex: ObjectHandle<Mutex>) {
    withState { (state: inout State) in
      state.endAll(in: mutex.queue, .deleted)
      let owner = state[mutex].owner
      if owner != TaskRecord.none {
        state.unlinkMutex(mutex, heldBy: owner)
        state.refreshUrgency(of: owner)
      }
      Self.rescheduleIfNeeded(&state)
    }
  }

  /// The task that holds the mutex; nil when it is free.
  public func owner(of mutex: ObjectHandle<Mutex>) -> TaskNumber? {
    let owner = withState { (state: inout State) in state[mutex].owner }
    return owner == TaskRecord.none ? nil : owner
  }
}

/// A mutex stays in memory while a task holds it or waits for it.
extension TaskSet {
  /// Locks a mutex for `me`, or begins to wait for it and returns nil.
  mutating func lock(
    _ mutex: ObjectHandle<Mutex>, by me: TaskNumber, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    guard !self[mutex].isNotRecoverable else { throw .notRecoverable }
    let owner = self[mutex].owner
    guard owner != TaskRecord.none else { return own(mutex, me, depth: 1) }
    if owner == me { return try lockAgain(mutex) }
    try checkMayBlock(me, timeout)
    guard !waits(owner, for: me) else { throw .deadlock }
    beginWait(me, .mutex(mutex, depth: 1, outcome: .satisfied), in: mutex.queue, timeout)
    refreshUrgency(of: owner)
    return nil
  }

  /// Undoes one lock by `me`; after the last one it releases the mutex.
  mutating func unlock(_ mutex: ObjectHandle<Mutex>, by me: TaskNumber) throws(WaitError) {
    guard self[mutex].owner == me else { throw .notOwner }
    self[mutex].depth -= 1
    guard self[mutex].depth == 0 else { return }
    release(mutex)
  }

  private mutating func lockAgain(_ mutex: ObjectHandle<Mutex>) throws(WaitError) -> WaitOutcome {
    guard self[mutex].kind == .recursive else { throw .deadlock }
    guard self[mutex].depth < UInt32.max else { throw .overflow }
    self[mutex].depth += 1
    return .satisfied
  }

  /// Makes a task the owner of a free mutex, which it has then locked `depth` times.
  @discardableResult
  mutating func own(
    _ mutex: ObjectHandle<Mutex>, _ task: TaskNumber, depth: UInt32
  ) -> WaitOutcome {
    self[mutex].owner = task
    self[mutex].depth = depth
    self[mutex].nextHeld = tasks[task].held
    tasks[task].held = mutex
    return self[mutex].isInconsistent ? .ownerDied : .satisfied
  }

  /// Takes a mutex from its owner and hands it over to the most urgent waiter.
  mutating func release(_ mutex: ObjectHandle<Mutex>) {
    let owner = self[mutex].owner
    unlinkMutex(mutex, heldBy: owner)
    if self[mutex].isInconsistent {
      // The owner was notified of the death and unlocks without a repair.
      self[mutex].isNotRecoverable = true
      while !self[mutex].waiters.isEmpty {
        endWait(self[mutex].waiters.first, .notRecoverable)
      }
    } else {
      handOver(mutex)
    }
    refreshUrgency(of: owner)
  }

  /// Hands a free mutex over to the most urgent waiter, if there is one.
  private mutating func handOver(_ mutex: ObjectHandle<Mutex>) {
    let next = self[mutex].waiters.first
    guard next != TaskRecord.none, case .mutex(_, let depth, let wanted) = tasks[next].wait else {
      return
    }
    dequeue(next)
    let outcome = own(mutex, next, depth: depth)
    endWait(next, outcome == .satisfied ? wanted : outcome)
    refreshUrgency(of: next)
  }

  /// Removes a mutex from its owner's list and marks it free.
  mutating func unlinkMutex(_ mutex: ObjectHandle<Mutex>, heldBy owner: TaskNumber) {
    self[mutex].owner = TaskRecord.none
    self[mutex].depth = 0
    var next = tasks[owner].held
    if next == mutex {
      tasks[owner].held = self[mutex].nextHeld
      return
    }
    while let held = next {
      if self[held].nextHeld == mutex {
        self[held].nextHeld = self[mutex].nextHeld
        return
      }
      next = self[held].nextHeld
    }
  }

  /// Hands the mutexes of a dying task over to their waiters. The next owner of a robust one gets
  /// `ownerDied`.
  mutating func abandonMutexes(of task: TaskNumber) {
    while let mutex = tasks[task].held {
      unlinkMutex(mutex, heldBy: task)
      if self[mutex].isRobust { self[mutex].isInconsistent = true }
      handOver(mutex)
    }
  }

  /// Locks the mutex again for a task whose wait for a condition variable ends with `outcome`. If
  /// the mutex is held, the task waits for it without a timeout.
  mutating func relockAfterCondition(_ task: TaskNumber, _ outcome: WaitOutcome) {
    guard case .condition(let mutex, let depth) = tasks[task].wait else { return }
    dequeue(task)
    timeouts.remove(task.rawValue)
    if self[mutex].isNotRecoverable { return endWait(task, .notRecoverable) }
    if self[mutex].owner == TaskRecord.none {
      let owned = own(mutex, task, depth: depth)
      return endWait(task, owned == .satisfied ? outcome : owned)
    }
    tasks[task].wait = .mutex(mutex, depth: depth, outcome: outcome)
    enqueue(task, in: mutex.queue)
    refreshUrgency(of: self[mutex].owner)
  }
}
