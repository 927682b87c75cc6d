// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Which futex: two waits meet if their keys are equal.
struct FutexKey: Equatable {
  /// The address space for private memory; the frame's address for shared memory.
  var home: UInt = 0
  /// The address there; for shared memory the offset in its frame.
  var address: UInt32 = 0
  /// The frame of shared memory, of which a waiter holds a reference; nil for private memory and for a
  /// frame that the pool does not have.
  var frame: PhysicalFrame?
}

/// A thread in the queue of a futex. Guarded by the process table's lock.
struct FutexWaiter {
  var key = FutexKey()
  /// The bits of FUTEX_WAIT_BITSET; a wake must have one of them.
  var bits: UInt32 = 0
  /// The next one behind it in the queue of its hash, by task, or `none`.
  var next = FutexWaiter.none
  /// Still in a queue: nobody has woken it.
  var isQueued = false

  static var none: UInt32 { .max }
}
