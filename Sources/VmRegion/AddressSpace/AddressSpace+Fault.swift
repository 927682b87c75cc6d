// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Demand paging: a frame is mapped when the program, or the kernel on its behalf, first accesses
/// the page.
extension AddressSpace where Table: ~Copyable {
  /// Resolves a fault of the program or of the kernel's copy routines; extends the stack first if
  /// necessary.
  ///
  /// A first store gets a zeroed frame. A first load of private memory gets the pool's shared zero
  /// frame. A store to a shared frame gets a private copy. A page that is already present is not an
  /// error: another thread resolved the fault first. Budget of a first store: 1,100 instructions,
  /// zeroing included.
  public mutating func handleFault(at address: UserAddress, _ access: Access) -> FaultOutcome {
    faultCount &+= 1  // Wrapping: a statistic.
    let page = VirtualPage(containing: address)
    guard address < UserRange.limit, let node = tree.firstEnding(above: address) else {
      return .notMapped
    }
    if address < node.base {
      guard canGrow(node, downTo: page.address) else { return .notMapped }
      guard node.permissions.allows(access) else { return .notAllowed }
      node.base = page.address
      tree.boundsChanged(node)
    }
    let permissions = node.permissions
    guard permissions.allows(access) else { return .notAllowed }
    if let there = table.lookup(page) {
      if there.permissions.allows(access) { return .resolved }
      // Only a change of permissions that has not come to this page yet: shared pages are not copied.
      if node.traits.contains(.shared) {
        table.protect(page, permissions.union(.user))
        return .resolved
      }
      return copyOnWrite(page, there.frame, permissions.union(.user))
    }
    if node.traits.contains(.borrowsFrames) { return faultSpecial(page, node) }
    if case .file(let path) = node.region.name { return mapFilePage(path, page, node, access) }
    if access != .write, !node.traits.contains(.shared), let zeros = pool.zeroFrame {
      return mapZeroFrame(zeros, under: page, permissions.union(.user))
    }
    return mapZeroedFrame(under: page, permissions.union(.user))
  }

  @inline(__always)
  private mutating func mapZeroedFrame(
    under page: VirtualPage, _ permissions: Permissions
  ) -> FaultOutcome {
    do throws(MemoryError) {
      let frame = try pool.allocate(zeroed: true)
      do throws(MemoryError) {
        try mapOwned(page, frame, permissions)
      } catch {
        pool.release(frame)
        throw error
      }
    } catch {
      return .outOfMemory
    }
    return .resolved
  }

  /// Maps a page of a file. A private page that the file has, too, is read-only until the first
  /// store.
  @inline(never)
  private mutating func mapFilePage(
    _ path: UInt16, _ page: VirtualPage, _ node: RegionReference, _ access: Access
  ) -> FaultOutcome {
    var permissions = node.permissions.union(.user)
    guard let source = fileSource, path != .max else {
      return mapZeroedFrame(under: page, permissions)
    }
    // Wrapping: every page of a region has an offset in its file.
    let number =
      node.region.pageOffset &+ (page.number &- VirtualPage(containing: node.base).number)
    let isShared = node.traits.contains(.shared)
    let request: FileRequest =
      isShared ? .sharedPage : permissions.contains(.write) ? .privatePage : .readOnlyPage
    let answer = source(request.rawValue, path, number)
    guard answer != FileRequest.outOfMemory else { return .outOfMemory }
    guard answer != FileRequest.behindEnd else { return .behindEnd }
    guard answer != FileRequest.needsKernelLock else {
      faultCount &-= 1  // Wrapping: a statistic. The fault comes again.
      return .needsKernelLock
    }
    let frame = PhysicalFrame(number: answer)
    let isCopied = !isShared && pool.referenceCount(of: frame) > 1
    if isCopied { permissions.remove(.write) }
    do throws(MemoryError) { try mapOwned(page, frame, permissions) } catch {
      pool.release(frame)
      return .outOfMemory
    }
    guard isCopied, access == .write else { return .resolved }
    return copyOnWrite(page, frame, node.permissions.union(.user))
  }

  /// Maps the pool's zero frame read-only until the first store.
  @inline(never)
  private mutating func mapZeroFrame(
    _ zeros: PhysicalFrame, under page: VirtualPage, _ permissions: Permissions
  ) -> FaultOutcome {
    do throws(MemoryError) {
      try mapOwned(page, zeros, permissions.subtracting(.write))
    } catch {
      return .outOfMemory
    }
    pool.retain(zeros)
    return .resolved
  }

  /// Copy-on-write: maps a private copy of `frame`, or makes the page writable if this space holds
  /// the only reference.
  @inline(never)
  private mutating func copyOnWrite(
    _ page: VirtualPage, _ frame: PhysicalFrame, _ permissions: Permissions
  ) -> FaultOutcome {
    if pool.referenceCount(of: frame) == 1 {
      table.protect(page, permissions)
      return .resolved
    }
    do throws(MemoryError) {
      let copy = try pool.allocate(zeroed: frame == pool.zeroFrame)
      if frame != pool.zeroFrame {
        // SAFETY: this space holds both frames, each a page long.
        unsafe Memory.pointer(to: copy).copyMemory(
          from: Memory.pointer(to: frame), byteCount: Int(Page.size))
      }
      do {
        try table.map(page, to: copy, permissions)
      } catch {
        pool.release(copy)
        throw .outOfMemory
      }
    } catch {
      return .outOfMemory
    }
    pool.release(frame)
    return .resolved
  }

