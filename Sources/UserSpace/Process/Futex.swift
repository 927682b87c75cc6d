// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TickHandler
import VmRegion

// SAFETY: the running process lives as long as its call; places of threads do not move.
/// Fast user-space mutexes (futex(2)): queues of threads that wait for a word to change.
///
/// A waiter enters its queue first and looks at the word then, so that no wake can fall between
/// the two, on however many CPUs.
enum Futex<P: Platform> {
  /// What identifies the futex at a user address, which is aligned: the space for private memory, the
  /// frame for shared memory. nil where the caller does not say that it is private, and the word cannot
  /// be read.
  ///
  /// As in Linux a futex that the caller calls private is another one than the same word without that.
  /// A waiter holds a reference of the frame, so that it does not become another program's meanwhile.
  @inline(never)
  static func key(of address: UInt32, isPrivate: Bool) -> FutexKey? {
    let process = unsafe P.process
    let home = unsafe process.pointee.memory.identity
    if isPrivate { return FutexKey(home: home, address: address) }
    guard let word = UserRange(base: address, count: 4),
      let region = unsafe process.pointee.space.region(at: address)
    else { return nil }
    do {
      try unsafe process.pointee.space.prepare(word, for: .read)
    } catch { return nil }
    guard region.traits.contains(.shared) else {
      return FutexKey(home: home, address: address | 1)
    }
    let page = VirtualPage(containing: address)
    guard let there = unsafe process.pointee.space.table.lookup(page) else { return nil }
    return FutexKey(
      home: UInt(there.frame.address), address: address & Page.offsetMask,
      frame: pool.referenceCount(of: there.frame) == 0 ? nil : there.frame)
  }

  private static var pool: FramePool<P.CPU, P.Memory> {
    unsafe P.process.pointee.space.pool
  }

  /// The word at a user address.
  ///
  /// - Throws: `badAddress`.
  static func word(at address: UInt32) throws(Errno) -> UInt32 {
    var word = UInt32(0)
    guard UserRange(base: address, count: 4) != nil,
      unsafe P.User.copyIn(&word, from: address, count: 4)
    else { throw .badAddress }
    return word
  }

  /// Stores `new` in the word at a user address if `old` stands there, in one step for all CPUs.
  ///
  /// - Returns: whether it did.
  /// - Throws: `badAddress`.
  static func exchange(at address: UInt32, _ old: UInt32, for new: UInt32) throws(Errno) -> Bool {
    guard let range = UserRange(base: address, count: 4) else { throw .badAddress }
    do throws(MemoryError) {
      try unsafe P.process.pointee.space.prepare(range, for: .write)
    } catch { throw .badAddress }
    let page = VirtualPage(containing: address)
    guard let there = unsafe P.process.pointee.space.table.lookup(page) else { throw .badAddress }
    // The program's other threads do not get into the kernel now, so the frame stays where it is.
    // SAFETY: an aligned word of a frame that the space holds.
    let word = unsafe (P.Memory.pointer(to: there.frame) + Int(address & Page.offsetMask))
      .assumingMemoryBound(to: Atomic<UInt32>.self)
    return unsafe word.pointee.compareExchange(
      expected: old, desired: new, ordering: .sequentiallyConsistent
    ).exchanged
  }

  /// Waits at `key` until a wake with one of `bits`, if the word at `address` is `expected`.
  ///
  /// - Throws: `tryAgain` if it is not; `badAddress`; `timedOut` at `deadline`, in monotonic
  ///   nanoseconds or, if `isWall`, when the wall clock says so, whoever sets it meanwhile;
  ///   `interrupted` by a signal.
  static func wait(
    at key: FutexKey, _ address: UInt32, for expected: UInt32, bits: UInt32,
    until deadline: UInt64, isWall: Bool
  ) throws(Errno) {
    let thread = unsafe P.thread
    let task = unsafe thread.pointee.task
    if let frame = key.frame { pool.retain(frame) }
    P.processes.withLock { table in
      unsafe table.futexes.append(task, key: key, bits: bits, in: table.thread(0))
      unsafe thread.pointee.wait = isWall ? .timeOfDay : .futex
    }
    defer {
      // A requeue may have moved the wait, and the reference with it.
      if let frame = unsafe thread.pointee.futex.key.frame { pool.release(frame) }
    }
    do throws(Errno) {
      guard try word(at: address) == expected else { throw .tryAgain }
      while unsafe thread.pointee.futex.isQueued {
        if unsafe thread.pointee.isInterrupted { throw .interrupted }
        let end = isWall ? P.deadline(deadline, on: .realtime) : deadline
        if end != .max, P.monotonicNanoseconds() >= end { throw .timedOut }
        P.wait(until: end)
      }
    } catch {
      // A wake that came meanwhile counts, or it would be lost.
      if leave(task) { throw error }
    }
    _ = leave(task)
  }

  /// Takes the thread of `task` out of its queue; false if a wake has done it.
  @inline(never)
  private static func leave(_ task: UInt32) -> Bool {
    P.processes.withLock { table in
      unsafe table.thread(task).pointee.wait = .nothing
      return unsafe table.futexes.remove(task, in: table.thread(0))
    }
  }

  /// Wakes up to `count` threads that wait at `key` with one of `bits`; returns how many.
  @inline(never)
  static func wake(_ key: FutexKey, count: UInt32, bits: UInt32) -> UInt32 {
    P.processes.withLock { wake(key, count: count, bits: bits, in: &$0) }
  }

  @inline(never)
  private static func wake(
    _ key: FutexKey, count: UInt32, bits: UInt32, in table: inout ProcessTable<P>
  ) -> UInt32 {
    var woken: UInt32 = 0
    while woken < count,
      let task = unsafe table.futexes.first(at: key, bits: bits, in: table.thread(0))
    {
      _ = unsafe table.futexes.remove(task, in: table.thread(0))
      P.wake(task)
      woken += 1
    }
    return woken
  }

  /// Wakes up to `count` threads at `key` and lets up to `limit` others wait at `other`; returns how
  /// many of both there were, as Linux does, also where `other` is the same futex.
  static func requeue(
    _ key: FutexKey, wake count: UInt32, to other: FutexKey, limit: UInt32
  ) -> UInt32 {
    var moved: UInt32 = 0
    let sum = P.processes.withLock { (table) -> UInt32 in
      let woken = wake(key, count: count, bits: .max, in: &table)
      guard key != other else {
        return unsafe woken + min(limit, table.futexes.count(at: key, in: table.thread(0)))
      }
      while moved < limit,
        let task = unsafe table.futexes.first(at: key, bits: .max, in: table.thread(0))
      {
        let bits = unsafe table.thread(task).pointee.futex.bits
        _ = unsafe table.futexes.remove(task, in: table.thread(0))
        unsafe table.futexes.append(task, key: other, bits: bits, in: table.thread(0))
        moved += 1
      }
      return woken + moved
    }
    // The waiters' references go with them. None of them has left meanwhile: that needs the kernel lock.
    for _ in 0..<moved {
      if let frame = other.frame { pool.retain(frame) }
      if let frame = key.frame { pool.release(frame) }
    }
    return sum
  }
}
