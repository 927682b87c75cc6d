// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Releases the robust futexes that a thread still owns when it ends (set_robust_list(2)): marks
/// each word with FUTEX_OWNER_DIED and wakes one waiter.
///
/// The list is in user memory and may be malformed. Its head has three words: the first entry, the
/// offset from an entry to its futex, and the entry that is being added or removed. Each entry
/// begins with the address of the next one; the last has the head's address. Bit 0 of an address
/// marks a futex with priority inheritance; `Futex.abandonAll` gives that to a waiter.
enum RobustList<P: Platform> {
  /// The maximum number of entries visited, as on Linux: the list may be a ring.
  private static var limit: Int { 2048 }
  /// How often the update of a word is retried when other CPUs change it at the same time; then the
  /// word is left as it is.
  private static var attempts: Int { 1024 }

  /// Bytes of a word, and of the head.
  private static var wordSize: Word { Word(MemoryLayout<P.ABI.Long>.size) }
  static var headSize: Word { 3 * wordSize }

  /// Releases the futexes that the running thread owns. Stops at the first invalid address.
  @inline(never)
  static func release(_ thread: ThreadReference<P>) {
    let head = thread.pointee.robustList
    guard head != 0 else { return }
    thread.pointee.robustList = 0
    let owner = thread.pointee.identifier
    do throws(Errno) {
      // Wrapping, here and below: addresses are checked when they are accessed.
      var entry = try pointer(at: head)
      let distance = try pointer(at: head &+ wordSize).word
      let pending = try pointer(at: head &+ 2 &* wordSize)
      var left = limit
      while entry.withoutMark != head, left > 0 {
        // Read the next address first: the woken thread may free this entry.
        let next = try? pointer(at: entry.withoutMark)
        if entry.withoutMark != pending.withoutMark {
          try markOwnerDied(entry, distance, owner, isPending: false)
        }
        guard let next else { return }
        entry = next
        left -= 1
      }
      if pending.withoutMark != 0 { try markOwnerDied(pending, distance, owner, isPending: true) }
    } catch {}  // The thread is ending, so no error is reported.
  }

  /// The pointer or offset at a user address; the greatest if it does not fit a word.
  ///
  /// - Throws: `badAddress`.
  private static func pointer(at address: UserAddress) throws(Errno) -> UserAddress {
    let low = UInt64(try P.User.word(at: address))
    guard P.ABI.Long.bitWidth == 64 else { return UserAddress(clamping: low) }
    return UserAddress(clamping: UInt64(try P.User.word(at: address &+ 4)) << 32 | low)
  }

  /// Marks the futex of an entry if the thread owns it. A pending entry without an owner was just
  /// released by the thread and only needs its wake.
  ///
  /// - Throws: `badAddress`.
  private static func markOwnerDied(
    _ entry: UserAddress, _ distance: Word, _ owner: ThreadID, isPending: Bool
  ) throws(Errno) {
    let address = entry.withoutMark &+ distance
    guard address.word & 3 == 0 else { throw .badAddress }
    for _ in 0..<attempts {
      let word = FutexWord(rawValue: try P.User.word(at: address))
      let passesPriority = entry.word & 1 != 0
      var isWaitedFor = isPending && word.owner == .zero
      if !isWaitedFor {
        guard word.owner == owner else { return }
        isWaitedFor = word.hasWaiters
        guard try Futex<P>.exchange(at: address, word.rawValue, for: word.withDeadOwner.rawValue)
        else { continue }
      }
      if isWaitedFor, !passesPriority, let key = Futex<P>.key(of: address, isPrivate: false) {
        _ = try? Futex<P>.wake(key, count: 1, bits: .max)
      }
      return
    }
  }
}

extension UserAddress {
  /// The address of the entry that a word of the list names.
  fileprivate var withoutMark: UserAddress { UserAddress(word & ~1) }
}
