// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Futexes with an owner, which inherits the urgency of those who wait for it (FUTEX_LOCK_PI,
/// FUTEX_UNLOCK_PI; Linux's Documentation/locking/pi-futex).
///
/// The word in user memory says who owns the futex (`FutexWord`). Programs may store anything
/// there, at any time: the kernel changes it by compare-and-exchange only, and believes it only as
/// far as its own state agrees. While threads wait, that is an `OwnedFutex` with a mutex of the
/// scheduler, whose chains of owners lead across processes. A wait ends in one of these ways:
///
/// - The owner unlocks: it stores the waiter's number in the word, takes the waiter from the queue
///   and wakes it.
/// - The owner ends: it makes the waiter the owner in the kernel only (`abandonAll`), and the
///   waiter stores its own number, because the owner's memory may be another. Until then a program
///   may take the word (musl takes one with FUTEX_OWNER_DIED by itself); the waiter then goes on
///   waiting.
/// - A signal, the timeout or a deadlock: the waiter leaves.
///
/// The kernel lock makes each step up to the next wait or preemption point one.
extension Futex {
  /// The result of an attempt to take a futex.
  enum Attempt {
    /// The word names the thread as the owner now.
    case taken
    /// A program changed the word at the same time: try again.
    case disturbed
    /// Another thread, which this task runs, owns it, and the word says that threads wait.
    case owned(TaskNumber)
  }

  /// Makes the running thread the owner of the futex at `address`, or waits until it is.
  ///
  /// `deadline` is in monotonic nanoseconds, `.max` for none; with `isWall` it is a wall-clock
  /// time, and the wait follows changes of that clock.
  ///
  /// - Throws: `badAddress`; `deadlock` if the owner waits for the thread; `noProcess` if there is
  ///   no owner with the number in the word; `invalid` if word and kernel disagree; `tryAgain`
  ///   unless `mayWait`; `timedOut`; `interrupted` by a signal; what `key` throws for a bad
  ///   address.
  static func lock(
    _ address: UserAddress, until deadline: UInt64, isWall: Bool, mayWait: Bool,
    key: () throws(Errno) -> FutexKey
  ) throws(Errno) {
    while true {
      let key = try key()
      switch try take(key, address, for: P.thread.pointee.identifier, hasFollowers: false) {
      case .taken: return
      case .disturbed: try giveWay()
      case .owned(let owner):
        guard mayWait else { throw .tryAgain }
        let waiter = join(key, owner, isWall: isWall)
        return try awaitOwnership(address, waiter, until: deadline, isWall: isWall)
      }
    }
  }

  /// Lets others run before another attempt.
  ///
  /// - Throws: `interrupted` if the thread is dying.
  static func giveWay() throws(Errno) {
    if P.mustEnd(isInterruptible: false) { throw .interrupted }
  }

  /// Tries to make `thread` the owner of the futex at `address`. With `hasFollowers` the word then
  /// says that threads wait.
  ///
  /// - Throws: `badAddress`; `deadlock` if the word names `thread` already; `noProcess`; `invalid`.
  static func take(
    _ key: FutexKey, _ address: UserAddress, for thread: ThreadID, hasFollowers: Bool
  ) throws(Errno) -> Attempt {
    let word = FutexWord(rawValue: try P.User.word(at: address))
    guard word.owner != thread else { throw .deadlock }
    if let owner = try P.processes.withLock({ table throws(Errno) in
      try table.owner(at: key, word)
    }) {
      guard try mark(address, word) else { return .disturbed }
      P.processes.withLock { $0.adopt(owner, at: key) }
      return .owned(owner)
    }
    guard word.owner != .zero else {
      let taken = word.taken(by: thread)
      let new = hasFollowers ? taken.withWaiters : taken
      return try exchange(at: address, word, for: new) ? .taken : .disturbed
    }
    guard try mark(address, word) else { return .disturbed }
    guard let owner = P.processes.withLock({ $0.futexOwner(word.owner) }) else {
      // The owner may have released the futex on its way out.
      guard try P.User.word(at: address) == word.withWaiters.rawValue else { return .disturbed }
      throw .noProcess
    }
    return .owned(owner)
  }

  /// Makes a word that names an owner say that threads wait; false if the word has changed.
  ///
  /// - Throws: `badAddress`.
  private static func mark(_ address: UserAddress, _ word: FutexWord) throws(Errno) -> Bool {
    guard word.owner != .zero else { return true }
    return try exchange(at: address, word, for: word.withWaiters)
  }

