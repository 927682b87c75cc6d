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
}

/// A thread's entry in a futex queue. Protected by the process table's lock.
struct FutexWaiter {
  var key = FutexKey()
  /// The bits of FUTEX_WAIT_BITSET; a wake must have one of them.
  var bits: UInt32 = 0
  /// The task of the next waiter in the same queue, or `none`.
  var next = FutexWaiter.none
  /// Whether the thread is still in a queue; false once it has been woken.
  var isQueued = false

  static var none: TaskNumber { TaskNumber(rawValue: .max) }
}
