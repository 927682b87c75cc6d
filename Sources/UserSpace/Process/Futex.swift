// SPDX-License-Identifier: Apache-2.0
import Synchronization
import RTOSCore
import TickHandler
import VmRegion

// SAFETY: the running process lives as long as its call; threads in the table do not move.
/// Fast user-space mutexes (futex(2)): queues of threads that wait for a word to change.
///
/// A waiter enters its queue before it reads the word, so no wake between the two can be lost, on
/// any number of CPUs.
enum Futex<P: Platform> {
  /// The key of the futex at an aligned user address: the address space for private memory, the
  /// frame for shared memory. nil if the word is not readable, which is checked unless `isPrivate`.
  ///
  /// As on Linux, a private and a shared futex on the same word are distinct. A waiter holds a
  /// reference to the frame, so the frame cannot be reused for another program meanwhile.
  @inline(never)
  static func key(of address: UserAddress, isPrivate: Bool) -> FutexKey? {
    let process = P.process
    let space = process.pointee.memory.identity
    if isPrivate { return FutexKey(space: space, address: address.word) }
    guard let word = UserRange(base: address, count: 4),
      let region = process.pointee.space.region(at: address)
    else { return nil }
    do {
      try process.pointee.space.prepare(word, for: .read)
    } catch { return nil }
    guard region.traits.contains(.shared) else {
      return FutexKey(space: space, address: address.word | 1)
    }
    let page = VirtualPage(containing: address)
    guard let there = process.pointee.space.table.lookup(page) else { return nil }
    return FutexKey(
      space: UInt(there.frame.address.word), address: address.pageOffset,
      frame: pool.referenceCount(of: there.frame) == 0 ? nil : there.frame)
  }

  private static var pool: FramePool<P.CPU, P.Memory> {
    P.process.pointee.space.pool
  }

  /// Atomically replaces the word at a user address by `new` if it is `old`.
  ///
  /// - Returns: whether it was replaced.
  /// - Throws: `badAddress`.
  static func exchange(at address: UserAddress, _ old: UInt32, for new: UInt32) throws(Errno)
    -> Bool
  {
    guard let range = UserRange(base: address, count: 4) else { throw .badAddress }
    do throws(MemoryError) {
      try P.process.pointee.space.prepare(range, for: .write)
    } catch { throw .badAddress }
    let page = VirtualPage(containing: address)
    guard let there = P.process.pointee.space.table.lookup(page) else { throw .badAddress }
    // The kernel lock keeps the program's other threads from unmapping the frame.
    // SAFETY: an aligned word of a frame that the address space holds.
    let word = unsafe (P.Memory.pointer(to: there.frame) + Int(address.pageOffset))
      .assumingMemoryBound(to: Atomic<UInt32>.self)
    return unsafe word.pointee.compareExchange(
      expected: old, desired: new, ordering: .sequentiallyConsistent
    ).exchanged
  }

  /// Blocks at `key` until a wake with one of `bits`, if the word at `address` is `expected`.
  ///
  /// `deadline` is in monotonic nanoseconds, `.max` for none; with `isWall` it is a wall-clock
  /// time, and the wait follows changes of that clock.
  ///
  /// - Throws: `tryAgain` if the word differs; `badAddress`; `timedOut`; `interrupted` by a signal.
  static func wait(
    at key: FutexKey, _ address: UserAddress, for expected: UInt32, bits: UInt32,
    until deadline: UInt64, isWall: Bool
  ) throws(Errno) {
    let thread = P.thread
    let task = thread.pointee.task
    if let frame = key.frame { pool.retain(frame) }
    P.processes.withLock { table in
      table.futexes.append(task, key: key, bits: bits, in: table.threads)
      thread.pointee.wait = isWall ? .timeOfDay : .futex
    }
    defer {
      // A requeue may have moved the waiter, and its reference, to another frame.
      if let frame = thread.pointee.futex.key.frame { pool.release(frame) }
    }
    do throws(Errno) {
      guard try P.User.word(at: address) == expected else { throw .tryAgain }
      while thread.pointee.futex.isQueued {
        if thread.pointee.isInterrupted { throw .interrupted }
        let end = isWall ? P.deadline(deadline, on: .realtime) : deadline
        if end != .max, P.monotonicNanoseconds() >= end { throw .timedOut }
        P.wait(until: end)
      }
    } catch {
      // A wake that arrived meanwhile must count; otherwise it would be lost.
      if leave(task) { throw error }
    }
    _ = leave(task)
  }

  /// Removes the thread of `task` from its queue; false if a wake has already done so.
  @inline(never)
  private static func leave(_ task: TaskNumber) -> Bool {
    P.processes.withLock { table in
      table.thread(task).pointee.wait = .nothing
      return table.futexes.remove(task, in: table.threads)
    }
  }

  /// Wakes up to `count` threads that wait at `key` with one of `bits`; returns their number.
  @inline(never)
  static func wake(_ key: FutexKey, count: UInt32, bits: UInt32) -> UInt32 {
    // One thread at a time under the lock, because interrupts are masked while it is held.
    var woken: UInt32 = 0
    while woken < count,
      P.processes.withLock({ table in
        guard let task = table.futexes.first(at: key, bits: bits, in: table.threads) else {
          return false
        }
        _ = table.futexes.remove(task, in: table.threads)
        P.wake(task)
        return true
      })
    { woken += 1 }
    return woken
  }

  /// Moves the first thread that waits at `key` to `other`; false if there is none.
  @inline(never)
  private static func move(one key: FutexKey, to other: FutexKey) -> Bool {
    P.processes.withLock { table in
      guard let task = table.futexes.first(at: key, bits: .max, in: table.threads) else {
        return false
      }
      let bits = table.thread(task).pointee.futex.bits
      _ = table.futexes.remove(task, in: table.threads)
      table.futexes.append(task, key: other, bits: bits, in: table.threads)
      return true
    }
  }

  /// Wakes up to `count` threads at `key` and moves up to `limit` others to `other`. Returns the
  /// number of both together, as Linux does, also if `other` is the same futex.
  static func requeue(
    _ key: FutexKey, wake count: UInt32, to other: FutexKey, limit: UInt32
  ) -> UInt32 {
    let woken = wake(key, count: count, bits: .max)
    guard key != other else {
      return P.processes.withLock {
        woken + min(limit, $0.futexes.count(at: key, in: $0.threads))
      }
    }
    var moved: UInt32 = 0
    while moved < limit, move(one: key, to: other) { moved += 1 }
    // Move the references of the requeued waiters. None of them has left its wait since: it would
    // need the kernel lock for that.
    for _ in 0..<moved {
      if let frame = other.frame { pool.retain(frame) }
      if let frame = key.frame { pool.release(frame) }
    }
    return woken + moved
  }
}
