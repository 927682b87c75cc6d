// SPDX-License-Identifier: Apache-2.0
/// A node of the region tree, and the reference through which the tree's code accesses it.

/// A region with its links in the tree and in the list of all regions by address.
struct RegionNode {
  var region: Region
  var left: RegionReference?
  var right: RegionReference?
  var parent: RegionReference?
  /// The next lower region.
  var previous: RegionReference?
  /// The next higher region.
  var next: RegionReference?
  /// Free bytes between the region (with its guard gap) and the next lower one, as far as they lie
  /// below the tree's `top`. 0 for the lowest region: `highestGap` checks the gap below it itself.
  var gapBelow: UInt32 = 0
  var subtree = Subtree()
}

/// The cached summary of the subtree whose root is a node.
struct Subtree: Equatable {
  /// Levels of nodes, 1 for a leaf.
  var height: UInt32 = 1
  /// The largest `gapBelow` of its nodes.
  var gap: UInt32 = 0
}

// SAFETY: a reference points to a node of its slab until the node is freed.
/// A pointer to a live node of a slab. All access to nodes is through it.
@safe struct RegionReference: Equatable {
  let pointer: UnsafeMutablePointer<RegionNode>

  @inline(__always)
  init(_ pointer: UnsafeMutablePointer<RegionNode>) { unsafe self.pointer = pointer }

  @inline(__always)
  static func == (one: RegionReference, other: RegionReference) -> Bool {
    unsafe one.pointer == other.pointer
  }

  // SAFETY, for all accessors: the slab creates a reference from a node in one of its frames, and
  // it is not used after the node is freed; the owner of the address space serialises access.

  @inline(__always)
  var region: Region {
    get { unsafe pointer.pointee.region }
    nonmutating set { unsafe pointer.pointee.region = newValue }
  }

  @inline(__always)
  var base: UInt32 {
    get { unsafe pointer.pointee.region.base }
    nonmutating set { unsafe pointer.pointee.region.base = newValue }
  }

  @inline(__always)
  var end: UInt32 {
    get { unsafe pointer.pointee.region.end }
    nonmutating set { unsafe pointer.pointee.region.end = newValue }
  }

  @inline(__always)
  var permissions: Permissions {
    get { unsafe pointer.pointee.region.permissions }
    nonmutating set { unsafe pointer.pointee.region.permissions = newValue }
  }

  @inline(__always)
  var traits: RegionTraits {
    get { unsafe pointer.pointee.region.traits }
    nonmutating set { unsafe pointer.pointee.region.traits = newValue }
  }

  @inline(__always)
  var left: RegionReference? {
    get { unsafe pointer.pointee.left }
    nonmutating set { unsafe pointer.pointee.left = newValue }
  }

  @inline(__always)
  var right: RegionReference? {
    get { unsafe pointer.pointee.right }
    nonmutating set { unsafe pointer.pointee.right = newValue }
  }

  @inline(__always)
  var parent: RegionReference? {
    get { unsafe pointer.pointee.parent }
    nonmutating set { unsafe pointer.pointee.parent = newValue }
  }

  @inline(__always)
  var previous: RegionReference? {
    get { unsafe pointer.pointee.previous }
    nonmutating set { unsafe pointer.pointee.previous = newValue }
  }

  @inline(__always)
  var next: RegionReference? {
    get { unsafe pointer.pointee.next }
    nonmutating set { unsafe pointer.pointee.next = newValue }
  }

  @inline(__always)
  var subtree: Subtree {
    get { unsafe pointer.pointee.subtree }
    nonmutating set { unsafe pointer.pointee.subtree = newValue }
  }

  @inline(__always)
  var gapBelow: UInt32 {
    get { unsafe pointer.pointee.gapBelow }
    nonmutating set { unsafe pointer.pointee.gapBelow = newValue }
  }

  @inline(__always)
  var height: UInt32 {
    get { unsafe pointer.pointee.subtree.height }
    nonmutating set { unsafe pointer.pointee.subtree.height = newValue }
  }

  @inline(__always)
  var largestGap: UInt32 {
    get { unsafe pointer.pointee.subtree.gap }
    nonmutating set { unsafe pointer.pointee.subtree.gap = newValue }
  }
  /// Makes `node` the right child.
  @inline(__always)
  func adoptRight(_ node: RegionReference) {
    right = node
    node.parent = self
  }
}
