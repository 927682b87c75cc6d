// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The allowed destinations of `AddressSpace.remap`.
public enum RemapDestination: Equatable, Sendable {
  /// The old address only.
  case inPlace
  /// The old address if the new length fits there, else any free range.
  case anywhere
  /// The given address; mappings there are replaced.
  case fixed(UserAddress)
}

/// mremap: resizes or moves a region, or a part of one, with its pages.
extension AddressSpace where Table: ~Copyable {
  /// mremap: resizes `oldLength` bytes at `base` to `newLength` bytes, and moves them if necessary.
  /// `oldLength` 0 creates a second mapping of shared memory. With `keepsOld` the old region stays,
  /// without its pages.
  ///
  /// - Returns: the address of the result.
  /// - Throws: the errors of Linux' mremap; the space is then unchanged. `invalid`; `fault` if
  ///   nothing is mapped or the range crosses regions; `notPermitted` if source or destination
  ///   touch a sealed region; `outOfMemory`: mappings at a fixed destination may then be removed.
  public mutating func remap(
    _ base: UserAddress, oldLength: Word, newLength: Word, to destination: RemapDestination,
    keepsOld: Bool = false
  ) throws(MemoryError) -> UserAddress {
    let old = Page.roundedUp(oldLength)
    let new = Page.roundedUp(newLength)
    guard base.isPageAligned, new != 0, old != 0 || oldLength == 0 else { throw .invalid }
    guard let node = tree.firstEnding(above: base), node.base <= base else { throw .fault }
    if case .fixed(let target) = destination {
      try checkTarget(target, new, apartFrom: base, old)
    }
    guard !touchesSealed(from: node, below: UserAddress(base.word &+ max(old, 1))) else {
      throw .notPermitted
    }
    try checkSpecialMove(node, base, old, new, keepsOld: keepsOld)
    if case .fixed(let target) = destination {
      return try moveFixed(base, old, to: target, new, keepsOld: keepsOld)
    }
    if keepsOld { return try move(base, old, to: nil, new, keepsOld: true) }
    if old >= new {
      guard new <= UserRange.limit - base else { throw .invalid }
      if old > new { try unmap(base + new, length: old - new) }
      return base
    }
    try checkSource(base, old, new)
    if old != 0, base + old == node.end, canExtend(node, by: new - old) {
      node.end = base + new
      tree.boundsChanged(node)
      mergeWithNeighbours(node)
      return base
    }
    guard destination == .anywhere else { throw .outOfMemory }
    return try move(base, old, to: nil, new, keepsOld: false)
  }

  /// Checks a fixed destination with the errors of Linux' mremap_to.
  private mutating func checkTarget(
    _ target: UserAddress, _ length: Word, apartFrom base: UserAddress, _ old: Word
  ) throws(MemoryError) {
    guard target.isPageAligned, length <= UserRange.limit.word, target <= UserRange.limit - length
    else { throw .invalid }
    // The old range is not checked yet: one that wraps ends above every target.
    let endsBelow = if let end = base.adding(old) { end <= target } else { false }
    guard endsBelow || target + length <= base else { throw .invalid }
    guard target >= UserRange.lowest else { throw .notPermitted }
    let first = tree.firstEnding(above: target)
    guard !touchesSealed(from: first, below: target + length) else { throw .notPermitted }
  }

  /// Checks that `old` bytes at `base` can be resized to `new` bytes, as Linux' vma_to_resize does.
  private mutating func checkSource(
    _ base: UserAddress, _ old: Word, _ new: Word
  ) throws(MemoryError) {
    guard let node = tree.firstEnding(above: base), node.base <= base else { throw .fault }
    let left = node.end - base
    guard old != 0 || node.traits.contains(.shared) && new <= left else { throw .invalid }
    guard old <= left else { throw .fault }
    if new != old, case .file = node.region.name {
      // Below 2^32, because every page of the region has an offset in the file.
      let first = node.region.pageOffset + Page.count(base - node.base)
      guard !first.addingReportingOverflow(Page.count(new)).overflow else { throw .invalid }
    }
    guard new <= UserRange.limit - UserRange.lowest,
      new <= old || canCommit(new - old, node.permissions, node.traits)
    else { throw .outOfMemory }
  }

