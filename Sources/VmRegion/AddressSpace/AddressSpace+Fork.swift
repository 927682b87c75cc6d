// SPDX-License-Identifier: Apache-2.0
/// fork: creates a second space with the same regions. Tables are copied, memory is not.
extension AddressSpace where Table: ~Copyable {
  /// Copies this space to `child`, an empty space with the same pool and layout.
  ///
  /// Private pages share their frames and become read-only in both spaces. The first store then
  /// copies the frame, or reuses it if the other space has released it. Shared memory gets all of
  /// its frames first and stays writable. Special mappings and sealed regions are inherited
  /// unchanged; regions with `wipedByFork` are inherited without their pages, read-only if they are
  /// shared, and regions with `excludedFromFork` not at all. No CPU may have the child's table
  /// active; the caller serialises access to both spaces.
  ///
  /// - Throws: `outOfMemory`; the caller then tears the child down, and this space stays usable.
  public mutating func fork(into child: inout Self) throws(MemoryError) {
    var position: UserAddress = 0
    while try forkStep(into: &child, &position) {}
  }

  /// One step of `fork`. The regions below `position`, at first 0, are copied with their pages.
  /// Between two steps the owner may let other threads run, whose faults are resolved: what they
  /// store above `position` is in the child, too. It keeps changes of this space out.
  ///
  /// - Returns: whether a step is left.
  /// - Throws: `outOfMemory`, as `fork`.
  public mutating func forkStep(
    into child: inout Self, _ position: inout UserAddress
  ) throws(MemoryError) -> Bool {
    precondition(position != 0 || child.tree.count == 0, "a fork into a space that is not empty")
    var allowance = StepAllowance.step
    while allowance.isLeft {
      guard let node = tree.firstEnding(above: position) else {
        child.specials = specials
        child.heapBase = heapBase
        child.heapEnd = heapEnd
        return false
      }
      allowance.spend(StepAllowance.look)
      guard !node.traits.contains(.excludedFromFork) else {
        position = node.end
        continue
      }
      // A region's end does not change meanwhile; its base may, because a stack grows.
      if child.tree.last?.end != node.end {
        try child.slab.reserve(1)
        var region = node.region
        if region.traits.isSuperset(of: [.shared, .wipedByFork]) {
          (region.permissions, region.maximum) = (.read, .read)
        }
        // Its first page is likely to need a table that the child does not have.
        let last = child.tree.last?.end.word ?? .max
        if last >> 22 != node.base.word >> 22 { allowance.spend(StepAllowance.newTable) }
        _ = child.insert(region, after: child.tree.last)
        position = node.base
      }
      try share(node, from: &position, with: &child, &allowance)
    }
    return true
  }

  /// Maps frames of the region's pages from `position` on in the child, too, as long as the
  /// allowance lasts, and adds references for it.
  private mutating func share(
    _ node: RegionReference, from position: inout UserAddress, with child: inout Self,
    _ allowance: inout StepAllowance
  ) throws(MemoryError) {
    guard !node.traits.contains(.wipedByFork) else {
      position = node.end
      return
    }
    let limit = VirtualPage(containing: node.end)
    var page = VirtualPage(containing: position)
    if node.traits.contains(.shared), node.region.name.beginsWithZeros {
      let first = page
      try fillShared(&page, below: limit, node, &allowance)
      _ = try share(node, first, page, with: &child)
    } else {
      while let found = nextMapped(&page, below: limit, &allowance) {
        // Mapped pages mostly lie together, and are copied at half the cost of other work.
        page = VirtualPage(number: min(found.number &+ 8, limit.number))
        let count = try share(node, found, page, with: &child)
        allowance.spend(Int(count) &* 2)
      }
    }
    position = page.address
  }

  /// Maps a frame for each absent page of a shared region from `page` on, so that both spaces share
  /// it, as long as the allowance lasts.
  private mutating func fillShared(
    _ page: inout VirtualPage, below limit: VirtualPage, _ node: RegionReference,
    _ allowance: inout StepAllowance
  ) throws(MemoryError) {
    while page.number < limit.number, allowance.isLeft {
      allowance.spend(StepAllowance.page)
      if table.lookup(page) == nil {
        allowance.spend(StepAllowance.newPage)
        let frame = try pool.allocate(zeroed: true)
        do throws(MemoryError) {
          try mapOwned(page, frame, node.permissions.union(.user))
        } catch {
          pool.release(frame)
          throw error
        }
      }
      page = VirtualPage(number: page.number &+ 1)  // Wrapping: below 2^20.
    }
  }

  /// Maps the frames of the pages `first ..< limit`, which are the region's, in the child, too.
  ///
  /// - Returns: how many the child has a reference of.
  private mutating func share(
    _ node: RegionReference, _ first: VirtualPage, _ limit: VirtualPage, with child: inout Self
  ) throws(MemoryError) -> UInt32 {
    let keepsCount = !node.traits.contains(.borrowsFrames)
    let pool = pool
    var count: UInt32 = 0
    var frames = InlineArray<8, PhysicalFrame>(repeating: PhysicalFrame(number: 0))
    // Eight references under one lock. Until then this space's own ones keep the frames.
    defer {
      pool.retain(frames.span.extracting(first: Int(count & 7)))
      child.residentCount += count
    }
    do {
      try table.share(
        from: first, below: limit, with: &child.table, isPrivate: !node.traits.contains(.shared)
      ) { frame in
        guard keepsCount else { return }
        frames[Int(count & 7)] = frame
        count &+= 1  // Wrapping: at most the number of pages of a space.
        if count & 7 == 0 { pool.retain(frames.span) }
      }
    } catch {
      throw .outOfMemory  // The only error of a table.
    }
    return count
  }
}