  /// The frame of the page at `address`, and whether its region is shared with other processes;
  /// resolves a fault for `access` if necessary. O(log n).
  ///
  /// - Throws: `fault` where nothing is mapped or the region does not allow the access;
  ///   `outOfMemory`.
  public mutating func frame(
    at address: UserAddress, for access: Access
  ) throws(MemoryError) -> (frame: PhysicalFrame, isShared: Bool) {
    guard let node = tree.firstEnding(above: address), node.base <= address else { throw .fault }
    let isShared = node.traits.contains(.shared)
    return (try frame(under: VirtualPage(containing: address), for: access), isShared)
  }

  // SAFETY: each piece lies in one frame of this space and inside `bytes`.
  /// Copies bytes into the space, which need not be active; the region must be writable by the
  /// program.
  ///
  /// - Throws: `fault`, `outOfMemory`; bytes before the failing page are written.
  @inline(never)
  public mutating func write(_ bytes: RawSpan, to address: UserAddress) throws(MemoryError) {
    let range = try Self.range(address, bytes.byteCount)
    let offset = address.pageOffset
    if range.count <= Page.size &- offset {  // The usual case: one page, looked up once.
      guard range.count > 0 else { return }
      let frame = try frame(under: VirtualPage(containing: address), for: .write)
      // SAFETY: the bytes end inside the frame, which the space holds.
      unsafe bytes.withUnsafeBytes { source in
        guard let start = source.baseAddress else { return }
        unsafe (Memory.pointer(to: frame) + Int(offset)).copyMemory(
          from: start, byteCount: source.count)
      }
      return
    }
    // SAFETY: the closure does not keep the piece.
    try unsafe forEachPiece(of: range, for: .write) { destination, offset in
      // SAFETY: the piece lies in one frame of this space and inside `bytes`.
      unsafe bytes.extracting(offset..<offset + destination.count).withUnsafeBytes {
        unsafe destination.copyMemory(from: $0)
      }
    }
  }

  /// Zeroes `count` bytes at `address`, up to the end of their page; the region must be writable by
  /// the program.
  ///
  /// - Throws: `fault`, `outOfMemory`.
  public mutating func writeZeros(_ count: Int, to address: UserAddress) throws(MemoryError) {
    let frame = try frame(under: VirtualPage(containing: address), for: .write)
    let offset = Int(address.pageOffset)
    // SAFETY: the bytes end inside the frame, which the space holds.
    unsafe (Memory.pointer(to: frame) + offset).initializeMemory(
      as: UInt8.self, repeating: 0, count: min(count, Int(Page.size) - offset))
  }

  /// Copies bytes out of the space, which need not be active; the region must be readable by the
  /// program.
  ///
  /// - Throws: `fault`, `outOfMemory`; bytes before the failing page are copied.
  public mutating func read(
    from address: UserAddress, into bytes: inout MutableRawSpan
  ) throws(MemoryError) {
    let range = try Self.range(address, bytes.byteCount)
    // SAFETY: the buffer is used only while `bytes` is borrowed by this call.
    let target = unsafe bytes.withUnsafeMutableBytes { unsafe $0 }
    try unsafe forEachPiece(of: range, for: .read) { source, offset in
      // SAFETY: the piece lies in one frame of this space and inside `target`.
      unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + source.count])
        .copyMemory(from: UnsafeRawBufferPointer(source))
    }
  }

  private static func range(_ base: UserAddress, _ count: Int) throws(MemoryError) -> UserRange {
    guard let length = Word(exactly: count), let range = UserRange(base: base, count: length)
    else { throw .fault }
    return range
  }

  /// Calls `body` for each page of `range` with the bytes in the linear map and their offset in
  /// `range`.
  private mutating func forEachPiece(
    of range: UserRange, for access: Access, _ body: (UnsafeMutableRawBufferPointer, Int) -> Void
  ) throws(MemoryError) {
    var address = range.base
    while address < range.end {
      let frame = try frame(under: VirtualPage(containing: address), for: access)
      let offset = address.pageOffset
      let count = min(Page.size - offset, range.end - address)
      // SAFETY: the piece ends inside the frame, which the space holds.
      let piece = unsafe UnsafeMutableRawBufferPointer(
        start: Memory.pointer(to: frame) + Int(offset), count: Int(count))
      unsafe body(piece, Int(address - range.base))
      address = address + count
    }
  }

  /// The frame of a page that allows `access`; resolves a fault for it if necessary.
  ///
  /// - Throws: `fault`, `outOfMemory`.
  mutating func frame(
    under page: VirtualPage, for access: Access
  ) throws(MemoryError) -> PhysicalFrame {
    if let there = table.lookup(page), there.permissions.allows(access) { return there.frame }
    switch handleFault(at: page.address, access) {
    case .notMapped, .notAllowed, .behindEnd: throw .fault
    case .outOfMemory, .needsKernelLock: throw .outOfMemory
    case .resolved: break
    }
    guard let there = table.lookup(page) else { throw .fault }
    return there.frame
  }
}
