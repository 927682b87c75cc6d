// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Who owns a futex, and who waits for it. Under the process table's lock.
extension ProcessTable {
  /// The task that owns the futex at `key` while threads wait for it; nil if none waits.
  ///
  /// - Throws: `invalid` if the word names another owner, or if the threads wait for something
  ///   else.
  @inline(never)
  func owner(at key: FutexKey, _ word: FutexWord) throws(Errno) -> TaskNumber? {
    guard let first = futexes.first(at: key, bits: .max) else { return nil }
    guard let index = ownedFutex(of: first) else { throw .invalid }
    let state = ownedFutexes[index]
    // A program may have taken the word before the next owner has stored its number.
    if state.isAbandoned { return futexOwner(word.owner) ?? state.owner }
    if word.hasDeadOwner, word.owner == .zero { return state.owner }
    guard word.owner == threads[state.owner.index].identifier else { throw .invalid }
    return state.owner
  }

  /// Makes `owner` the owner of the futex at `key`, if it has taken the word after the end of the
  /// last one, and before the next one has stored its number.
  @inline(never)
  func adopt(_ owner: TaskNumber, at key: FutexKey) {
    guard let first = futexes.first(at: key, bits: .max), let index = ownedFutex(of: first),
      ownedFutexes[index].isAbandoned, ownedFutexes[index].owner != owner
    else { return }
    ownedFutexes.give(index, to: owner, P.self)
  }

  /// The number of the state that a waiter waits for; nil if it does not wait for ownership.
  private func ownedFutex(of waiter: RecordReference<FutexWaiter>) -> Int? {
    guard waiter.pointee.bits == 0, case .ownership(let index) = waiter.pointee.purpose else {
      return nil
    }
    return index
  }

  /// The task of the thread that a futex's word names; nil if there is none or it has released its
  /// futexes because it ends.
  @inline(never)
  func futexOwner(_ identifier: ThreadID) -> TaskNumber? {
    guard identifier != .zero, let task = task(of: identifier), !threads[task.index].hasLeftMemory
    else { return nil }
    return task
  }

  /// The state of the futex at `key`, which `owner` owns, for a `waiter` that is counted from now
  /// on and appended next; a new one if it is the first.
  mutating func ownedFutex(
    at key: FutexKey, _ owner: TaskNumber, for waiter: RecordReference<FutexWaiter>
  ) -> Int {
    if let first = futexes.first(at: key, bits: .max), let index = ownedFutex(of: first) {
      ownedFutexes.addWaiter(index)
      return index
    }
    return ownedFutexes.make(owner: owner, waiter: waiter.pointee.task, P.self)
  }

  /// Appends a waiter, which the state with this number counts, to the queue of `key`.
  func append(_ waiter: RecordReference<FutexWaiter>, _ key: FutexKey, ownedFutex index: Int) {
    futexes.append(waiter, key: key, bits: 0)
    waiter.pointee.purpose = .ownership(index)
  }

  /// The wait of the running thread has ended. If it is the owner but could not store its number,
  /// the next waiter gets the futex.
  @inline(never)
  mutating func leaveOwnedFutex(_ waiter: RecordReference<FutexWaiter>) {
    let task = waiter.pointee.task
    threads[task.index].wait = .nothing
    guard futexes.remove(waiter), let index = ownedFutex(of: waiter) else { return }
    ownedFutexes.removeWaiter(index, P.self)
    let state = ownedFutexes[index]
    if state.waiters > 0, state.owner == task, state.isAbandoned { abandon(index) }
  }

  /// The state of the futex at `key`, which `owner` releases, and the waiter that is to get it,
  /// with its number; nil if none waits.
  ///
  /// - Throws: `invalid` if the task is not the owner, or if the threads wait for something else.
  @inline(never)
  func heir(
    at key: FutexKey, of owner: TaskNumber
  ) throws(Errno) -> (index: Int, heir: TaskNumber, identifier: ThreadID)? {
    guard let first = futexes.first(at: key, bits: .max) else { return nil }
    adopt(owner, at: key)
    guard let index = ownedFutex(of: first), ownedFutexes[index].owner == owner else {
      throw .invalid
    }
    let heir = P.firstWaiter(for: ownedFutexes.mutex(index)) ?? first.pointee.task
    return (index, heir, threads[heir.index].identifier)
  }

  /// Makes a waiter, whom the word names already, the owner, and ends its wait.
  @inline(never)
  mutating func handOver(_ index: Int, to heir: TaskNumber) {
    futexes.remove(futexes.waiter(of: heir))
    P.wake(heir)
    ownedFutexes.give(index, to: heir, P.self)
    ownedFutexes.removeWaiter(index, P.self)
  }

  /// Gives one of the futexes that `task` owns to the next waiter; false if there is none.
  @inline(never)
  mutating func abandonOwnedFutex(of task: TaskNumber) -> Bool {
    guard let index = ownedFutexes.first(ownedBy: task) else { return false }
    abandon(index)
    return true
  }

  /// Makes the most urgent waiter the owner, which then stores its number in the word.
  private mutating func abandon(_ index: Int) {
    guard let heir = P.firstWaiter(for: ownedFutexes.mutex(index)) ?? anyWaiter(of: index) else {
      preconditionFailure("a futex with an owner has no waiter")
    }
    P.wake(heir)
    ownedFutexes.give(index, to: heir, isAbandoned: true, P.self)
  }

  /// A task that waits for a futex but was woken meanwhile.
  private func anyWaiter(of index: Int) -> TaskNumber? {
    for task in 0..<threadEnd {
      let waiter = futexes.waiter(of: TaskNumber(index: task))
      if waiter.pointee.isQueued, ownedFutex(of: waiter) == index { return waiter.pointee.task }
    }
    return nil
  }
}
