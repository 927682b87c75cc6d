// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// All regions of an address space: an AVL tree ordered by address, whose nodes also form a list.
///
/// Each node stores the size of the gap below its region and the largest gap in its subtree. So
/// lookup, insertion, removal and the search for a free range take O(log n). A change is propagated
/// upward only as far as it has an effect: heights mostly a level or two, gaps at a few
/// instructions a level. The tree links nodes and does not allocate them. Callers guarantee that
/// regions do not overlap.
///
/// Free ranges are searched below `top`, so only space below it counts as a gap.
struct RegionTree: ~Copyable {
  /// The root of the tree.
  private(set) var root: RegionReference?
  /// The region with the lowest address.
  private(set) var first: RegionReference?
  /// The region with the highest address.
  private(set) var last: RegionReference?
  /// The region that was found or inserted last: a cache, as the next search often has the same
  /// result.
  var recent: RegionReference?
  /// The number of regions.
  private(set) var count: UInt32 = 0
  /// Bytes that stay free below a region that grows down.
  let guardSize: Word
  /// The exclusive upper limit of the search for free ranges.
  let top: UserAddress
  private let pinned = Pinned()

  /// Creates an empty tree.
  init(guardSize: Word, top: UserAddress) {
    self.guardSize = guardSize
    self.top = top
  }

  /// The lowest address that `node` occupies: its base, less the guard gap of a region that grows
  /// down.
  @inline(__always)
  func effectiveBase(_ node: RegionReference) -> UserAddress {
    guard node.traits.contains(.growsDown) else { return node.base }
    return node.base.word < guardSize ? 0 : node.base - guardSize
  }

  /// Inserts `node` directly after `previous`, before all others if `previous` is nil.
  mutating func insert(_ node: RegionReference, after previous: RegionReference?) {
    let next = if let previous { previous.next } else { first }
    node.previous = previous
    node.next = next
    if let next { next.previous = node } else { last = node }
    if let previous { previous.next = node } else { first = node }
    count += 1
    recent = node
    // Of two neighbours in a binary tree, one has no child between them.
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
    // The new gap is propagated first. The gap below the next region still has its old size then,
    // so the maxima of the ancestors change once and not twice. Removal uses the opposite order.
    propagateGap(from: node.parent, old: 0, new: gap)
    if let next { updateGap(below: next) }
    rebalance(from: node.parent)
  }

  /// Removes `node`; the reference stays valid until the caller frees the node.
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
    // The successor has no left child. It replaces the node and inherits its summary.
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

  /// Removes the lowest region from the list only, when all of them are removed: the tree is not
  /// searched any more. The caller frees the node.
  mutating func dropFirst() {
    first = first?.next
    count -= 1
    guard first == nil else { return }
    (root, last, recent) = (nil, nil, nil)
  }

  /// Updates the gaps on both sides of `node`. Must be called after every change of its base or
  /// end, unless `insert` or `remove` of a neighbour follows.
  @inline(__always)
  mutating func boundsChanged(_ node: RegionReference) {
    updateGap(below: node)
    if let next = node.next { updateGap(below: next) }
  }

  /// Bytes below `top` between `node` (with its guard gap) and the next lower region; 0 if there is
  /// no lower region.
  @inline(__always)
  private func gap(below node: RegionReference) -> Word {
    guard let previous = node.previous else { return 0 }
    return distance(previous.end, ceiling(below: node))
  }

  /// The end of the gap below `node`.
  @inline(__always)
  func ceiling(below node: RegionReference) -> UserAddress { min(effectiveBase(node), top) }

  /// Recomputes the gap below `node` and propagates a change to its ancestors.
  @inline(__always)
  private func updateGap(below node: RegionReference) {
    let gap = gap(below: node)
    let old = node.gapBelow
    guard gap != old else { return }
    node.gapBelow = gap
    propagateGap(from: node, old: old, new: gap)
  }

  /// Updates `largestGap` from `start` upward after a gap changed from `old` to `new`. Growth needs
  /// only a comparison, 7 instructions a level; after shrinkage the maximum is recomputed, but only
  /// where it was `old`.
  private func propagateGap(from start: RegionReference?, old: Word, new: Word) {
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

  /// Recomputes `largestGap` from `start` upward, up to the first node where it does not change.
  private func remeasureGaps(from start: RegionReference?) {
    var position = start
    while let node = position {
      let gap = largestGap(of: node)
      guard gap != node.largestGap else { return }
      node.largestGap = gap
      position = node.parent
    }
  }

  /// The largest gap in the subtree of `node`, from its own gap and its children's maxima.
  @inline(__always)
  private func largestGap(of node: RegionReference) -> Word {
    var gap = node.gapBelow
    if let left = node.left { gap = max(gap, left.largestGap) }
    if let right = node.right { gap = max(gap, right.largestGap) }
    return gap
  }

  /// Replaces `node` by `child` at its parent, or at the root.
  private mutating func replace(_ node: RegionReference, with child: RegionReference?) {
    if let child { child.parent = node.parent }
    guard let parent = node.parent else {
      root = child
      return
    }
    if parent.left == node { parent.left = child } else { parent.right = child }
  }

  /// Restores heights and balance from `start` upward, up to the first subtree whose height does
  /// not change. Gaps are up to date already: a rotation changes those of its two nodes only.
  private mutating func rebalance(from start: RegionReference?) {
    var position = start
    while let node = position {
      let before = node.height
      let top = balanced(node)
      if top.height == before { return }
      position = top.parent
    }
  }

  /// Rotates at `node` if the heights of its children differ by two, and updates its height.
  /// Returns the root of the subtree.
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

  /// Rotates left: `child`, the right child of `node`, becomes its parent. Returns `child`.
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

  /// Rotates right: `child`, the left child of `node`, becomes its parent. Returns `child`.
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

  /// The summary of `node`'s subtree, from its own gap and its children's summaries.
  private func summary(of node: RegionReference) -> Subtree {
    let height = max(node.left?.height ?? 0, node.right?.height ?? 0)
    return Subtree(height: height &+ 1, gap: largestGap(of: node))  // Wrapping: below 50.
  }
}

/// The number of bytes from `end` up to `base`; 0 if `base` is below `end`, because a guard gap
/// reaches below it.
@inline(__always)
func distance(_ end: UserAddress, _ base: UserAddress) -> Word {
  base > end ? base.word &- end.word : 0  // Wrapping: compared just before.
}
