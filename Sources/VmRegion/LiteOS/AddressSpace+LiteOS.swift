// SPDX-License-Identifier: Apache-2.0
/// What stands behind the LiteOS names of `CInterface.swift`: the kernel's binding finds the space
/// and takes its lock, then calls these. A region is known by its base.
extension AddressSpace where Table: ~Copyable {
  /// LOS_RegionAlloc: reserves a region that is never joined with others. One with the vDSO flag
  /// is sealed, and its frames are the kernel's own, mapped by `mapFrames`.
  ///
  /// - Throws: as `map`.
  public mutating func allocateRegion(
    at address: UInt32, length: UInt32, _ flags: LiteOSRegionFlags, pageOffset: UInt32
  ) throws(MemoryError) -> UInt32 {
    let permissions = flags.permissions.intersection(.allAccess)
    if flags.isVdso, permissions.contains(.write) { throw .invalid }
    return try map(
      MapRequest(
        flags.placement(address), length: length, permissions: permissions,
        maximum: flags.isVdso ? permissions : .allAccess, name: flags.isVdso ? .vdso : .anonymous,
        traits: flags.isVdso ? [.separate, .sealed, .borrowsFrames] : .separate,
        pageOffset: pageOffset))
  }

  /// LOS_RegionFree: the kernel's way, which a seal does not stop.
  ///
  /// - Throws: `fault` if no region begins at `base`.
  public mutating func freeRegion(at base: UInt32) throws(MemoryError) {
    guard let node = tree.firstEnding(above: base), node.base == base else { throw .fault }
    discardRegion(node)
  }

  /// LOS_ArchMmuMap: maps `count` frames from `physical` on, inside one region and with no more
  /// than its permissions. A frame of the pool gets a reference of this space, unless the region
  /// borrows its frames.
  ///
  /// - Throws: `invalid` for addresses outside a region or frames that nobody holds; `exists` if a
  ///   page is mapped; `accessDenied`; `outOfMemory`. The space is then as it was.
  public mutating func mapFrames(
    at address: UInt32, physical: UInt32, count: UInt32, _ permissions: Permissions
  ) throws(MemoryError) {
    let node = try regionFor(address, count)
    let pages = VirtualPage(containing: address).number
    let frames = PhysicalFrame(containing: physical).number
    guard Page.isAligned(physical), count <= 1 << 20 - frames else { throw .invalid }
    guard permissions.intersection(.allAccess).isSubset(of: node.permissions) else {
      throw .accessDenied
    }
    let limit = VirtualPage(number: pages + count)
    guard table.firstMapped(from: VirtualPage(number: pages), below: limit) == nil else {
      throw .exists
    }
    // The region's permissions, because what the table says must agree with the region.
    let allowed = node.permissions.union(.user)
    for index in 0..<count {
      do throws(MemoryError) {
        let page = VirtualPage(number: pages + index)
        let frame = PhysicalFrame(number: frames + index)
        try mapShared(page, frame, allowed, isBorrowed: node.traits.contains(.borrowsFrames))
      } catch {
        releasePages(from: address, to: address + count << Page.shift, of: node)
        throw error
      }
    }
  }

  /// LOS_ArchMmuUnmap: the frames go, the region stays.
  ///
  /// - Throws: `invalid` for addresses outside one region.
  public mutating func unmapFrames(at address: UInt32, count: UInt32) throws(MemoryError) {
    let node = try regionFor(address, count)
    releasePages(from: address, to: address + count << Page.shift, of: node)
  }

  /// The region that holds all of `count` (not 0) pages from `address` on.
  private mutating func regionFor(
    _ address: UInt32, _ count: UInt32
  ) throws(MemoryError) -> RegionReference {
    guard Page.isAligned(address), count > 0, let node = tree.firstEnding(above: address),
      node.base <= address, count <= (node.end - address) >> Page.shift
    else { throw .invalid }
    return node
  }

  private mutating func mapShared(
    _ page: VirtualPage, _ frame: PhysicalFrame, _ permissions: Permissions, isBorrowed: Bool
  ) throws(MemoryError) {
    if isBorrowed {
      do {
        try table.map(page, to: frame, permissions)
      } catch {
        throw .outOfMemory
      }
      return
    }
    guard pool.referenceCount(of: frame) > 0 else { throw .invalid }
    pool.retain(frame)
    do throws(MemoryError) {
      try mapOwned(page, frame, permissions)
    } catch {
      pool.release(frame)
      throw error
    }
  }
}