  /// `exchange` for words with an owner.
  private static func exchange(
    at address: UserAddress, _ old: FutexWord, for new: FutexWord
  ) throws(Errno) -> Bool {
    try exchange(at: address, old.rawValue, for: new.rawValue)
  }

  /// Makes the running thread wait for the futex at `key`, which `owner` owns.
  private static func join(
    _ key: FutexKey, _ owner: TaskNumber, isWall: Bool
  ) -> RecordReference<FutexWaiter> {
    if let frame = key.frame { pool.retain(frame) }
    let thread = P.thread
    return P.processes.withLock { table in
      let waiter = table.futexes.waiter(of: thread.pointee.task)
      let index = table.ownedFutex(at: key, owner, for: waiter)
      table.append(waiter, key, ownedFutex: index)
      thread.pointee.wait = isWall ? .timeOfDay : .futex
      return waiter
    }
  }

  /// The rest of a wait for ownership of the futex at `address`; `waiter` is that of the running
  /// thread.
  ///
  /// - Throws: `badAddress`, `deadlock`, `timedOut`, `interrupted`; the thread is no owner then.
  static func awaitOwnership(
    _ address: UserAddress, _ waiter: RecordReference<FutexWaiter>, until deadline: UInt64,
    isWall: Bool
  ) throws(Errno) {
    defer {
      P.processes.withLock { $0.leaveOwnedFutex(waiter) }
      if let frame = waiter.pointee.key.frame { pool.release(frame) }
    }
    while waiter.pointee.isQueued, case .ownership(let index) = waiter.pointee.purpose {
      let (isOwner, mutex) = P.processes.withLock {
        ($0.ownedFutexes[index].owner == waiter.pointee.task, $0.ownedFutexes.mutex(index))
      }
      if isOwner {
        if try inherit(index, waiter, address) { return }
      } else {
        try P.wait(for: mutex, until: end(of: deadline, isWall: isWall))
      }
    }
  }

  /// Stores the running thread's number in the word after the owner has ended. False if a program
  /// has taken the word, or changes it at the same time.
  ///
  /// - Throws: `badAddress`; `interrupted` if the word changed and the thread is dying.
  private static func inherit(
    _ index: Int, _ waiter: RecordReference<FutexWaiter>, _ address: UserAddress
  ) throws(Errno) -> Bool {
    let word = FutexWord(rawValue: try P.User.word(at: address))
    let owner = P.processes.withLock { $0.futexOwner(word.owner) }
    if let owner, owner != waiter.pointee.task {
      if try mark(address, word) {
        P.processes.withLock { $0.adopt(owner, at: waiter.pointee.key) }
        return false
      }
    } else if try exchange(at: address, word, for: word.inherited(by: P.thread.pointee.identifier))
    {
      P.processes.withLock { $0.ownedFutexes.endAbandonment(index) }
      return true
    }
    try giveWay()
    return false
  }

  /// Releases the futex at `address`, which the running thread owns: the most urgent waiter becomes
  /// the owner, and the word names it. Without waiters the word is 0.
  ///
  /// - Throws: `badAddress`; `notPermitted` if the word names another owner; `invalid` if word and
  ///   kernel disagree; `tryAgain` if the word changed meanwhile and no thread waits; what `key`
  ///   throws for a bad address.
  static func unlock(
    _ address: UserAddress, key: () throws(Errno) -> FutexKey
  ) throws(Errno) {
    let me = P.thread
    while true {
      let word = FutexWord(rawValue: try P.User.word(at: address))
      guard word.owner == me.pointee.identifier else { throw .notPermitted }
      let key = try key()
      guard
        let (index, heir, identifier) = try P.processes.withLock({ table throws(Errno) in
          try table.heir(at: key, of: me.pointee.task)
        })
      else {
        guard try exchange(at: address, word.rawValue, for: 0) else { throw .tryAgain }
        return
      }
      if try exchange(at: address, word, for: .handedOver(to: identifier)) {
        return P.processes.withLock { $0.handOver(index, to: heir) }
      }
      // Only the bits may have changed, by a thread that begins to wait.
      let now = FutexWord(rawValue: try P.User.word(at: address))
      guard now.owner.rawValue == word.rawValue else { throw .invalid }
      try giveWay()
    }
  }

  /// Gives the futexes that a task owns, and others wait for, each to its most urgent waiter. The
  /// task is ending and owns none afterwards.
  @inline(never)
  static func abandonAll(of task: TaskNumber) {
    while P.processes.withLock({ $0.abandonOwnedFutex(of: task) }) {}
  }
}
