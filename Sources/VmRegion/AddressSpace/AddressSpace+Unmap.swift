// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// munmap: removes regions and their pages. All checks precede the first change.
extension AddressSpace where Table: ~Copyable {
  /// munmap: removes the mappings of `length` bytes at `base`, rounded up to pages. It is not an
  /// error if nothing is mapped there.
  ///
  /// - Throws: `invalid` for length 0, a misaligned base or a range beyond the user range;
  ///   `notPermitted` if the range touches a sealed region; `outOfMemory` if a region must be split
  ///   and there is no frame for the new node. The space is then unchanged.
  public mutating func unmap(_ base: UserAddress, length: Word) throws(MemoryError) {
    try complete(try beginUnmap(base, length: length))
  }

  /// Begins a munmap: `unmap` in steps.
  ///
  /// - Throws: the errors of `unmap`; no step fails afterwards.
  public mutating func beginUnmap(
    _ base: UserAddress, length: Word
  ) throws(MemoryError) -> SpaceChange {
    guard base.isPageAligned, base <= UserRange.limit, length <= UserRange.limit - base
    else { throw .invalid }
    guard length != 0 else { throw .invalid }
    let end = base + Page.roundedUp(length)
    guard let first = tree.firstEnding(above: base), first.base < end else {
      return SpaceChange(result: 0)
    }
    guard !touchesSealed(base, end) else { throw .notPermitted }
    if first.surrounds(base, end) {
      guard tree.count < Self.regionLimit else { throw .outOfMemory }
    }
    // A first step that does not complete a region divides it.
    if first.base < base, first.end > end || end - base > StepAllowance.surePages << Page.shift {
      try slab.reserve(1)
    }
    return SpaceChange(.unmap, from: base, to: end)
  }

  /// One step of an unmapping. Until the last one, the space may need the node that `beginUnmap`
  /// has reserved, because the first step may divide the first region.
  mutating func unmapStep(
    _ change: inout SpaceChange, _ allowed: StepAllowance = StepAllowance.step
  ) {
    var allowance = allowed
    while allowance.isLeft {
      guard let node = tree.firstEnding(above: change.position), node.base < change.end else {
        change.position = change.end
        return
      }
      // What a step has left of a region may have grown down since.
      let from = change.isBegun ? node.base : max(change.position, node.base)
      let to = min(change.end, node.end)
      change.position = releasePages(from: from, to: to, of: node, &allowance)
      if change.position > from { cut(from, change.position, outOf: node) }
      allowance.spend(StepAllowance.region)
    }
  }

  /// Removes everything in `base ..< end` at once; `first` is the lowest region that ends above
  /// `base`. The caller has checked that the range touches no sealed region, and has reserved a
  /// node if one region surrounds the range.
  mutating func clear(_ base: UserAddress, _ end: UserAddress, from first: RegionReference?) {
    var position = first
    while let node = position, node.base < end {
      position = node.next
      let (from, to) = (max(base, node.base), min(end, node.end))
      releasePages(from: from, to: to, of: node)
      cut(from, to, outOf: node)
    }
  }

  /// Unmaps the pages from `first` on of the file with number `path`: they are behind its new end,
  /// or were freed. With `sharedOnly` private mappings keep theirs.
  public mutating func unmapFile(_ path: UInt16, from first: UInt32, sharedOnly: Bool) {
    var position = tree.first
    while let node = position {
      position = node.next
      guard node.region.name == .file(path: path),
        node.traits.contains(.shared) || !sharedOnly
      else { continue }
      // In 64 bits, because the region may begin far before the page.
      let skipped = UInt64(first > node.region.pageOffset ? first - node.region.pageOffset : 0)
      guard skipped < UInt64(Page.count(node.end - node.base)) else { continue }
      releasePages(from: node.base + Word(skipped) << Page.shift, to: node.end, of: node)
    }
  }

  /// Takes `base ..< end`, which is part of `node` and has no mapped pages, out of the region. A
  /// node is reserved if the region extends beyond both ends.
  private mutating func cut(
    _ base: UserAddress, _ end: UserAddress, outOf node: RegionReference
  ) {
    if node.base < base {
      if node.end > end { _ = split(node, at: end) }
      node.end = base
      tree.boundsChanged(node)
    } else if node.end > end {
      node.region.cutFront(to: end)
      tree.boundsChanged(node)
    } else {
      tree.remove(node)
      free(node)
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
