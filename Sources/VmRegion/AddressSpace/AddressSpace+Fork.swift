// SPDX-License-Identifier: Apache-2.0
/// fork: creates a second space with the same regions. Tables are copied, memory is not.
extension AddressSpace where Table: ~Copyable {
  /// Copies this space to `child`, an empty space with the same pool and layout.
  ///
  /// Private pages share their frames and become read-only in both spaces. The first store then
  /// copies the frame, or reuses it if the other space has released it. Shared memory gets all of
  /// its frames first and stays writable. Special mappings and sealed regions are inherited
  /// unchanged; regions with `wipedByFork` are inherited without their pages, and regions with
  /// `excludedFromFork` not at all. No CPU may have the child's table active; the caller serialises
  /// access to both spaces.
  ///
  /// - Throws: `outOfMemory`; the caller then tears the child down, and this space stays usable.
  public mutating func fork(into child: inout Self) throws(MemoryError) {
    precondition(child.tree.count == 0, "a fork into a space that is not empty")
    if let root = tree.root { child.tree.finishCopy(try copy(root, into: &child)) }
    child.removeRegionsLeftByFork()
    child.specials = specials
    child.heapBase = heapBase
    child.heapEnd = heapEnd
  }

  /// Copies the regions of a subtree in ascending order, each with its pages; the child's tree gets
  /// the same shape. The recursion depth is the height of the tree: 23 levels for the most regions.
  ///
  /// - Returns: the copy of `node`.
  private mutating func copy(
    _ node: RegionReference, into child: inout Self
  ) throws(MemoryError) -> RegionReference {
    var left: RegionReference?
    if let lower = node.left { left = try copy(lower, into: &child) }
    let hasPages = node.traits.isDisjoint(with: [.wipedByFork, .excludedFromFork])
    if hasPages, node.traits.contains(.shared) { try fillShared(node) }
    try child.slab.reserve(1)
    let twin = child.slab.allocate(node.region)
    child.tree.appendCopy(twin, of: node, left: left)
    if hasPages { try share(node, with: &child) }
    if let upper = node.right { twin.adoptRight(try copy(upper, into: &child)) }
    return twin
  }

  /// Removes the regions with `excludedFromFork` from a child. They have no pages.
  @inline(never)
  private mutating func removeRegionsLeftByFork() {
    var position = tree.first
    while let node = position {
      position = node.next
      guard node.traits.contains(.excludedFromFork) else { continue }
      tree.remove(node)
      slab.free(node)
    }
  }

  /// Maps a frame for each absent page of a shared region, so that both spaces share it.
  private mutating func fillShared(_ node: RegionReference) throws(MemoryError) {
    let end = VirtualPage(containing: node.end).number
    for number in VirtualPage(containing: node.base).number..<end {
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

  /// Maps the region's frames in the child, too, and adds references for it.
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
        count &+= 1  // Wrapping: at most the number of pages of a space.
      }
    } catch {
      throw .outOfMemory  // The only error of a table.
    }
  }
}
