// SPDX-License-Identifier: Apache-2.0
// SAFETY: the pointer leads to another mutex that the same task holds.
/// Lets one task in at a time, and lends it the urgency of those who wait.
@safe public struct Mutex {
  /// What a second lock by the owner does.
  public enum Kind: UInt8, Sendable {
    /// It is refused, as the task would wait for itself for ever.
    case normal
    /// It counts; the mutex is free after as many unlocks.
    case recursive
    /// As `normal`; LiteOS' name for it.
    case errorChecking
  }

  /// Who waits. The first field.
  var waiters = WaitQueue()
  /// Who holds it, or `TaskRecord.none`.
  var owner = TaskRecord.none
  /// How often the owner has locked it.
  var depth: UInt32 = 0
  let kind: Kind
  /// An owner's death is told to the next.
  let isRobust: Bool
  /// The owner before died with it, and what it guards may be half done.
  var isInconsistent = false
  /// Nobody will ever have it again.
  var isLost = false
  /// The next one that the same task holds.
  var nextHeld: UnsafeMutablePointer<Mutex>?

  /// Somebody holds it or waits for it.
  var isInUse: Bool { owner != TaskRecord.none || !waiters.isEmpty }

  /// A free mutex.
  public init(_ kind: Kind = .recursive, isRobust: Bool = false) {
    (self.kind, self.isRobust) = (kind, isRobust)
  }
}

// SAFETY: the handle's object stays where it is, and is reached under the scheduler's lock.
extension Scheduler {
  /// Locks the mutex, or waits for it; the owner, and those whom it waits for, are as urgent as the
  /// most urgent who waits. Waiting in a ring is refused, whatever the kind.
  ///
  /// - Returns: `satisfied`, or `ownerDied`: it is locked, but what it guards must be repaired
  ///   (`repair`) before it is unlocked.
  /// - Throws: `inInterrupt`, `wouldBlock`, `deadlock`, `overflow`, `preemptionLocked`, `timedOut`,
  ///   `deleted`, `notRecoverable`.
  @discardableResult
  public func lock(_ mutex: Fixed<Mutex>, _ timeout: Timeout) throws(WaitError) -> WaitOutcome {
    let end = try wait { (state, me) throws(WaitError) in
      try state.lock(mutex, by: me, timeout)
    }
    return end.outcome
  }

  /// Unlocks it; it belongs to the most urgent who waits from then on.
  ///
  /// - Throws: `inInterrupt`, `notOwner`.
  public func unlock(_ mutex: Fixed<Mutex>) throws(WaitError) {
    guard !Context.isInInterrupt else { throw .inInterrupt }
    try signal { (state, me) throws(WaitError) in try state.unlock(mutex, by: me) }
  }

  /// What the mutex guards is whole again after an owner's death.
  ///
  /// - Throws: `notOwner`, `invalid` when nobody died.
  public func repair(_ mutex: Fixed<Mutex>) throws(WaitError) {
    try signal { (_, me) throws(WaitError) in
      guard unsafe mutex.place.pointee.owner == me else { throw .notOwner }
      guard unsafe mutex.place.pointee.isInconsistent else { throw .invalid }
      unsafe mutex.place.pointee.isInconsistent = false
    }
  }

  /// Wakes all who wait, with `deleted`, and takes it from its owner; afterwards the memory may be
  /// used for something else.
  public func delete(_ mutex: Fixed<Mutex>) {
    withState { (state: inout State) in
      unsafe state.endAll(in: mutex.queue, .deleted)
      let owner = unsafe mutex.place.pointee.owner
      if owner != TaskRecord.none {
        unsafe state.forget(mutex.place, heldBy: owner)
        state.refreshUrgency(of: owner)
      }
      Self.settle(&state)
    }
  }

  /// The task that holds it, or nil.
  public func owner(of mutex: Fixed<Mutex>) -> TaskNumber? {
    let owner = withState { (_: inout State) in unsafe mutex.place.pointee.owner }
    return owner == TaskRecord.none ? nil : TaskNumber(rawValue: owner)
  }
}

// SAFETY: mutexes are kept while a task holds them or waits for them.
extension TaskSet {
  /// Locks a mutex for `me`, or begins to wait for it (nil).
  mutating func lock(
    _ mutex: Fixed<Mutex>, by me: UInt32, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    guard unsafe !mutex.place.pointee.isLost else { throw .notRecoverable }
    let owner = unsafe mutex.place.pointee.owner
    guard owner != TaskRecord.none else { return unsafe own(mutex.place, me) }
    if owner == me { return try unsafe lockAgain(mutex.place) }
    try checkMayWait(me, timeout)
    guard !waits(owner, for: me) else { throw .deadlock }
    tasks[me].word = 1
    tasks[me].outcomeAfterRelock = .satisfied
    unsafe beginWait(me, .mutex, in: mutex.queue, timeout)
    refreshUrgency(of: owner)
    return nil
  }

