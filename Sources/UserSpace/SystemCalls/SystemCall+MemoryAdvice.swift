// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// madvise, mincore, msync and mlock. There is no swap and no write-back, so most of the work is to
/// give Linux' answers.
extension SystemCall {
  /// madvise: the address, the length, the advice.
  @inline(__always)
  func advise() throws(Errno) -> Word {
    let (base, length) = (address(0), word(1))
    let advice: MemoryAdvice
    switch argument(2) {
    case 4, 24: advice = .discard  // MADV_DONTNEED, MADV_DONTNEED_LOCKED
    case 8: advice = .free
    case 9: advice = .remove
    case 22: advice = .populateRead
    case 23: advice = .populateWrite
    case 10: advice = .setTrait(.excludedFromFork)  // MADV_DONTFORK
    case 11: advice = .clearTrait(.excludedFromFork)  // MADV_DOFORK
    case 18: advice = .setTrait(.wipedByFork)  // MADV_WIPEONFORK
    case 19: advice = .clearTrait(.wipedByFork)  // MADV_KEEPONFORK
    case 0...3, 12, 13, 16, 17, 20, 21: advice = .hint
    default: throw .invalid
    }
    try lockFiles(from: base, length: length)
    return try changeSpace { (space) throws(MemoryError) in
      try space.beginAdvise(base, length: length, advice)
    }
  }

  /// mincore: stores one byte for each page; works on 16 pages at a time, and is a
  /// preemption point after each.
  @inline(__always)
  func residency() throws(Errno) -> Word {
    let (base, length, vector) = (address(0), word(1), address(2))
    guard base.isPageAligned else { throw .invalid }
    guard base <= UserRange.limit, length <= UserRange.limit.word - base.word else {
      throw .outOfMemory
    }
    let pages = Page.count(Page.roundedUp(length))
    var done: UInt32 = 0
    while done < pages {
      let count = min(16, pages - done)
      var states = InlineArray<16, UInt8>(repeating: 0)
      try withSpace { (space) throws(MemoryError) in
        for index in 0..<count {
          let page = VirtualPage(number: VirtualPage(containing: base).number + done + index)
          states[Int(index)] = try space.isResident(page) ? 1 : 0
        }
      }
      var failure: Errno?
      let span = states.span
      // SAFETY: `count` is at most the array's length; the copy checks the user address.
      unsafe span.withUnsafeBytes { buffer in
        guard let start = buffer.baseAddress else { return }
        do throws(Errno) {
          try unsafe copyOut(start, to: vector &+ Word(done), count: Int(count))
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      done += count
      if P.mustEnd() { throw .interrupted }
    }
    return 0
  }

  /// msync: checks its arguments only, because there is nothing to write back.
  @inline(__always)
  func synchronize() throws(Errno) -> Word {
    let (base, length) = (address(0), word(1))
    guard argument(2) & ~7 == 0, argument(2) & 5 != 5, base.isPageAligned else { throw .invalid }
    guard let end = base.adding(Page.roundedUp(length)) else { throw .outOfMemory }
    return try checkMapped(base, end)
  }

  /// Checks that regions cover all of `base ..< end`, with preemption points.
  ///
  /// - Returns: 0.
  /// - Throws: `outOfMemory` if there is a hole.
  @inline(never)
  private func checkMapped(_ base: UserAddress, _ end: UserAddress) throws(Errno) -> Word {
    try changeSpace { (space) throws(MemoryError) in space.beginCheck(base, end) }
  }

  /// mlock and mlock2. Pages in memory are never swapped out; without MLOCK_ONFAULT the missing
  /// ones are mapped now.
  @inline(never)
  func lock(flags: UInt32) throws(Errno) -> Word {
    guard flags & ~1 == 0 else { throw .invalid }
    let (base, end) = try lockedRange()
    _ = try checkMapped(base, end)
    P.preemptionPoint()
    guard flags == 0, let range = UserRange(base: base, end: end) else { return 0 }
    return try changeSpace { (space) throws(MemoryError) in space.beginPopulate(range) }
  }

  /// munlock: checks its arguments only.
  @inline(__always)
  func unlock() throws(Errno) -> Word {
    let (base, end) = try lockedRange()
    return try checkMapped(base, end)
  }

  /// mlockall: MCL_CURRENT or MCL_FUTURE or both, with or without MCL_ONFAULT.
  @inline(__always)
  func lockAll() throws(Errno) -> Word {
    guard argument(0) & ~7 == 0, argument(0) & 3 != 0 else { throw .invalid }
    return 0
  }

  /// The pages of the bytes at argument 0, as many as argument 1. Wrapping: as in Linux, a length
  /// that rounds to 0 is an empty range.
  private func lockedRange() throws(Errno) -> (base: UserAddress, end: UserAddress) {
    let base = address(0).pageBase
    let length = Page.roundedUp(word(1) &+ address(0).pageOffset)
    guard let end = base.adding(length) else { throw .invalid }
    return (base, end)
  }
}
