// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The kernel's state of a futex with an owner (Linux's pi_state). It exists exactly while a thread
/// waits for ownership. Protected by the process table's lock.
struct OwnedFutex {
  /// The task that owns the futex.
  fileprivate(set) var owner = TaskNumber(rawValue: 0)
  /// The number of threads that wait; 0 in a free record.
  fileprivate(set) var waiters: UInt32 = 0
  /// The owner has ended, and the waiter that is the owner now has not stored its number in the
  /// word yet.
  fileprivate(set) var isAbandoned = false
}

/// The states of all contended futexes with an owner, and a mutex for each. They never run out:
/// each has a waiter of its own, and there are as many as tasks.
struct OwnedFutexes {
  private let records: RecordTable<OwnedFutex>
  private let mutexes: RecordTable<Mutex>
  /// The number of records in use.
  private(set) var used = 0

  /// Size of the states for `taskCount` tasks in bytes.
  static func size(taskCount: Int) -> Int {
    taskCount * (MemoryLayout<OwnedFutex>.stride + MemoryLayout<Mutex>.stride)
  }

  /// No states, in `size(taskCount:)` bytes of `memory`, which they keep permanently.
  init(in memory: inout RecordMemory, taskCount: Int) {
    mutexes = memory.table(taskCount) { _ in Mutex(.normal) }
    records = memory.table(taskCount) { _ in OwnedFutex() }
  }

  /// The state with this number.
  subscript(index: Int) -> OwnedFutex { records[index] }

  /// The mutex of a state, through which its owner inherits.
  func mutex(_ index: Int) -> ObjectHandle<Mutex> {
    // SAFETY: the mutexes are never freed and do not move.
    unsafe ObjectHandle(at: mutexes.reference(index).address)
  }

  /// Takes a free record for a futex that `owner` owns, and for which `waiter` is the first to
  /// wait.
  mutating func make<P: InheritanceServices>(
    owner: TaskNumber, waiter: TaskNumber, _ services: P.Type
  ) -> Int {
    var index = waiter.index
    while records[index].waiters != 0 { index = index + 1 < records.count ? index + 1 : 0 }
    records[index].waiters = 1
    used += 1
    give(index, to: owner, services)
    return index
  }

  /// Counts one more waiter.
  func addWaiter(_ index: Int) { records[index].waiters += 1 }

  /// Counts one waiter less; after the last one the record is free.
  mutating func removeWaiter<P: InheritanceServices>(_ index: Int, _ services: P.Type) {
    records[index].waiters -= 1
    guard records[index].waiters == 0 else { return }
    P.setOwner(nil, of: mutex(index))
    used -= 1
  }

  /// Makes another task the owner. After the owner has ended, `isAbandoned` says that the word does
  /// not name the new one yet.
  func give<P: InheritanceServices>(
    _ index: Int, to owner: TaskNumber, isAbandoned: Bool = false, _ services: P.Type
  ) {
    records[index].owner = owner
    records[index].isAbandoned = isAbandoned
    P.setOwner(owner, of: mutex(index))
  }

  /// The word names the new owner now.
  func endAbandonment(_ index: Int) { records[index].isAbandoned = false }

  /// The first state that `task` owns; nil if there is none.
  func first(ownedBy task: TaskNumber) -> Int? {
    guard used > 0 else { return nil }
    for index in 0..<records.count where records[index].waiters != 0 {
      if records[index].owner == task { return index }
    }
    return nil
  }
}
