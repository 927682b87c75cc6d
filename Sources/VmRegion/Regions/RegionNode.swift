// SPDX-License-Identifier: Apache-2.0
import RTOSCore

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
  var gapBelow: Word = 0
  var subtree = Subtree()
}

/// The cached summary of the subtree whose root is a node.
struct Subtree: Equatable {
  /// Levels of nodes, 1 for a leaf.
  var height: UInt32 = 1
  /// The largest `gapBelow` of its nodes.
  var gap: Word = 0
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

  /// The node.
  private var node: RegionNode {
    // SAFETY: the slab creates a reference from a node in one of its frames, and it is not used
    // after the node is freed; the owner of the address space serialises access.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(pointer) }
    // SAFETY: the slab creates a reference from a node in one of its frames, and it is not used
    // after the node is freed; the owner of the address space serialises access.
    @inline(__always) nonmutating unsafeMutableAddress { unsafe pointer }
  }

  @inline(__always)
  var region: Region {
    get { node.region }
    nonmutating set { node.region = newValue }
  }

  @inline(__always)
  var base: UserAddress {
    get { node.region.base }
    nonmutating set { node.region.base = newValue }
  }

  @inline(__always)
  var end: UserAddress {
    get { node.region.end }
    nonmutating set { node.region.end = newValue }
  }

  @inline(__always)
  var permissions: Permissions {
    get { node.region.permissions }
    nonmutating set { node.region.permissions = newValue }
  }

  @inline(__always)
  var traits: RegionTraits {
    get { node.region.traits }
    nonmutating set { node.region.traits = newValue }
  }

  @inline(__always)
  var left: RegionReference? {
    get { node.left }
    nonmutating set { node.left = newValue }
  }

  @inline(__always)
  var right: RegionReference? {
    get { node.right }
    nonmutating set { node.right = newValue }
  }

  @inline(__always)
  var parent: RegionReference? {
    get { node.parent }
    nonmutating set { node.parent = newValue }
  }

  @inline(__always)
  var previous: RegionReference? {
    get { node.previous }
    nonmutating set { node.previous = newValue }
  }

  @inline(__always)
  var next: RegionReference? {
    get { node.next }
    nonmutating set { node.next = newValue }
  }

  @inline(__always)
  var subtree: Subtree {
    get { node.subtree }
    nonmutating set { node.subtree = newValue }
  }

  @inline(__always)
  var gapBelow: Word {
    get { node.gapBelow }
    nonmutating set { node.gapBelow = newValue }
  }

  @inline(__always)
  var height: UInt32 {
    get { node.subtree.height }
    nonmutating set { node.subtree.height = newValue }
  }

  @inline(__always)
  var largestGap: Word {
    get { node.subtree.gap }
    nonmutating set { node.subtree.gap = newValue }
  }
}
