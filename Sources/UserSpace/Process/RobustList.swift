// SPDX-License-Identifier: Apache-2.0
import VmRegion

// SAFETY: places of threads do not move, and the thread is the running one.
/// What happens to the robust futexes of a thread that ends while it owns them (set_robust_list(2)): the
/// word of each says so from then on, and one of those who wait for it goes on.
///
/// The list is the program's, in its memory, and may be anything: a head of three words (the first
/// entry, the distance from an entry to its futex, an entry that is being put in or out), entries
/// that begin with the address of the next one, and the head's own address at the end. Bit 0 of an
/// address says that the futex passes priority on: nobody is woken then.
enum RobustList<P: Platform> {
  /// The most entries that are looked at, as in Linux: a list may be a ring.
  private static var limit: Int { 2048 }
  /// How often a word is tried that others change at the same time, before it is left to them.
  private static var attempts: Int { 1024 }

  private static var waiters: UInt32 { 1 << 31 }
  private static var ownerDied: UInt32 { 1 << 30 }
  private static var ownerMask: UInt32 { ownerDied - 1 }

  /// Gives up what the running thread owns. The first bad address ends it.
  @inline(never)
  static func release(_ thread: UnsafeMutablePointer<Thread<P>>) {
    let head = unsafe thread.pointee.robustList
    guard head != 0 else { return }
    unsafe thread.pointee.robustList = 0
    let owner = unsafe thread.pointee.identifier
    do throws(Errno) {
      // Wrapping, here and below: addresses are checked when they are used.
      var entry = try Futex<P>.word(at: head)
      let distance = try Futex<P>.word(at: head &+ 4)
      let pending = try Futex<P>.word(at: head &+ 8)
      var left = limit
      while entry & ~1 != head, left > 0 {
        // The way on first: who is woken may take the entry apart.
        let next = try? Futex<P>.word(at: entry & ~1)
        if entry & ~1 != pending & ~1 {
          try giveUp(entry, distance, owner, isPending: false)
        }
        guard let next else { return }
        entry = next
        left -= 1
      }
      if pending & ~1 != 0 { try giveUp(pending, distance, owner, isPending: true) }
    } catch {}  // There is nobody to tell.
  }

  /// Marks the futex of an entry if the thread owns it. One that is pending and has no owner was just
  /// let go: it only lacks the wake.
  ///
  /// - Throws: `badAddress`.
  private static func giveUp(
    _ entry: UInt32, _ distance: UInt32, _ owner: UInt32, isPending: Bool
  ) throws(Errno) {
    let address = entry & ~1 &+ distance
    guard address & 3 == 0 else { throw .badAddress }
    for _ in 0..<attempts {
      let word = try Futex<P>.word(at: address)
      let passesPriority = entry & 1 != 0
      var isWaitedFor = isPending && word & ownerMask == 0
      if !isWaitedFor {
        guard word & ownerMask == owner else { return }
        isWaitedFor = word & waiters != 0
        guard try Futex<P>.exchange(at: address, word, for: word & waiters | ownerDied) else {
          continue
        }
      }
      if isWaitedFor, !passesPriority, let key = Futex<P>.key(of: address, isPrivate: false) {
        _ = Futex<P>.wake(key, count: 1, bits: .max)
      }
      return
    }
  }
}
