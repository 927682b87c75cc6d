// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Requeue: waiters move from one futex, usually a condition variable's, to another, its mutex's,
/// without being woken in between.
extension Futex {
  /// Wakes up to `count` threads at `key` and moves up to `limit` others to `other`. Returns the
  /// number of both together, as Linux does, also if `other` is the same futex.
  ///
  /// - Throws: `invalid` if a thread waits at `key` for something else than a wake.
  static func requeue(
    _ key: FutexKey, wake count: UInt32, to other: FutexKey, limit: UInt32
  ) throws(Errno) -> UInt32 {
    let woken = try wake(key, count: count, bits: .max)
    guard key != other else {
      return P.processes.withLock { woken + min(limit, $0.futexes.count(at: key)) }
    }
    var moved: UInt32 = 0
    while moved < limit, try move(one: key, to: other) { moved += 1 }
    return woken + moved
  }

  /// Moves the first thread that waits at `key` to `other`; false if there is none.
  @inline(never)
  private static func move(one key: FutexKey, to other: FutexKey) throws(Errno) -> Bool {
    let isMoved = try P.processes.withLock { table throws(Errno) in
      guard let waiter = table.futexes.first(at: key, bits: .max) else { return false }
      guard waiter.pointee.bits != 0 else { throw .invalid }
      table.futexes.remove(waiter)
      table.futexes.append(waiter, key: other, bits: waiter.pointee.bits)
      return true
    }
    if isMoved { moveReference(from: key, to: other) }
    return isMoved
  }

  /// Moves the reference of a waiter, which has not left its wait since: it needs the kernel lock
  /// for that.
  private static func moveReference(from key: FutexKey, to other: FutexKey) {
    if let frame = other.frame { pool.retain(frame) }
    if let frame = key.frame { pool.release(frame) }
  }

  /// Waits at `key` until a requeue to `other`, and then for the ownership of that futex, which is
  /// at `target` (FUTEX_WAIT_REQUEUE_PI).
  ///
  /// - Throws: `tryAgain` if the word at `address` is not `expected`, or after a signal that comes
  ///   when the thread was moved; `invalid` if both futexes are the same; `badAddress`, `timedOut`,
  ///   `deadlock`; `interrupted` by a signal.
  static func waitForRequeue(
    at key: FutexKey, _ address: UserAddress, for expected: UInt32, to other: FutexKey,
    _ target: UserAddress, until deadline: UInt64, isWall: Bool
  ) throws(Errno) {
    guard try P.User.word(at: address) == expected else { throw .tryAgain }
    guard key != other else { throw .invalid }
    let thread = P.thread
    if let frame = key.frame { pool.retain(frame) }
    if let frame = other.frame { pool.retain(frame) }
    defer { if let frame = other.frame { pool.release(frame) } }
    let waiter = P.processes.withLock { table in
      let waiter = table.futexes.waiter(of: thread.pointee.task)
      table.futexes.append(waiter, key: key, bits: 0)
      waiter.pointee.purpose = .requeue(other)
      thread.pointee.wait = isWall ? .timeOfDay : .futex
      return waiter
    }
    do throws(Errno) {
      while waiter.pointee.isQueued, waiter.pointee.purpose == .requeue(other) {
        try P.wait(until: end(of: deadline, isWall: isWall))
      }
    } catch {
      _ = leave(waiter)
      if let frame = key.frame { pool.release(frame) }
      throw error
    }
    do throws(Errno) {
      try awaitOwnership(target, waiter, until: deadline, isWall: isWall)
    } catch {
      // Another call would find that the word has changed.
      throw error == .interrupted ? .tryAgain : error
    }
  }

  /// FUTEX_CMP_REQUEUE_PI. If the futex `other` at `target` is free, the first thread that waits at
  /// `key` becomes its owner; otherwise it waits for the ownership from now on. So do up to `limit`
  /// further threads. Returns the number of all of them, or nil if a program changed the word at
  /// `target` at the same time: try again.
  ///
  /// - Throws: `invalid` if a thread at `key` waits for something else; `badAddress`, `deadlock`,
  ///   `noProcess`. Some threads may have been moved then.
  static func requeue(
    _ key: FutexKey, to other: FutexKey, _ target: UserAddress, limit: UInt32
  ) throws(Errno) -> UInt32? {
    guard
      let first = try P.processes.withLock({ table throws(Errno) in
        try table.futexWaiter(at: key, movingTo: other)
      })
    else { return 0 }
    let task = first.pointee.task
    var (owner, count): (TaskNumber, UInt32)
    switch try take(
      other, target, for: P.processes.thread(of: task).pointee.identifier, hasFollowers: limit > 0)
    {
    case .disturbed: return nil
    case .owned(let present): (owner, count) = (present, 0)
    case .taken:
      (owner, count) = (task, 1)
      P.processes.withLock { table in
        table.futexes.remove(first)
        P.wake(task)
      }
    }
    // As many as `limit`, and one more if none has become the owner.
    while count == 0 || count - 1 < limit,
      try P.processes.withLock({ table throws(Errno) in
        try table.requeue(key, to: other, ownedBy: owner)
      })
    {
      moveReference(from: key, to: other)
      count += 1
    }
    return count
  }
}

extension ProcessTable {
  /// Wakes the first waiter at `key` that does not wait for a requeue; false if there is none.
  func wakeWaiter(at key: FutexKey) -> Bool {
    guard let waiter = futexes.first(at: key, bits: .max, skipsUnwakeable: true) else {
      return false
    }
    futexes.remove(waiter)
    P.wake(waiter.pointee.task)
    return true
  }

  /// The first waiter at `key`, which waits for a requeue to `other`; nil if none waits.
  ///
  /// - Throws: `invalid` if it waits for something else.
  @inline(never)
  fileprivate func futexWaiter(
    at key: FutexKey, movingTo other: FutexKey
  ) throws(Errno) -> RecordReference<FutexWaiter>? {
    guard let first = futexes.first(at: key, bits: .max) else { return nil }
    guard first.pointee.bits == 0, first.pointee.purpose == .requeue(other) else { throw .invalid }
    return first
  }

  /// Makes the first waiter at `key` wait for the ownership of the futex at `other`; false if none
  /// waits.
  ///
  /// - Throws: `invalid`; `deadlock` if the owner waits for the waiter, which stays where it is.
  @inline(never)
  fileprivate mutating func requeue(
    _ key: FutexKey, to other: FutexKey, ownedBy owner: TaskNumber
  ) throws(Errno) -> Bool {
    guard let waiter = try futexWaiter(at: key, movingTo: other) else { return false }
    let index = ownedFutex(at: other, owner, for: waiter)
    do throws(Errno) {
      try P.move(waiter.pointee.task, to: ownedFutexes.mutex(index))
    } catch {
      ownedFutexes.removeWaiter(index, P.self)
      throw error
    }
    futexes.remove(waiter)
    append(waiter, other, ownedFutex: index)
    return true
  }
}