  /// Unlocks a mutex that `me` holds, once.
  mutating func unlock(_ mutex: Fixed<Mutex>, by me: UInt32) throws(WaitError) {
    guard unsafe mutex.place.pointee.owner == me else { throw .notOwner }
    unsafe mutex.place.pointee.depth -= 1
    guard unsafe mutex.place.pointee.depth == 0 else { return }
    unsafe release(mutex.place)
  }

  private mutating func lockAgain(_ mutex: UnsafeMutablePointer<Mutex>) throws(WaitError)
    -> WaitOutcome
  {
    guard unsafe mutex.pointee.kind == .recursive else { throw .deadlock }
    guard unsafe mutex.pointee.depth < UInt32.max else { throw .overflow }
    unsafe mutex.pointee.depth += 1
    return .satisfied
  }

  /// Gives a free mutex to a task.
  private mutating func own(_ mutex: UnsafeMutablePointer<Mutex>, _ task: UInt32) -> WaitOutcome {
    unsafe mutex.pointee.owner = task
    unsafe mutex.pointee.depth = 1
    unsafe mutex.pointee.nextHeld = tasks[task].held
    unsafe tasks[task].held = mutex
    return unsafe mutex.pointee.isInconsistent ? .ownerDied : .satisfied
  }

  /// Takes a mutex from its owner and gives it to the most urgent who waits.
  mutating func release(_ mutex: UnsafeMutablePointer<Mutex>) {
    let owner = unsafe mutex.pointee.owner
    unsafe forget(mutex, heldBy: owner)
    if unsafe mutex.pointee.isInconsistent {
      // The one who was told of the death unlocks without having repaired anything.
      unsafe mutex.pointee.isLost = true
      while unsafe !mutex.pointee.waiters.isEmpty {
        unsafe endWait(mutex.pointee.waiters.first, .notRecoverable)
      }
    } else {
      unsafe handOver(mutex)
    }
    refreshUrgency(of: owner)
  }

  /// Gives a mutex that nobody holds to the most urgent who waits, if somebody does.
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

  /// Takes a mutex out of its owner's list and leaves it free.
  mutating func forget(_ mutex: UnsafeMutablePointer<Mutex>, heldBy owner: UInt32) {
    unsafe mutex.pointee.owner = TaskRecord.none
    unsafe mutex.pointee.depth = 0
    var place = unsafe tasks[owner].held
    if unsafe place == mutex {
      unsafe tasks[owner].held = mutex.pointee.nextHeld
      return
    }
    while let held = unsafe place {
      if unsafe held.pointee.nextHeld == mutex {
        unsafe held.pointee.nextHeld = mutex.pointee.nextHeld
        return
      }
      unsafe place = unsafe held.pointee.nextHeld
    }
  }

  /// A task dies: its mutexes go to those who wait, who are told if the mutex is robust.
  mutating func abandonMutexes(of task: UInt32) {
    while let mutex = unsafe tasks[task].held {
      unsafe forget(mutex, heldBy: task)
      if unsafe mutex.pointee.isRobust { unsafe mutex.pointee.isInconsistent = true }
      unsafe handOver(mutex)
    }
  }

  /// Gives a task that waited for a condition its mutex back, or lets it wait for that, without a
  /// limit; then its wait ends with `outcome`.
  mutating func relockAfterCondition(_ task: UInt32, _ outcome: WaitOutcome) {
    guard let operand = unsafe tasks[task].operand else { return endWait(task, outcome) }
    // SAFETY: `wait(for:)` put the mutex there.
    let mutex = unsafe operand.assumingMemoryBound(to: Mutex.self)
    tasks.dequeue(task)
    timeouts.remove(task)
    if unsafe mutex.pointee.isLost { return endWait(task, .notRecoverable) }
    if unsafe mutex.pointee.owner == TaskRecord.none {
      let depth = tasks[task].word
      let owned = unsafe own(mutex, task)
      unsafe mutex.pointee.depth = depth
      return endWait(task, owned == .satisfied ? outcome : owned)
    }
    tasks[task].waitKind = .mutex
    tasks[task].outcomeAfterRelock = outcome
    unsafe tasks.enqueue(task, in: Fixed(at: mutex).queue)
    unsafe refreshUrgency(of: mutex.pointee.owner)
  }
}
