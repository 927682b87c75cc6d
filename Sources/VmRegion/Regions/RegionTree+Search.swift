/// Finding regions and free places. Everything here walks down or up the tree once: O(log n).
extension RegionTree {
  /// The lowest region that ends above `address`: the one that holds it, or the next one.
  func firstEnding(above address: UInt32) -> RegionReference? {
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

  /// The highest region that begins below `address`.
  func lastBeginning(below address: UInt32) -> RegionReference? {
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

  /// The base of the highest free range of `length` bytes in `floor ..< top`, and the region
  /// below it; nil if there is none. Guard gaps are not free. No region lies below `floor`.
  func highestGap(
    of length: UInt32, floor: UInt32, top: UInt32
  ) -> (base: UInt32, previous: RegionReference?)? {
    guard let last = lastBeginning(below: top) else {
      let ceiling = first.map { min(effectiveBase($0), top) } ?? top
      return distance(floor, ceiling) >= length ? (ceiling - length, nil) : nil
    }
    let ceiling = last.next.map { min(effectiveBase($0), top) } ?? top
    if distance(last.end, ceiling) >= length { return (ceiling - length, last) }
    return highestGap(of: length, floor: floor, below: last)
  }

  /// As above, among the free ranges that end at or below `start`.
  private func highestGap(
    of length: UInt32, floor: UInt32, below start: RegionReference
  ) -> (base: UInt32, previous: RegionReference?)? {
    var node = start
    while true {
      // Downward from `node`: the gap right below it, then those inside its left side.
      if let left = node.left {
        let base = effectiveBase(node)
        if distance(left.subtree.high, base) >= length { return (base - length, node.previous) }
        if left.subtree.gap >= length { return highestGap(of: length, inside: left) }
      }
      // Up to the next node that lies below this subtree, and the gap between.
      while let parent = node.parent, parent.left == node { node = parent }
      let lowest = node.subtree.low
      guard let parent = node.parent else {
        // Left of everything there is only the space above the floor.
        return distance(floor, lowest) >= length ? (lowest - length, nil) : nil
      }
      if distance(parent.end, lowest) >= length { return (lowest - length, parent) }
      node = parent
    }
  }

  /// The highest gap inside a subtree that is known to have one.
  private func highestGap(
    of length: UInt32, inside top: RegionReference
  ) -> (base: UInt32, previous: RegionReference?)? {
    var position: RegionReference? = top
    while let node = position {
      if let right = node.right {
        if right.subtree.gap >= length {
          position = right
          continue
        }
        let low = right.subtree.low
        if distance(node.end, low) >= length { return (low - length, node) }
      }
      let base = effectiveBase(node)
      if let left = node.left, distance(left.subtree.high, base) >= length {
        return (base - length, node.previous)
      }
      position = node.left
    }
    return nil
  }
}
