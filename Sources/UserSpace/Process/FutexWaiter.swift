// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Identifies a futex: a wake reaches the waiters whose key equals its own.
struct FutexKey: Equatable {
  /// The identity of the address space for private memory; the frame's address for shared memory.
  var space: UInt = 0
  /// The user address for private memory; the offset in the frame for shared memory.
  var address: Word = 0
  /// The frame of shared memory, to which a waiter holds a reference; nil for private memory and
  /// for frames outside the pool.
  var frame: PhysicalFrame?

  /// Equal keys have the same frame, so it is not compared.
  @inline(__always)
  static func == (left: FutexKey, right: FutexKey) -> Bool {
    left.space == right.space && left.address == right.address
  }
}

/// What ends a wait at a futex, if it is not a wake.
enum FutexPurpose: Equatable {
  /// A requeue to the futex with this key, which has an owner (FUTEX_WAIT_REQUEUE_PI).
  case requeue(FutexKey)
  /// Ownership; the number is that of the `OwnedFutex`.
  case ownership(Int)
}

/// An entry in a futex queue. Protected by the process table's lock.
struct FutexWaiter {
  /// The task that waits.
  var task: TaskNumber
  var key = FutexKey()
  /// The bits of FUTEX_WAIT_BITSET; a wake must have one of them. 0 if a wake does not end the
  /// wait.
  var bits: UInt32 = 0
  /// What ends the wait. Only without bits: a plain wait does not set it.
  var purpose = FutexPurpose.requeue(FutexKey())
  /// The address of the word and the value that it is to have. Only in a `FutexVector`.
  var (address, expected): (UserAddress, UInt32) = (0, 0)
  /// The next waiter in the same queue.
  var next: RecordReference<FutexWaiter>?
  /// Whether it is still in a queue; false once it has been woken.
  var isQueued = false

  /// A waiter for `task`, in no queue.
  init(task: TaskNumber) { self.task = task }
}
