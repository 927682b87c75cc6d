// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Searches for regions and free ranges. Each walks down or up the tree once: O(log n).
extension RegionTree {
  /// The lowest region that ends above `address`: the one that contains it, or the next higher one.
  /// O(1) for the region of the last call, the gap below it and the region above it.
  mutating func firstEnding(above address: UserAddress) -> RegionReference? {
    if let recent {
      if recent.end > address {
        if recent.base <= address { return recent }
        if let previous = recent.previous, previous.end <= address { return recent }
      } else if let next = recent.next, next.end > address {
        self.recent = next
        return next
      }
    }
    recent = lowestEnding(above: address)
    return recent
  }

  /// The lowest region that ends above `address`, without use of the cached `recent`: for callers
  /// that cannot mutate the tree.
  func lowestEnding(above address: UserAddress) -> RegionReference? {
    var best: RegionReference?
    var position = root
    while let node = position {
      if node.end > address {
        best = node
        if node.base <= address { break }
        position = node.left
      } else {
        position = node.right
      }
    }
    return best
  }

  /// The highest region that begins below `address`, nil if there is none.
  func lastBeginning(below address: UserAddress) -> RegionReference? {
    var best: RegionReference?
    var position = root
    while let node = position {
      if node.base < address {
        best = node
        position = node.right
      } else {
        position = node.left
      }
    }
    return best
  }

  /// The next lower region of `node`, the highest of all for nil.
  @inline(__always)
  func previous(of node: RegionReference?) -> RegionReference? {
    if let node { node.previous } else { last }
  }

  /// The base of the highest free range of `length` bytes in `floor ..< top`, and the region below
  /// it; nil if there is none. Guard gaps are not free. No region may lie below `floor`.
  func highestGap(
    of length: Word, floor: UserAddress
  ) -> (base: UserAddress, previous: RegionReference?)? {
    guard let first, let last, let root else {
      return distance(floor, top) >= length ? (top - length, nil) : nil
    }
    if distance(last.end, top) >= length { return (top - length, last) }
    if root.largestGap >= length { return highestGap(of: length, inside: root) }
    let ceiling = ceiling(below: first)
    return distance(floor, ceiling) >= length ? (ceiling - length, nil) : nil
  }

  /// The highest sufficient gap in a subtree whose `largestGap` is at least `length`.
  private func highestGap(
    of length: Word, inside subtree: RegionReference
  ) -> (base: UserAddress, previous: RegionReference?)? {
    var position: RegionReference? = subtree
    while let node = position {
      if let right = node.right, right.largestGap >= length {
        position = right
      } else if node.gapBelow >= length {
        return (ceiling(below: node) - length, node.previous)
      } else {
        position = node.left
      }
    }
    return nil
  }

  /// The highest free range of `length` bytes that ends above `top` and not above `limit`: the
  /// fallback when nothing is free below `top`. Walks the regions above `top`, which are few.
  func highestGap(
    of length: Word, floor: UserAddress, aboveTopAndBelow limit: UserAddress
  ) -> (base: UserAddress, previous: RegionReference?)? {
    var ceiling = limit
    var position = last
    while ceiling > top {
      let end = if let position { position.end } else { floor }
      if distance(end, ceiling) >= length { return (ceiling - length, position) }
      guard let node = position else { return nil }
      ceiling = effectiveBase(node)
      position = node.previous
    }
    return nil
  }
}
