/// fork: a second space with the same regions. Tables are copied, memory is not.
extension AddressSpace where Table: ~Copyable {
  /// Makes `child`, an empty space over the same pool and with the same layout, like this one.
  ///
  /// Private pages lead to the same frames and lose the right to be written in both spaces; the
  /// first store then makes a copy, or, where the other space has let go, takes the frame over.
  /// Shared memory is given all of its frames first and stays writable. Special mappings and
  /// everything that is sealed are inherited as they are. No CPU may have the child's table active;
  /// the caller holds the locks of both spaces.
  ///
  /// - Throws: `outOfMemory`; the caller then tears the child down, and this space goes on as before.
  public mutating func fork(into child: inout Self) throws(MemoryError) {
    precondition(child.tree.count == 0, "a fork into a space that is not empty")
    var position = tree.first
    while let node = position {
      if node.traits.contains(.shared) { try fillShared(node) }
      try child.slab.reserve(1)
      _ = child.insert(node.region, after: child.tree.last)
      try share(node, with: &child)
      position = node.next
    }
    child.specials = specials
    child.heapBase = heapBase
    child.heapEnd = heapEnd
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
    let isBorrowed = node.traits.contains(.borrowsFrames)
    let isPrivate = !node.traits.contains(.shared)
    let limit = VirtualPage(containing: node.end)
    var page = VirtualPage(containing: node.base)
    while let mapped = table.firstMapped(from: page, below: limit) {
      page = VirtualPage(number: mapped.number + 1)
      let frame: PhysicalFrame?
      do { frame = try table.share(mapped, with: &child.table, isPrivate: isPrivate) } catch {
        throw .outOfMemory  // The only reason that a table has.
      }
      guard let frame else { continue }
      if !isBorrowed {
        pool.retain(frame)
        child.residentCount += 1
      }
    }
  }
}
