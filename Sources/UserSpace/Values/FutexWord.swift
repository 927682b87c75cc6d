// SPDX-License-Identifier: Apache-2.0
/// The word of a futex that has an owner, as programs store it (linux/futex.h):
///
///     31 FUTEX_WAITERS    30 FUTEX_OWNER_DIED    29...0 the number of the owner, 0 for none
struct FutexWord: RawRepresentable, Equatable {
  let rawValue: UInt32

  /// Whether threads wait in the kernel.
  var hasWaiters: Bool { rawValue & Self.waiters != 0 }

  /// The thread that owns the futex; `zero` for none.
  var owner: ThreadID { ThreadID(rawValue: rawValue & (Self.ownerDied - 1)) }

  /// The word after its owner has ended.
  var withDeadOwner: FutexWord {
    FutexWord(rawValue: rawValue & Self.waiters | Self.ownerDied)
  }

  private static var waiters: UInt32 { 1 << 31 }
  private static var ownerDied: UInt32 { 1 << 30 }
}
