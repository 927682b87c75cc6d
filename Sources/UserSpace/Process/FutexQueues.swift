// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The FIFO queues of futex waiters, one for each hash of keys. Protected by the process table's
/// lock.
///
/// A handle to separate memory: arrays inside the process table's record would be copied at each
/// access.
struct FutexQueues {
  private typealias Link = RecordReference<FutexWaiter>?

  private static var count: Int { 16 }
  private let heads: RecordTable<Link>
  private let tails: RecordTable<Link>
  /// A waiter for each task: a thread waits for one futex at a time, except in futex_waitv.
  private let waiters: RecordTable<FutexWaiter>

  /// Size of the queues for `taskCount` tasks in bytes.
  static func size(taskCount: Int) -> Int {
    2 * count * MemoryLayout<Link>.stride + taskCount * MemoryLayout<FutexWaiter>.stride
  }

  /// Empty queues in `size(taskCount:)` bytes of `memory`, which they keep permanently.
  init(in memory: inout RecordMemory, taskCount: Int) {
    heads = memory.table(Self.count) { _ in nil }
    tails = memory.table(Self.count) { _ in nil }
    waiters = memory.table(taskCount) { FutexWaiter(task: TaskNumber(index: $0)) }
  }

  /// The waiter of a task.
  func waiter(of task: TaskNumber) -> RecordReference<FutexWaiter> { waiters.reference(task.index) }

  private static func hash(_ key: FutexKey) -> Int {
    // Wrapping: a hash may lose bits.
    let place = UInt32(truncatingIfNeeded: key.address)
    let mixed = UInt32(truncatingIfNeeded: key.space >> 6) &+ place >> 2
    return Int((mixed &* 0x9e37_79b9) >> 28)
  }

  /// Appends a waiter, which is in no queue, to the queue of `key`.
  @inline(never)
  func append(_ waiter: RecordReference<FutexWaiter>, key: FutexKey, bits: UInt32) {
    let queue = Self.hash(key)
    waiter.pointee.key = key
    waiter.pointee.bits = bits
    waiter.pointee.next = nil
    waiter.pointee.isQueued = true
    if let last = tails[queue] { last.pointee.next = waiter } else { heads[queue] = waiter }
    tails[queue] = waiter
  }

  /// Removes a waiter from its queue; false if it is in none.
  @inline(never)
  @discardableResult
  func remove(_ waiter: RecordReference<FutexWaiter>) -> Bool {
    guard waiter.pointee.isQueued else { return false }
    let queue = Self.hash(waiter.pointee.key)
    var previous: Link = nil
    var position = heads[queue]
    while let here = position, here != waiter {
      previous = here
      position = here.pointee.next
    }
    let next = waiter.pointee.next
    if let previous { previous.pointee.next = next } else { heads[queue] = next }
    if next == nil { tails[queue] = previous }
    waiter.pointee.isQueued = false
    return true
  }

  /// The first waiter at `key` with one of `bits`, or that a wake does not end, unless those are to
  /// be skipped; nil if there is none.
  @inline(never)
  func first(
    at key: FutexKey, bits: UInt32, skipsUnwakeable: Bool = false
  ) -> RecordReference<FutexWaiter>? {
    var position = heads[Self.hash(key)]
    while let waiter = position {
      let isUnwakeable = waiter.pointee.bits == 0 && !skipsUnwakeable
      if waiter.pointee.key == key, waiter.pointee.bits & bits != 0 || isUnwakeable {
        return waiter
      }
      position = waiter.pointee.next
    }
    return nil
  }

  /// The number of waiters at `key`.
  @inline(never)
  func count(at key: FutexKey) -> UInt32 {
    var count: UInt32 = 0
    var position = heads[Self.hash(key)]
    while let waiter = position {
      if waiter.pointee.key == key { count += 1 }
      position = waiter.pointee.next
    }
    return count
  }
}
