// SPDX-License-Identifier: Apache-2.0
/// The implementation of the LiteOS functions in `CInterface.swift`, which reach these methods
/// through the kernel's binding. A region is identified by its base.
extension AddressSpace where Table: ~Copyable {
  /// LOS_RegionAlloc: reserves a region that is never merged with others. A region with the vDSO
  /// flag is sealed; `mapFrames` maps kernel frames into it, of which the space owns no references.
  ///
  /// - Throws: `invalid` for length 0, a misaligned address, or a writable vDSO region;
  ///   `outOfMemory`; `notPermitted` below the user range or over a sealed region; `exists`.
  public mutating func allocateRegion(
    at address: UInt32, length: UInt32, _ flags: LiteOSRegionFlags, pageOffset: UInt32
  ) throws(MemoryError) -> UInt32 {
    let permissions = flags.permissions.intersection(.allAccess)
    if flags.isVdso, permissions.contains(.write) { throw .invalid }
    return try map(
      MapRequest(
        flags.placement(address), length: length, permissions: permissions,
        maximum: flags.isVdso ? permissions : .allAccess, name: flags.isVdso ? .vdso : .anonymous,
        traits: flags.isVdso ? [.unmergeable, .sealed, .borrowsFrames] : .unmergeable,
        pageOffset: pageOffset))
  }

  /// LOS_RegionFree: removes a region and its pages, also a sealed one, because the caller is the
  /// kernel.
  ///
  /// - Throws: `fault` if no region begins at `base`.
  public mutating func freeRegion(at base: UInt32) throws(MemoryError) {
    guard let node = tree.firstEnding(above: base), node.base == base else { throw .fault }
    discardRegion(node)
  }

  /// LOS_ArchMmuMap: maps `count` frames from `physical` on, inside one region. `permissions` may
  /// not exceed those of the region. The space acquires a reference of each frame, unless the
  /// region borrows its frames.
  ///
  /// - Throws: `invalid` for addresses outside one region or frames that are not in use; `exists`
  ///   if a page is mapped; `accessDenied`; `outOfMemory`. The space is then unchanged.
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
    // The region's permissions, because the table must agree with the region.
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

  /// LOS_ArchMmuUnmap: unmaps pages and releases their frames; the region stays.
  ///
  /// - Throws: `invalid` for addresses outside one region.
  public mutating func unmapFrames(at address: UInt32, count: UInt32) throws(MemoryError) {
    let node = try regionFor(address, count)
    releasePages(from: address, to: address + count << Page.shift, of: node)
  }

  /// The region that contains all of the `count` pages from `address` on.
  ///
  /// - Throws: `invalid` if there is none, if `count` is 0 or `address` is misaligned.
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