  private mutating func canExtend(_ node: RegionReference, by count: Word) -> Bool {
    guard count <= UserRange.limit - node.end else { return false }
    guard let next = node.next else { return true }
    return node.end + count <= tree.effectiveBase(next)
  }

  /// Moves to a fixed `target`. All checks are made before the mappings there are removed.
  private mutating func moveFixed(
    _ base: UserAddress, _ old: Word, to target: UserAddress, _ new: Word, keepsOld: Bool
  ) throws(MemoryError) -> UserAddress {
    let kept = min(old, new)
    try checkSource(base, kept, new)
    guard tree.count + 3 <= Self.regionLimit else { throw .outOfMemory }
    try slab.reserve(4)  // Splits around the target and around the source, and the result.
    clear(target, target + new, from: tree.firstEnding(above: target))
    if old > new { try unmap(base + new, length: old - new) }
    return try move(base, kept, to: target, new, keepsOld: keepsOld)
  }

  /// Moves the pages of `old` bytes at `base` to a new region of `new` bytes at free addresses.
  private mutating func move(
    _ base: UserAddress, _ old: Word, to target: UserAddress?, _ new: Word, keepsOld: Bool
  ) throws(MemoryError) -> UserAddress {
    try checkSource(base, old, new)
    guard tree.count + 2 <= Self.regionLimit else { throw .outOfMemory }
    try slab.reserve(3)
    guard let source = tree.firstEnding(above: base) else { throw .fault }
    if old == 0 {
      guard let range = UserRange(base: base, count: new) else { throw .invalid }
      try populate(range)
    }
    let place = if let target { target } else { try gap(new).base }
    var region = source.region
    region.cutFront(to: base)
    region.base = place
    region.end = place + new
    let node = insert(region, after: tree.lastBeginning(below: place))
    do {
      try duplicatePages(from: base, count: old == 0 ? new : old, to: place)
    } catch {
      unmapKeepingFrames(from: place, to: node.end)
      tree.remove(node)
      slab.free(node)
      throw error
    }
    if old == 0 {
      retainPages(from: place, to: node.end)
    } else {
      unmapKeepingFrames(from: base, to: base + old)
      if !keepsOld { clear(base, base + old, from: tree.firstEnding(above: base)) }
    }
    specialMoved(node)
    mergeWithNeighbours(node)
    return place
  }

  /// Maps the frames of the pages at `base` at `target`, too, with the same permissions.
  private mutating func duplicatePages(
    from base: UserAddress, count: Word, to target: UserAddress
  ) throws(MemoryError) {
    let limit = VirtualPage(containing: base + count)
    var page = VirtualPage(containing: base)
    while let mapped = table.firstMapped(from: page, below: limit) {
      page = VirtualPage(number: mapped.number + 1)
      guard let there = table.lookup(mapped) else { continue }
      let other = VirtualPage(containing: target + (mapped.address - base))
      do {
        try table.map(other, to: there.frame, there.permissions)
      } catch {
        throw .outOfMemory  // The only error of a table.
      }
    }
  }

  /// Unmaps pages without releasing their frames, which stay mapped elsewhere in this space.
  private mutating func unmapKeepingFrames(from base: UserAddress, to end: UserAddress) {
    let limit = VirtualPage(containing: end)
    var page = VirtualPage(containing: base)
    while let mapped = table.firstMapped(from: page, below: limit) {
      _ = table.unmap(mapped)
      page = VirtualPage(number: mapped.number + 1)
    }
  }

  /// Adds one reference of this space to the frame of each mapped page.
  private mutating func retainPages(from base: UserAddress, to end: UserAddress) {
    let limit = VirtualPage(containing: end)
    var page = VirtualPage(containing: base)
    while let mapped = table.firstMapped(from: page, below: limit) {
      page = VirtualPage(number: mapped.number + 1)
      guard let there = table.lookup(mapped) else { continue }
      pool.retain(there.frame)
      residentCount += 1
    }
  }
}
