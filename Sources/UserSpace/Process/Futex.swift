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
  /// frame for shared memory. nil if the program may not access the word so, which is checked
  /// unless `isPrivate`.
  ///
  /// As on Linux, a private and a shared futex on the same word are distinct. A waiter holds a
  /// reference to the frame, so the frame cannot be reused for another program meanwhile.
  @inline(never)
  static func key(of address: UserAddress, isPrivate: Bool, for access: Access = .read)
    -> FutexKey?
  {
    let process = P.process
    let space = process.pointee.memory.identity
    if isPrivate { return FutexKey(space: space, address: address.word) }
    guard let there = try? process.pointee.space.frame(at: address, for: access) else { return nil }
    guard there.isShared else { return FutexKey(space: space, address: address.word | 1) }
    return FutexKey(
      space: UInt(there.frame.address.word), address: address.pageOffset,
      frame: pool.manages(there.frame) ? there.frame : nil)
  }

  static var pool: FramePool<P.CPU, P.Memory> {
    P.process.pointee.space.pool
  }

  /// The key of the futex at a user address that is not checked yet.
  ///
  /// - Throws: `invalid` if it is not aligned; `badAddress`.
  @inline(__always)
  static func checkedKey(
    of address: UserAddress, isPrivate: Bool, for access: Access = .read
  ) throws(Errno) -> FutexKey {
    guard address.word & 3 == 0 else { throw .invalid }
    guard address < UserRange.limit,
      let key = key(of: address, isPrivate: isPrivate, for: access)
    else { throw .badAddress }
    return key
  }

  /// Atomically replaces the word at a user address by `new` if it is `old`.
  ///
  /// - Returns: whether it was replaced.
  /// - Throws: `badAddress`.
  static func exchange(at address: UserAddress, _ old: UInt32, for new: UInt32) throws(Errno)
    -> Bool
  {
    guard let there = try? P.process.pointee.space.frame(at: address, for: .write) else {
      throw .badAddress
    }
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
    if let frame = key.frame { pool.retain(frame) }
    let waiter = P.processes.withLock { table in
      let waiter = table.futexes.waiter(of: thread.pointee.task)
      table.futexes.append(waiter, key: key, bits: bits)
      thread.pointee.wait = isWall ? .timeOfDay : .futex
      return waiter
    }
    defer {
      // A requeue may have moved the waiter, and its reference, to another frame.
      if let frame = waiter.pointee.key.frame { pool.release(frame) }
    }
    do throws(Errno) {
      guard try P.User.word(at: address) == expected else { throw .tryAgain }
      while waiter.pointee.isQueued { try P.wait(until: end(of: deadline, isWall: isWall)) }
    } catch {
      // A wake that arrived meanwhile must count; otherwise it would be lost.
      if leave(waiter) { throw error }
    }
    _ = leave(waiter)
  }

  /// The end of a wait of the running thread in monotonic nanoseconds, `.max` for none.
  ///
  /// - Throws: `interrupted` by a signal; `timedOut` if the end has come.
  @inline(__always)
  static func end(of deadline: UInt64, isWall: Bool) throws(Errno) -> UInt64 {
    if P.thread.pointee.isInterrupted { throw .interrupted }
    let end = isWall ? P.deadline(deadline, on: .realtime) : deadline
    if end != .max, P.monotonicNanoseconds() >= end { throw .timedOut }
    return end
  }

  /// Removes the waiter of the running thread from its queue; false if a wake has already done so.
  @inline(never)
  static func leave(_ waiter: RecordReference<FutexWaiter>) -> Bool {
    P.processes.withLock { table in
      table.thread(waiter.pointee.task).pointee.wait = .nothing
      return table.futexes.remove(waiter)
    }
  }

  /// Wakes up to `count` threads that wait at `key` with one of `bits`; returns their number. With
  /// `switches`, the last of them runs at once if it is more urgent: the caller holds no lock but
  /// the kernel lock.
  ///
  /// - Throws: `invalid` if a thread waits there for something else than a wake.
  @inline(never)
  @discardableResult
  static func wake(
    _ key: FutexKey, count: UInt32, bits: UInt32, switches: Bool = false
  ) throws(Errno) -> UInt32 {
    // One thread at a time under the lock, because interrupts are masked while it is held.
    var woken: UInt32 = 0
    while woken < count {
      // One before the last would keep the others from being woken for as long as it runs.
      let mayRun = switches && woken == count &- 1  // Wrapping: it is not 0.
      var isLast = false
      let task = try P.processes.withLock { table throws(Errno) -> TaskNumber? in
        guard let waiter = table.futexes.first(at: key, bits: bits) else { return nil }
        guard waiter.pointee.bits != 0 else { throw .invalid }
        table.futexes.remove(waiter)
        let task = waiter.pointee.task
        if !mayRun {
          P.wake(task)
          isLast = table.futexes.first(at: key, bits: bits) == nil
        }
        return task
      }
      guard let task else { break }
      // The task still has its number: its thread needs the kernel lock alone to end.
      if mayRun { P.wakeAndSwitch(task) }
      woken += 1
      if isLast { break }
    }
    return woken
  }
}
