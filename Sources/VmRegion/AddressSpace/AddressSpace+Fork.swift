// SPDX-License-Identifier: Apache-2.0
/// fork: a second space with the same regions. Tables are copied, memory is not.
extension AddressSpace where Table: ~Copyable {
  /// Makes `child`, an empty space over the same pool and with the same layout, like this one.
  ///
  /// Private pages lead to the same frames and lose the right to be written in both spaces; the
  /// first store then makes a copy, or, where the other space has let go, takes the frame over.
  /// Shared memory is given all of its frames first and stays writable. Special mappings and
  /// everything that is sealed are inherited as they are; memory that is wiped by a fork comes
  /// without its pages, and memory that is left by it not at all. No CPU may have the child's table
  /// active; the caller holds the locks of both spaces.
  ///
  /// - Throws: `outOfMemory`; the caller then tears the child down, and this space goes on as before.
  public mutating func fork(into child: inout Self) throws(MemoryError) {
    precondition(child.tree.count == 0, "a fork into a space that is not empty")
    if let root = tree.root { child.tree.finishCopy(try copy(root, into: &child)) }
    child.dropWhatForkLeaves()
    child.specials = specials
    child.heapBase = heapBase
    child.heapEnd = heapEnd
  }

  /// Copies the regions of a subtree in the order of addresses, each with its pages, so that the
  /// child's tree has the shape of this one. It recurses as deep as the tree is high: 23 levels for
  /// the most regions.
  ///
  /// - Returns: the copy of `node`.
  private mutating func copy(
    _ node: RegionReference, into child: inout Self
  ) throws(MemoryError) -> RegionReference {
    var left: RegionReference?
    if let lower = node.left { left = try copy(lower, into: &child) }
    let hasPages = node.traits.isDisjoint(with: [.wipedByFork, .leftByFork])
    if hasPages, node.traits.contains(.shared) { try fillShared(node) }
    try child.slab.reserve(1)
    let twin = child.slab.take(node.region)
    child.tree.appendCopy(twin, of: node, left: left)
    if hasPages { try share(node, with: &child) }
    if let upper = node.right { twin.adoptRight(try copy(upper, into: &child)) }
    return twin
  }

  /// Takes out the regions that a child does not get. They have no pages.
  @inline(never)
  private mutating func dropWhatForkLeaves() {
    var position = tree.first
    while let node = position {
      position = node.next
      guard node.traits.contains(.leftByFork) else { continue }
      tree.remove(node)
      slab.give(node)
    }
  }

  /// Puts a frame under each page of a shared region that has none, so that both spaces have it.
  private mutating func fillShared(_ node: RegionReference) throws(MemoryError) {
    for number in node.base >> Page.shift..<node.end >> Page.shift {
      let page = VirtualPage(number: number)
      guard table.lookup(page) == nil else { continue }
      let frame = try pool.allocate(zeroed: true)
      do throws(MemoryError) {
        try mapOwned(page, frame, node.permissions.union(.user))
      } catch {
        pool.release(frame)
        throw error
      }
    }
  }

  /// Lets the child's pages of a region lead where this space's do.
  private mutating func share(
    _ node: RegionReference, with child: inout Self
  ) throws(MemoryError) {
    let keepsCount = !node.traits.contains(.borrowsFrames)
    let pool = pool
    var count: UInt32 = 0
    defer { child.residentCount += count }
    do {
      try table.share(
        from: VirtualPage(containing: node.base), below: VirtualPage(containing: node.end),
        with: &child.table, isPrivate: !node.traits.contains(.shared)
      ) { frame in
        guard keepsCount else { return }
        pool.retain(frame)
        count &+= 1  // Wrapping: at most the pages of a space.
      }
    } catch {
      throw .outOfMemory  // The only reason that a table has.
    }
  }
}
