// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The FIFO queues of futex waiters, one for each hash of keys. The links are stored in the
/// threads. Protected by the process table's lock.
///
/// A handle to separate memory: arrays inside the process table's record would be copied at each
/// access.
struct FutexQueues {
  private static var count: Int { 16 }
  /// Size of the queues in bytes; they are aligned to 4.
  static var size: Int { 2 * count * MemoryLayout<TaskNumber>.stride }

  private let heads: RecordTable<TaskNumber>
  private let tails: RecordTable<TaskNumber>

  /// Empty queues in `size` bytes of `memory`, which they keep permanently.
  init(in memory: inout RecordMemory) {
    heads = memory.table(Self.count) { _ in FutexWaiter.none }
    tails = memory.table(Self.count) { _ in FutexWaiter.none }
  }

  private static func hash(_ key: FutexKey) -> Int {
    // Wrapping: a hash may lose bits.
    let place = UInt32(truncatingIfNeeded: key.address)
    let mixed = UInt32(truncatingIfNeeded: key.space >> 6) &+ place >> 2
    return Int((mixed &* 0x9e37_79b9) >> 28)
  }

  /// Appends the thread of `task` to the queue of `key`.
  @inline(never)
  func append<P: Platform>(
    _ task: TaskNumber, key: FutexKey, bits: UInt32, in threads: RecordTable<Thread<P>>
  ) {
    let queue = Self.hash(key)
    threads[task.index].futex = FutexWaiter(
      key: key, bits: bits, next: FutexWaiter.none, isQueued: true)
    if heads[queue] == FutexWaiter.none {
      heads[queue] = task
    } else {
      threads[tails[queue].index].futex.next = task
    }
    tails[queue] = task
  }

  /// Removes the thread of `task` from its queue; false if it is in none.
  @inline(never)
  func remove<P: Platform>(
    _ task: TaskNumber, in threads: RecordTable<Thread<P>>
  ) -> Bool {
    guard threads[task.index].futex.isQueued else { return false }
    let queue = Self.hash(threads[task.index].futex.key)
    var previous = FutexWaiter.none
    var position = heads[queue]
    while position != task {
      previous = position
      position = threads[position.index].futex.next
    }
    let next = threads[task.index].futex.next
    if previous == FutexWaiter.none {
      heads[queue] = next
    } else {
      threads[previous.index].futex.next = next
    }
    if tails[queue] == task { tails[queue] = previous }
    threads[task.index].futex.isQueued = false
    return true
  }

  /// The task of the first thread that waits at `key` with one of `bits`; nil if there is none.
  @inline(never)
  func first<P: Platform>(
    at key: FutexKey, bits: UInt32, in threads: RecordTable<Thread<P>>
  ) -> TaskNumber? {
    var position = heads[Self.hash(key)]
    while position != FutexWaiter.none {
      let waiter = threads[position.index].futex
      if waiter.key == key, waiter.bits & bits != 0 { return position }
      position = waiter.next
    }
    return nil
  }

  /// The number of threads that wait at `key`.
  @inline(never)
  func count<P: Platform>(at key: FutexKey, in threads: RecordTable<Thread<P>>) -> UInt32 {
    var count: UInt32 = 0
    var position = heads[Self.hash(key)]
    while position != FutexWaiter.none {
      let waiter = threads[position.index].futex
      if waiter.key == key { count += 1 }
      position = waiter.next
    }
    return count
  }
}
