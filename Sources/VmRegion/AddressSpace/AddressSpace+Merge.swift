// SPDX-License-Identifier: Apache-2.0
/// Splits regions, and merges neighbours with equal attributes.
extension AddressSpace where Table: ~Copyable {
  /// Splits `node` at `address`, which lies inside; returns the upper part. The caller has reserved
  /// its node. The mappings of pages do not change.
  mutating func split(_ node: RegionReference, at address: UserAddress) -> RegionReference {
    var upper = node.region
    upper.cutFront(to: address)
    node.end = address
    return insert(upper, after: node)
  }

  /// Merges the new `region` into `previous`, into the next region, or into both, without a new
  /// node; false if neither can be merged with it.
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

  /// Merges `node` with the adjacent regions if their attributes are equal; returns the region that
  /// contains it now.
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

  /// Removes `node` and extends its lower neighbour over its addresses.
  private mutating func absorb(_ node: RegionReference, into previous: RegionReference) {
    previous.end = node.end  // Before the removal, so that no gap appears between the two.
    tree.remove(node)
    free(node)
  }
}

extension Region {
  /// Whether `next` begins where this region ends and has equal attributes, so that they can be
  /// merged.
  @inline(never)
  func continues(in next: Region) -> Bool {
    guard end == next.base, permissions == next.permissions, traits == next.traits,
      name == next.name, maximum == next.maximum, traits.isDisjoint(with: [.sealed, .unmergeable])
    else { return false }
    if case .file = name { return pageOffset + Page.count(end - base) == next.pageOffset }
    return true
  }

  /// Removes the part below `address` from the region.
  mutating func cutFront(to address: UserAddress) {
    if case .file = name { pageOffset += Page.count(address - base) }
    base = address
  }
}
