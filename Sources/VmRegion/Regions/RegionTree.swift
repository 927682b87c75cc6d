/// All regions of an address space: an AVL tree by address, whose nodes also form a list.
///
/// Each node knows the lowest and highest address and the largest gap of its subtree, so finding,
/// inserting, removing and finding a free place all take O(log n). The tree links nodes; it
/// neither allocates them nor decides what may overlap: its regions must not.
struct RegionTree: ~Copyable {
  /// The top of the tree.
  private(set) var root: RegionReference?
  /// The region with the lowest address.
  private(set) var first: RegionReference?
  /// How many regions there are.
  private(set) var count: UInt32 = 0
  /// Bytes that stay free below a region that grows down.
  let guardSize: UInt32

  /// An empty tree.
  init(guardSize: UInt32) { self.guardSize = guardSize }

  /// Where `node` begins to take space: below its base if it needs a guard gap.
  @inline(__always)
  func effectiveBase(_ node: RegionReference) -> UInt32 {
    guard node.traits.contains(.growsDown) else { return node.base }
    return node.base < guardSize ? 0 : node.base - guardSize
  }

  /// Puts `node` right behind `previous`, in front of all others if that is nil.
  mutating func insert(_ node: RegionReference, after previous: RegionReference?) {
    let next = if let previous { previous.next } else { first }
    node.previous = previous
    node.next = next
    if let next { next.previous = node }
    if let previous { previous.next = node } else { first = node }
    count += 1
    // Of two neighbours in a binary tree one lacks the child that lies between them.
    if let previous, previous.right == nil {
      previous.right = node
      node.parent = previous
    } else if let next {
      next.left = node
      node.parent = next
    } else {
      root = node
    }
    node.subtree = summary(of: node)
    if let parent = node.parent { retrace(from: parent) }
  }

  /// Takes `node` out; the reference stays valid until its slab gets it back.
  mutating func remove(_ node: RegionReference) {
    if let previous = node.previous { previous.next = node.next } else { first = node.next }
    if let next = node.next { next.previous = node.previous }
    count -= 1
    guard let left = node.left, let right = node.right, let successor = node.next else {
      let parent = node.parent
      replace(node, with: node.left ?? node.right)
      if let parent { retrace(from: parent) }
      return
    }
    // The successor has no left child; it takes the node's place.
    var lowestChanged = successor
    if successor != right, let parent = successor.parent {
      lowestChanged = parent
      replace(successor, with: successor.right)
      successor.right = right
      right.parent = successor
    }
    replace(node, with: successor)
    successor.left = left
    left.parent = successor
    // Up to the successor nothing stops early, because each subtree lost its lowest region; its
    // own stale summary differs, too, because it had nothing on its left.
    retrace(from: lowestChanged)
  }

  /// Must follow every change of a node's base or end.
  @inline(__always)
  mutating func boundsChanged(_ node: RegionReference) { retrace(from: node) }

  /// Makes `child` stand where `node` stands below its parent.
  private mutating func replace(_ node: RegionReference, with child: RegionReference?) {
    if let child { child.parent = node.parent }
    guard let parent = node.parent else {
      root = child
      return
    }
    if parent.left == node { parent.left = child } else { parent.right = child }
  }

  /// Brings summaries and balance in order from `start` upward, to the first subtree that looks
  /// to its parent as it did before.
  private mutating func retrace(from start: RegionReference) {
    var position: RegionReference? = start
    while let node = position {
      let before = node.subtree
      let top = balanced(node)
      if top.subtree == before { return }
      position = top.parent
    }
  }

  /// Rotates at `node` if its sides differ by two levels; returns the top of the subtree, with
  /// its summary in order.
  @inline(__always)
  private mutating func balanced(_ node: RegionReference) -> RegionReference {
    let lean = Self.lean(node)
    if lean > 1, let right = node.right {
      if Self.lean(right) < 0, let inner = right.left { rotateRight(right, inner) }
      if let right = node.right { return rotateLeft(node, right) }
    } else if lean < -1, let left = node.left {
      if Self.lean(left) > 0, let inner = left.right { rotateLeft(left, inner) }
      if let left = node.left { return rotateRight(node, left) }
    }
    node.subtree = summary(of: node)
    return node
  }

  /// How many levels the right side of `node` has more than the left one.
  @inline(__always)
  private static func lean(_ node: RegionReference) -> Int32 {
    // Wrapping: heights are below 50.
    Int32(truncatingIfNeeded: (node.right?.subtree.height ?? 0))
      &- Int32(truncatingIfNeeded: (node.left?.subtree.height ?? 0))
  }

  /// Lifts the right child of `node` above it; returns the child.
  @discardableResult
  private mutating func rotateLeft(
    _ node: RegionReference, _ child: RegionReference
  ) -> RegionReference {
    replace(node, with: child)
    node.right = child.left
    if let inner = child.left { inner.parent = node }
    child.left = node
    node.parent = child
    node.subtree = summary(of: node)
    child.subtree = summary(of: child)
    return child
  }

  /// Lifts the left child of `node` above it; returns the child.
  @discardableResult
  private mutating func rotateRight(
    _ node: RegionReference, _ child: RegionReference
  ) -> RegionReference {
    replace(node, with: child)
    node.left = child.right
    if let inner = child.right { inner.parent = node }
    child.right = node
    node.parent = child
    node.subtree = summary(of: node)
    child.subtree = summary(of: child)
    return child
  }

  /// What `node` has to say about its subtree, from its own region and its children's summaries.
  @inline(__always)
  private func summary(of node: RegionReference) -> Subtree {
    let base = effectiveBase(node)
    var result = Subtree(low: base, high: node.end)
    if let left = node.left?.subtree {
      result.height = left.height &+ 1  // Wrapping: heights are below 50.
      result.low = left.low
      result.gap = max(left.gap, distance(left.high, base))
    }
    if let right = node.right?.subtree {
      result.height = max(result.height, right.height &+ 1)  // Wrapping: as above.
      result.high = right.high
      result.gap = max(result.gap, max(right.gap, distance(node.end, right.low)))
    }
    return result
  }
}

/// Bytes from `end` up to `base`; 0 if a guard gap reaches below `end`.
@inline(__always)
func distance(_ end: UInt32, _ base: UInt32) -> UInt32 {
  base > end ? base &- end : 0  // Wrapping: compared just before.
}
