// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The LiteOS functions for C code of the kernel, with LiteOS' codes. A region is identified by its
/// base. The caller makes sure that no other code uses the space.
extension AddressSpace where Table: ~Copyable {
  /// `LOS_RegionAlloc`: the region's base; 0 if it is refused.
  public mutating func regionAlloc(
    _ address: UInt, _ length: UInt, _ flags: LiteOSRegionFlags, _ pageOffset: UInt
  ) -> UserAddress {
    guard let address = UserAddress(exactly: address), let length = Word(exactly: length),
      let pageOffset = UInt32(exactly: pageOffset)
    else { return 0 }
    do throws(MemoryError) {
      return try allocateRegion(at: address, length: length, flags, pageOffset: pageOffset)
    } catch {
      return 0
    }
  }

  /// `LOS_RegionFree`: 0 or a negative status.
  public mutating func regionFree(_ base: UInt) -> Int32 {
    guard let base = UserAddress(exactly: base) else { return LiteOSMemoryStatus.invalidArguments }
    return Self.code { () throws(MemoryError) in
      try freeRegion(at: base)
      return 0
    }
  }

  /// `LOS_RegionFind`: the base of the region that contains `address`; 0 if there is none.
  public mutating func regionFind(_ address: UInt) -> UserAddress {
    UserAddress(exactly: address).flatMap { region(at: $0)?.base } ?? 0
  }

  /// `LOS_ArchMmuMap`: the number of pages mapped, or a negative status.
  public mutating func mmuMap(
    _ address: UInt, _ physical: UInt, _ count: UInt, _ flags: LiteOSRegionFlags
  ) -> Int32 {
    guard let address = UserAddress(exactly: address), let physical = Word(exactly: physical),
      let count = UInt32(exactly: count)
    else { return LiteOSMemoryStatus.invalidArguments }
    return Self.code { () throws(MemoryError) in
      try mapFrames(
        at: address, physical: PhysicalAddress(physical), count: count, flags.permissions)
      return Int32(bitPattern: count)
    }
  }

  /// `LOS_ArchMmuUnmap`: the number of pages unmapped, or a negative status.
  public mutating func mmuUnmap(_ address: UInt, _ count: UInt) -> Int32 {
    guard let address = UserAddress(exactly: address), let count = UInt32(exactly: count) else {
      return LiteOSMemoryStatus.invalidArguments
    }
    return Self.code { () throws(MemoryError) in
      try unmapFrames(at: address, count: count)
      return Int32(bitPattern: count)
    }
  }

  /// `LOS_ArchMmuQuery`: the frame's address and the flags of a page; nil if nothing is mapped.
  public mutating func mmuQuery(_ address: UInt) -> (
    physical: PhysicalAddress, flags: LiteOSRegionFlags
  )? {
    guard let address = UserAddress(exactly: address),
      let found = table.lookup(VirtualPage(containing: address))
    else { return nil }
    return (found.frame.address, LiteOSRegionFlags(found.permissions))
  }

  private static func code(_ body: () throws(MemoryError) -> Int32) -> Int32 {
    do throws(MemoryError) {
      return try body()
    } catch {
      return LiteOSMemoryStatus.status(of: error)
    }
  }

  /// LOS_RegionAlloc: reserves a region that is never merged with others. A region with the vDSO
  /// flag is sealed; `mapFrames` maps kernel frames into it, of which the space owns no references.
  ///
  /// - Throws: `invalid` for length 0, a misaligned address, or a writable vDSO region;
  ///   `outOfMemory`; `notPermitted` below the user range or over a sealed region; `exists`.
  public mutating func allocateRegion(
    at address: UserAddress, length: Word, _ flags: LiteOSRegionFlags, pageOffset: UInt32
  ) throws(MemoryError) -> UserAddress {
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
  public mutating func freeRegion(at base: UserAddress) throws(MemoryError) {
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
    at address: UserAddress, physical: PhysicalAddress, count: UInt32, _ permissions: Permissions
  ) throws(MemoryError) {
    let node = try regionFor(address, count)
    let pages = VirtualPage(containing: address).number
    let frames = PhysicalFrame(containing: physical).number
    guard physical.isPageAligned,
      physical.adding(Word(count) << Page.shift - 1) != nil
    else { throw .invalid }
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
        releasePages(from: address, to: address + Word(count) << Page.shift, of: node)
        throw error
      }
    }
  }

  /// LOS_ArchMmuUnmap: unmaps pages and releases their frames; the region stays.
  ///
  /// - Throws: `invalid` for addresses outside one region.
  public mutating func unmapFrames(at address: UserAddress, count: UInt32) throws(MemoryError) {
    let node = try regionFor(address, count)
    releasePages(from: address, to: address + Word(count) << Page.shift, of: node)
  }

  /// The region that contains all of the `count` pages from `address` on.
  ///
  /// - Throws: `invalid` if there is none, if `count` is 0 or `address` is misaligned.
  private mutating func regionFor(
    _ address: UserAddress, _ count: UInt32
  ) throws(MemoryError) -> RegionReference {
    guard address.isPageAligned, count > 0, let node = tree.firstEnding(above: address),
      node.base <= address, count <= Page.count(node.end - address)
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

extension UserAddress {
  /// The address with the bits of a C address; nil if they do not fit a word.
  init?(exactly bits: UInt) {
    guard let word = Word(exactly: bits) else { return nil }
    self.init(word)
  }
}
