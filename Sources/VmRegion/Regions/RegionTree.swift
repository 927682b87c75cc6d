// SPDX-License-Identifier: Apache-2.0
/// All regions of an address space: an AVL tree by address, whose nodes also form a list.
///
/// Each node knows the free range below it and the largest one of its subtree, so finding,
/// inserting, removing and finding a free place all take O(log n). What changes at one place is
/// carried upward only as far as it matters: heights mostly a level or two, gaps in a few
/// instructions a level. The tree links nodes; it neither allocates them nor decides what may
/// overlap: its regions must not.
///
/// Places are sought below `top`, so only what is free there counts as a gap.
struct RegionTree: ~Copyable {
  /// The top of the tree.
  private(set) var root: RegionReference?
  /// The region with the lowest address.
  private(set) var first: RegionReference?
  /// The region with the highest address.
  private(set) var last: RegionReference?
  /// The region that was looked for or made last: the next call is often about the same one.
  var recent: RegionReference?
  /// How many regions there are.
  private(set) var count: UInt32 = 0
  /// Bytes that stay free below a region that grows down.
  let guardSize: UInt32
  /// The first address where places are not sought.
  let top: UInt32

  /// An empty tree.
  init(guardSize: UInt32, top: UInt32) {
    self.guardSize = guardSize
    self.top = top
  }

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
    if let next { next.previous = node } else { last = node }
    if let previous { previous.next = node } else { first = node }
    count += 1
    recent = node
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
    let gap = gap(below: node)
    node.gapBelow = gap
    node.subtree = Subtree(height: 1, gap: gap)
    // What the new gap brings first: the one below the next region is still as large, so the
    // largest ones above change once and not twice. Removing goes the other way round.
    propagateGap(from: node.parent, old: 0, new: gap)
    if let next { updateGap(below: next) }
    rebalance(from: node.parent)
  }

  /// Takes `node` out; the reference stays valid until its slab gets it back.
  mutating func remove(_ node: RegionReference) {
    if let previous = node.previous { previous.next = node.next } else { first = node.next }
    if let next = node.next { next.previous = node.previous } else { last = node.previous }
    count -= 1
    recent = nil
    guard let left = node.left, let right = node.right, let successor = node.next else {
      let parent = node.parent
      let child = node.left ?? node.right
      replace(node, with: child)
      if let next = node.next { updateGap(below: next) }
      propagateGap(from: parent, old: node.largestGap, new: child?.largestGap ?? 0)
      rebalance(from: parent)
      return
    }
    // The successor has no left child; it takes the node's place, and its summary with it.
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
    successor.subtree = node.subtree
    successor.gapBelow = gap(below: successor)
    remeasureGaps(from: successor)
    remeasureGaps(from: lowestChanged)
    rebalance(from: lowestChanged)
  }

  /// Puts the copy of another tree's node behind all others; `left` is the copy of its left subtree.
  /// The copies of all nodes come in their order, then `finishCopy`. What the nodes know stays true,
  /// as this tree has the other one's `top` and `guardSize`.
  mutating func appendCopy(
    _ node: RegionReference, of other: RegionReference, left: RegionReference?
  ) {
    node.subtree = other.subtree
    node.gapBelow = other.gapBelow
    node.left = left
    left?.parent = node
    node.previous = last
    if let last { last.next = node } else { first = node }
    last = node
    count += 1
  }

  /// The tree is complete, with this node at its top.
  mutating func finishCopy(_ top: RegionReference) { root = top }

  /// Leaves no regions; their nodes are the caller's business.
  mutating func forgetAll() {
    (root, first, last, recent) = (nil, nil, nil, nil)
    count = 0
  }

  /// Must follow every change of a node's base or end that `insert` or `remove` of a neighbour does
  /// not follow anyway.
  @inline(__always)
  mutating func boundsChanged(_ node: RegionReference) {
    updateGap(below: node)
    if let next = node.next { updateGap(below: next) }
  }

  /// Bytes below `top` between `node`, with its guard gap, and the region below it; 0 if there is
  /// none.
  @inline(__always)
  private func gap(below node: RegionReference) -> UInt32 {
    guard let previous = node.previous else { return 0 }
    return distance(previous.end, ceiling(below: node))
  }

  /// Where the gap below `node` ends.
  @inline(__always)
  func ceiling(below node: RegionReference) -> UInt32 { min(effectiveBase(node), top) }

  /// Measures the gap below `node` again and tells those above it in the tree.
  @inline(__always)
  private func updateGap(below node: RegionReference) {
    let gap = gap(below: node)
    let old = node.gapBelow
    guard gap != old else { return }
    node.gapBelow = gap
    propagateGap(from: node, old: old, new: gap)
  }

  /// Brings the largest gaps in order from `start` upward, where something that had `old` has `new`
  /// now. A larger one is only compared, 7 instructions a level; a smaller one is measured again,
  /// and only where it was the largest.
  private func propagateGap(from start: RegionReference?, old: UInt32, new: UInt32) {
    var position = start
    if new > old {
      while let node = position, node.largestGap < new {
        node.largestGap = new
        position = node.parent
      }
      return
    }
    while let node = position, node.largestGap == old {
      let gap = largestGap(of: node)
      guard gap != old else { return }
      node.largestGap = gap
      position = node.parent
    }
  }

  /// Brings the largest gaps in order from `start` upward, to the first subtree whose one stays.
  private func remeasureGaps(from start: RegionReference?) {
    var position = start
    while let node = position {
      let gap = largestGap(of: node)
      guard gap != node.largestGap else { return }
      node.largestGap = gap
      position = node.parent
    }
  }

  /// The largest gap in the subtree of `node`, from its own and its children's.
  @inline(__always)
  private func largestGap(of node: RegionReference) -> UInt32 {
    var gap = node.gapBelow
    if let left = node.left { gap = max(gap, left.largestGap) }
    if let right = node.right { gap = max(gap, right.largestGap) }
    return gap
  }

  /// Makes `child` stand where `node` stands below its parent.
  private mutating func replace(_ node: RegionReference, with child: RegionReference?) {
    if let child { child.parent = node.parent }
    guard let parent = node.parent else {
      root = child
      return
    }
    if parent.left == node { parent.left = child } else { parent.right = child }
  }

  /// Brings heights and balance in order from `start` upward, to the first subtree that is as high
  /// as it was before. Gaps are in order already: a rotation changes those of its two nodes only.
  private mutating func rebalance(from start: RegionReference?) {
    var position = start
    while let node = position {
      let before = node.height
      let top = balanced(node)
      if top.height == before { return }
      position = top.parent
    }
  }

  /// Rotates at `node` if its sides differ by two levels; returns the top of the subtree, with
  /// its height in order.
  @inline(__always)
  private mutating func balanced(_ node: RegionReference) -> RegionReference {
    let leftHeight = node.left?.height ?? 0
    let rightHeight = node.right?.height ?? 0
    // Wrapping, here and below: heights are below 50.
    if rightHeight > leftHeight &+ 1, let right = node.right {
      if Self.leansLeft(right), let inner = right.left { rotateRight(right, inner) }
      if let right = node.right { return rotateLeft(node, right) }
    } else if leftHeight > rightHeight &+ 1, let left = node.left {
      if Self.leansRight(left), let inner = left.right { rotateLeft(left, inner) }
      if let left = node.left { return rotateRight(node, left) }
    }
    node.height = max(leftHeight, rightHeight) &+ 1
    return node
  }

  private static func leansLeft(_ node: RegionReference) -> Bool {
    node.left?.height ?? 0 > node.right?.height ?? 0
  }

  private static func leansRight(_ node: RegionReference) -> Bool {
    node.right?.height ?? 0 > node.left?.height ?? 0
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
  private func summary(of node: RegionReference) -> Subtree {
    let height = max(node.left?.height ?? 0, node.right?.height ?? 0)
    return Subtree(height: height &+ 1, gap: largestGap(of: node))  // Wrapping: below 50.
  }
}

/// Bytes from `end` up to `base`; 0 if a guard gap reaches below `end`.
@inline(__always)
func distance(_ end: UInt32, _ base: UInt32) -> UInt32 {
  base > end ? base &- end : 0  // Wrapping: compared just before.
}
