// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The advice of madvise.
public enum MemoryAdvice: Equatable, Sendable {
  /// A hint that needs no action.
  case hint
  /// The content is not needed: private memory reads as zeros again, or as the content of its file.
  case discard
  /// The content is not needed; the memory must be private and anonymous.
  case free
  /// Shared memory reads as zeros again in all of its mappings.
  case remove
  /// Map frames for all pages, for reading.
  case populateRead
  /// Map frames for all pages, for writing.
  case populateWrite
  /// Sets a trait for later forks: `wipedByFork`, for private anonymous memory only, or
  /// `excludedFromFork`.
  case setTrait(RegionTraits)
  /// Clears such a trait.
  case clearTrait(RegionTraits)
}

/// madvise, mlock, mincore and msync: advice and queries about mapped memory.
extension AddressSpace where Table: ~Copyable {
  /// madvise: applies `advice` to the `length` bytes at `base`, rounded up to pages.
  ///
  /// - Throws: `invalid` for a misaligned base, a range that wraps, or advice that a region cannot
  ///   take; `accessDenied` for `remove` on shared memory that can never be writable;
  ///   `notPermitted` if the range touches a sealed region; `outOfMemory` if it has a hole: as in
  ///   Linux, the mapped parts are processed first.
  public mutating func advise(
    _ base: UserAddress, length: Word, _ advice: MemoryAdvice
  ) throws(MemoryError) {
    let rounded = Page.roundedUp(length)
    guard base.isPageAligned, length == 0 || rounded != 0, let end = base.adding(rounded)
    else { throw .invalid }
    guard end != base else { return }
    let last = min(end, UserRange.limit)
    let first = tree.firstEnding(above: base)
    guard !touchesSealed(from: first, below: last) else { throw .notPermitted }
    var covered = base
    var hasHole = last != end
    var position = first
    while let node = position, node.base < last {
      if node.base > covered { hasHole = true }
      let result = try apply(
        advice, from: max(base, node.base), to: min(last, node.end), of: node)
      covered = result.end
      position = result.next
    }
    if hasHole || covered < last { throw .outOfMemory }
  }

  /// Applies `advice` to `base ..< end`, a part of `node`.
  ///
  /// - Returns: the region that contains the part now.
  private mutating func apply(
    _ advice: MemoryAdvice, from base: UserAddress, to end: UserAddress, of node: RegionReference
  ) throws(MemoryError) -> RegionReference {
    let isShared = node.traits.contains(.shared)
    let beginsWithZeros = node.region.name.beginsWithZeros
    switch advice {
    case .hint: break
    case .discard:
      guard !isShared, beginsWithZeros || comesFromFile(node) else { break }
      releasePages(from: base, to: end, of: node)
    case .free:
      guard beginsWithZeros, !isShared else { throw .invalid }
      releasePages(from: base, to: end, of: node)
    case .remove:
      guard isShared else { throw .invalid }
      guard node.region.maximum.contains(.write) else { throw .accessDenied }
      zeroPages(from: base, to: end)
    case .populateRead, .populateWrite:
      let access: Access = advice == .populateRead ? .read : .write
      guard node.permissions.allows(access), let range = UserRange(base: base, count: end - base)
      else { throw .invalid }
      try prepare(range, for: access)
    case .setTrait(let trait):
      guard trait != .wipedByFork || beginsWithZeros && !isShared else { throw .invalid }
      return try mark(node, from: base, to: end, node.traits.union(trait))
    case .clearTrait(let trait):
      return try mark(node, from: base, to: end, node.traits.subtracting(trait))
    }
    return node
  }

  /// Sets the traits of `base ..< end`, a part of `node`.
  ///
  /// - Returns: the region that contains the part now.
  @inline(never)
  private mutating func mark(
    _ node: RegionReference, from base: UserAddress, to end: UserAddress, _ traits: RegionTraits
  ) throws(MemoryError) -> RegionReference {
    guard node.traits != traits else { return node }
    guard tree.count + 2 <= Self.regionLimit else { throw .outOfMemory }
    try slab.reserve(2)
    let part = node.base < base ? split(node, at: base) : node
    if part.end > end { _ = split(part, at: end) }
    part.traits = traits
    return mergeWithNeighbours(part)
  }

  /// Whether the pages of a region can be read from its file again.
  private func comesFromFile(_ node: RegionReference) -> Bool {
    guard case .file(let path) = node.region.name else { return false }
    return fileSource != nil && path != .max
  }

  /// Zeroes the frames of mapped pages; other address spaces may have mapped them, too.
  private func zeroPages(from base: UserAddress, to end: UserAddress) {
    let limit = VirtualPage(containing: end)
    var page = VirtualPage(containing: base)
    while let mapped = table.firstMapped(from: page, below: limit) {
      if let there = table.lookup(mapped) { Memory.zero(there.frame) }
      page = VirtualPage(number: mapped.number + 1)
    }
  }

  /// Maps frames for all of `range`, as MAP_POPULATE and mlock do: for writing where the region
  /// allows it, else for reading.
  ///
  /// - Throws: `outOfMemory`, also for a hole and for a region that allows no access.
  public mutating func populate(_ range: UserRange) throws(MemoryError) {
    try checkMapped(range.base, range.end)
    var position = range.count == 0 ? nil : tree.firstEnding(above: range.base)
    while let node = position, node.base < range.end {
      let (base, end) = (max(node.base, range.base), min(node.end, range.end))
      guard let piece = UserRange(base: base, count: end - base),
        node.permissions.allows(.read)
      else { throw .outOfMemory }
      try prepare(piece, for: node.permissions.allows(.write) ? .write : .read)
      position = node.next
    }
  }

  /// Maps frames for `range`, for writing where allowed, else for reading. Ends silently at the
  /// first page for which that fails.
  public mutating func tryPopulate(_ range: UserRange) {
    do { try populate(range) } catch { return }
  }

  /// Checks that regions cover all of `base ..< end`.
  ///
  /// - Throws: `outOfMemory` if there is a hole.
  public mutating func checkMapped(_ base: UserAddress, _ end: UserAddress) throws(MemoryError) {
    var covered = base
    var position = base < end ? tree.firstEnding(above: base) : nil
    while covered < end {
      guard let node = position, node.base <= covered else { throw .outOfMemory }
      covered = node.end
      position = node.next
    }
  }

  /// mincore of one page: whether a frame is mapped.
  ///
  /// - Throws: `outOfMemory` if the page lies in no region.
  public mutating func isResident(_ page: VirtualPage) throws(MemoryError) -> Bool {
    guard let node = tree.firstEnding(above: page.address), node.base <= page.address else {
      throw .outOfMemory
    }
    return table.lookup(page) != nil
  }
}

extension RegionName {
  /// Whether memory of this kind reads as zeros before it is written.
  var beginsWithZeros: Bool {
    switch self {
    case .anonymous, .heap, .stack: true
    case .vdso, .vvar, .file: false
    }
  }
}
