// SPDX-License-Identifier: Apache-2.0
/// Splitting regions, and joining neighbours that cannot be told apart.
extension AddressSpace where Table: ~Copyable {
  /// Cuts `node` in two at `address`, which lies inside; returns the upper part. The node for it
  /// has been reserved. The pages are not touched.
  mutating func split(_ node: RegionReference, at address: UInt32) -> RegionReference {
    var upper = node.region
    upper.cutFront(to: address)
    node.end = address
    return insert(upper, after: node)
  }

  /// Makes `previous`, the next region, or both of them larger instead of inserting `region`
  /// between them; false if neither can take it.
  mutating func extend(_ previous: RegionReference?, with region: Region) -> Bool {
    let next = if let previous { previous.next } else { tree.first }
    if let previous, previous.region.continues(in: region) {
      previous.end = region.end
      if let next, previous.region.continues(in: next.region) {
        absorb(next, into: previous)
      } else {
        tree.boundsChanged(previous)
      }
      return true
    }
    if let next, region.continues(in: next.region) {
      next.region.base = region.base
      next.region.pageOffset = region.pageOffset
      tree.boundsChanged(next)
      return true
    }
    return false
  }

  /// Joins `node` with the regions right below and above where they are equal; returns the region
  /// that holds it now.
  @discardableResult
  mutating func mergeWithNeighbours(_ node: RegionReference) -> RegionReference {
    var result = node
    if let previous = node.previous, previous.region.continues(in: node.region) {
      absorb(node, into: previous)
      result = previous
    }
    if let next = result.next, result.region.continues(in: next.region) {
      absorb(next, into: result)
    }
    return result
  }

  /// Removes `node` and lets its neighbour below take its addresses.
  private mutating func absorb(_ node: RegionReference, into previous: RegionReference) {
    previous.end = node.end  // Before, so that no gap opens between the two.
    tree.remove(node)
    slab.give(node)
  }
}

extension Region {
  /// Whether `next` begins where this ends and is equal in all else, so that both could be one.
  @inline(never)
  func continues(in next: Region) -> Bool {
    guard end == next.base, permissions == next.permissions, traits == next.traits,
      name == next.name, maximum == next.maximum, traits.isDisjoint(with: [.sealed, .separate])
    else { return false }
    if case .file = name { return pageOffset + (end - base) >> Page.shift == next.pageOffset }
    return true
  }

  /// Gives up what lies below `address`.
  mutating func cutFront(to address: UInt32) {
    if case .file = name { pageOffset += (address - base) >> Page.shift }
    base = address
  }
}
