// SPDX-License-Identifier: Apache-2.0
/// The word of a futex that has an owner, as programs store it (linux/futex.h):
///
///     31 FUTEX_WAITERS    30 FUTEX_OWNER_DIED    29...0 the number of the owner, 0 for none
///
/// A program locks a free futex by changing the word from 0 to the thread's number, and unlocks it
/// by changing it back. With FUTEX_WAITERS set it must call the kernel for the latter.
struct FutexWord: RawRepresentable, Equatable {
  let rawValue: UInt32

  /// Whether threads wait in the kernel.
  var hasWaiters: Bool { rawValue & Self.waiters != 0 }

  /// Whether an owner has ended, and what the futex protects may be inconsistent.
  var hasDeadOwner: Bool { rawValue & Self.ownerDied != 0 }

  /// The thread that owns the futex; `zero` for none.
  var owner: ThreadID { ThreadID(rawValue: rawValue & (Self.ownerDied - 1)) }

  /// The word after its owner has ended.
  var withDeadOwner: FutexWord {
    FutexWord(rawValue: rawValue & Self.waiters | Self.ownerDied)
  }

  /// The word when a thread begins to wait: the owner then unlocks by a call.
  var withWaiters: FutexWord { FutexWord(rawValue: rawValue | Self.waiters) }

  /// The word of a free futex after a thread has taken it. That an owner has ended stays known.
  func taken(by thread: ThreadID) -> FutexWord {
    FutexWord(rawValue: rawValue & Self.ownerDied | thread.rawValue)
  }

  /// The word after a waiter has become the owner because the last one has ended. If the word still
  /// names that one, nothing else says that it has ended.
  func inherited(by thread: ThreadID) -> FutexWord {
    (owner == .zero ? self : withDeadOwner).taken(by: thread).withWaiters
  }

  /// The word after an unlock that makes a waiter the owner.
  static func handedOver(to thread: ThreadID) -> FutexWord {
    FutexWord(rawValue: waiters | thread.rawValue)
  }

  private static var waiters: UInt32 { 1 << 31 }
  private static var ownerDied: UInt32 { 1 << 30 }
}
