// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// munmap and mprotect: change existing regions. All checks precede the first change.
extension AddressSpace where Table: ~Copyable {
  /// munmap: removes the mappings of `length` bytes at `base`, rounded up to pages. It is not an
  /// error if nothing is mapped there.
  ///
  /// - Throws: `invalid` for length 0, a misaligned base or a range beyond the user range;
  ///   `notPermitted` if the range touches a sealed region; `outOfMemory` if a region must be split
  ///   and there is no frame for the new node. The space is then unchanged.
  public mutating func unmap(_ base: UserAddress, length: Word) throws(MemoryError) {
    guard base.isPageAligned, base <= UserRange.limit, length <= UserRange.limit - base
    else { throw .invalid }
    guard length != 0 else { throw .invalid }
    let end = base + Page.roundedUp(length)
    guard let first = tree.firstEnding(above: base), first.base < end else { return }
    guard !touchesSealed(from: first, below: end) else { throw .notPermitted }
    if first.surrounds(base, end) {
      guard tree.count < Self.regionLimit else { throw .outOfMemory }
      try slab.reserve(1)
    }
    clear(base, end, from: first)
  }

  /// Removes everything in `base ..< end`; `first` is the lowest region that ends above `base`. The
  /// caller has checked that the range touches no sealed region, and has reserved a node if one
  /// region surrounds the range.
  mutating func clear(_ base: UserAddress, _ end: UserAddress, from first: RegionReference?) {
    var position = first
    while let node = position, node.base < end {
      position = node.next
      releasePages(from: max(base, node.base), to: min(end, node.end), of: node)
      if node.base < base {
        if node.end > end { _ = split(node, at: end) }
        node.end = base
        tree.boundsChanged(node)
      } else if node.end > end {
        node.region.cutFront(to: end)
        tree.boundsChanged(node)
      } else {
        tree.remove(node)
        slab.free(node)
      }
    }
  }

  /// mprotect: sets the permissions of `length` bytes at `base`, rounded up to pages. Unlike on
  /// Linux, if the range has a hole, the regions before the hole do not change either.
  ///
  /// - Throws: `invalid` for a misaligned base; `outOfMemory` for a range that wraps, for a hole,
  ///   for more writable memory than the machine has, and if there is no frame for nodes of split
  ///   regions; `accessDenied` above a region's maximum; `notPermitted` if the range touches a
  ///   sealed region. The space is then unchanged.
  public mutating func protect(
    _ base: UserAddress, length: Word, _ permissions: Permissions
  ) throws(MemoryError) {
    let permissions = permissions.intersection(.allAccess)
    guard base.isPageAligned else { throw .invalid }
    guard length != 0 else { return }
    let rounded = Page.roundedUp(length)
    guard rounded != 0, base <= UserRange.limit, rounded <= UserRange.limit - base
    else { throw .outOfMemory }
    let end = base + rounded
    let check = try checkProtect(base, end, permissions)
    try slab.reserve(check.splits)
    var position: RegionReference? = check.first
    while let node = position, node.base < end {
      if node.permissions == permissions {
        position = node.next
        continue
      }
      let changed = node.base < base ? split(node, at: base) : node
      if changed.end > end { _ = split(changed, at: end) }
      changed.permissions = permissions
      protectPages(of: changed)
      position = mergeWithNeighbours(changed).next
    }
  }

  /// Checks that regions cover all of `base ..< end` and may get `permissions`. Returns the first
  /// region, and the number of regions that must be split because they extend beyond an end.
  private mutating func checkProtect(
    _ base: UserAddress, _ end: UserAddress, _ permissions: Permissions
  ) throws(MemoryError) -> (first: RegionReference, splits: UInt32) {
    guard let first = tree.firstEnding(above: base), first.base <= base else {
      throw .outOfMemory
    }
    var position: RegionReference? = first
    var covered = base
    while covered < end {
      guard let node = position, node.base <= covered else { throw .outOfMemory }
      guard !node.traits.contains(.sealed) else { throw .notPermitted }
      guard permissions.isSubset(of: node.region.maximum) else { throw .accessDenied }
      let length = min(node.end, end) - covered
      guard node.permissions.contains(.write) || canCommit(length, permissions, node.traits)
      else { throw .outOfMemory }
      covered = node.end
      position = node.next
    }
    let splits: UInt32 = (first.base < base ? 1 : 0) + (covered > end ? 1 : 0)
    guard tree.count + splits <= Self.regionLimit else { throw .outOfMemory }
    return (first, splits)
  }

  /// Updates the table with the permissions of `node`.
  private mutating func protectPages(of node: RegionReference) {
    let permissions = node.permissions.union(.user)
    let mayShare = permissions.contains(.write) && !node.traits.contains(.shared)
    let limit = VirtualPage(containing: node.end)
    var page = VirtualPage(containing: node.base)
    while let mapped = table.firstMapped(from: page, below: limit) {
      if mayShare, let there = table.lookup(mapped), pool.referenceCount(of: there.frame) > 1 {
        table.protect(mapped, permissions.subtracting(.write))  // Copy-on-write.
      } else {
        table.protect(mapped, permissions)
      }
      page = VirtualPage(number: mapped.number + 1)
    }
  }
}

extension RegionReference {
  /// Whether the region extends beyond both ends, so that a hole there needs one more region.
  @inline(__always)
  func surrounds(_ base: UserAddress, _ end: UserAddress) -> Bool {
    self.base < base && self.end > end
  }
}
