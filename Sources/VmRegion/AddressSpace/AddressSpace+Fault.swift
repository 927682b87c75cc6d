// SPDX-License-Identifier: Apache-2.0
/// Demand paging: frames come when a program, or the kernel on its behalf, touches them.
extension AddressSpace where Table: ~Copyable {
  /// Resolves a fault of the program or of the kernel's copy routines, and extends the stack first
  /// if need be. A first store gets a zeroed frame, a first load of private memory the pool's one
  /// frame of zeros, a store to a frame that others hold, too, a copy of its own. A page that is
  /// there already is no error: another thread was faster. Budget of a first store: 1,100
  /// instructions with the zeroing.
  public mutating func handleFault(at address: UInt32, _ access: Access) -> FaultOutcome {
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
      return own(page, there.frame, permissions.union(.user))
    }
    if node.traits.contains(.borrowsFrames) { return touchSpecial(page, node) }
    if case .file(let path) = node.region.name { return putFilePage(path, page, node) }
    if access != .write, !node.traits.contains(.shared), let zeros = pool.zeroFrame {
      return putZeros(zeros, under: page, permissions.union(.user))
    }
    return putFrame(under: page, permissions.union(.user))
  }

  @inline(__always)
  private mutating func putFrame(
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

  /// A page of a file that is not there: it was discarded, or the mapping has grown.
  @inline(never)
  private mutating func putFilePage(
    _ path: UInt16, _ page: VirtualPage, _ node: RegionReference
  ) -> FaultOutcome {
    guard let source = fileSource, path != .max else {
      return putFrame(under: page, node.permissions.union(.user))
    }
    do throws(MemoryError) {
      let frame = try pool.allocate(zeroed: false)
      // Wrapping: all of a region has a place in its file.
      let number = node.region.pageOffset &+ (page.number &- node.base >> Page.shift)
      source(path, number, frame.number)  // All of it; the frame is not mapped yet.
      do throws(MemoryError) {
        try mapOwned(page, frame, node.permissions.union(.user))
      } catch {
        pool.release(frame)
        throw error
      }
    } catch {
      return .outOfMemory
    }
    return .resolved
  }

  /// Shows the pool's frame of zeros until the first store.
  @inline(never)
  private mutating func putZeros(
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

  /// Copy on write: puts a copy of `frame` under the page, unless this space alone holds it.
  @inline(never)
  private mutating func own(
    _ page: VirtualPage, _ frame: PhysicalFrame, _ permissions: Permissions
  ) -> FaultOutcome {
    if pool.referenceCount(of: frame) == 1 {
      table.protect(page, permissions)
      return .resolved
    }
    do throws(MemoryError) {
      let copy = try pool.allocate(zeroed: frame == pool.zeroFrame)
      if frame != pool.zeroFrame {
        // SAFETY: two frames that this space holds, each a page long.
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

  /// Puts frames under `range` so that `access` needs no fault.
  ///
  /// - Throws: `fault` where nothing is mapped or the region does not allow it; `outOfMemory`.
  ///   Pages before the first bad one stay prepared.
  public mutating func prepare(_ range: UserRange, for access: Access) throws(MemoryError) {
    guard range.count > 0 else { return }
    for number in range.base >> Page.shift...(range.end - 1) >> Page.shift {
      _ = try frame(under: VirtualPage(number: number), for: access)
    }
  }

  // SAFETY: pieces lie in one frame of this space and inside of `bytes`.
  /// Copies bytes into the space, whether it is active or not; the program must be allowed to
  /// write there.
  ///
  /// - Throws: `fault`, `outOfMemory`; bytes before the bad page are written.
  @inline(never)
  public mutating func write(_ bytes: RawSpan, to address: UInt32) throws(MemoryError) {
    let range = try Self.range(address, bytes.byteCount)
    let offset = address & Page.offsetMask
    if range.count <= Page.size &- offset {  // Most is short: one page, found once.
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
    // SAFETY: the closure keeps nothing of the piece.
    try unsafe forEachPiece(of: range, for: .write) { destination, offset in
      // SAFETY: the piece lies in one frame of this space and inside `bytes`.
      unsafe bytes.extracting(offset..<offset + destination.count).withUnsafeBytes {
        unsafe destination.copyMemory(from: $0)
      }
    }
  }

  /// Copies bytes out of the space, whether it is active or not; the program must be allowed to
  /// read there.
  ///
  /// - Throws: `fault`, `outOfMemory`; bytes before the bad page are copied.
  public mutating func read(
    from address: UInt32, into bytes: inout MutableRawSpan
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

  private static func range(_ base: UInt32, _ count: Int) throws(MemoryError) -> UserRange {
    guard let length = UInt32(exactly: count), let range = UserRange(base: base, count: length)
    else { throw .fault }
    return range
  }

  /// Hands out the bytes of `range` in the linear map, page by page, with their offset in it.
  private mutating func forEachPiece(
    of range: UserRange, for access: Access, _ body: (UnsafeMutableRawBufferPointer, Int) -> Void
  ) throws(MemoryError) {
    var address = range.base
    while address < range.end {
      let frame = try frame(under: VirtualPage(containing: address), for: access)
      let offset = address & Page.offsetMask
      let count = min(Page.size - offset, range.end - address)
      // SAFETY: the piece ends inside the frame, which the space holds.
      let piece = unsafe UnsafeMutableRawBufferPointer(
        start: Memory.pointer(to: frame) + Int(offset), count: Int(count))
      unsafe body(piece, Int(address - range.base))
      address += count
    }
  }

  /// The frame under a page that allows `access`, put there if need be.
  private mutating func frame(
    under page: VirtualPage, for access: Access
  ) throws(MemoryError) -> PhysicalFrame {
    if let there = table.lookup(page), there.permissions.allows(access) { return there.frame }
    switch handleFault(at: page.address, access) {
    case .notMapped, .notAllowed: throw .fault
    case .outOfMemory: throw .outOfMemory
    case .resolved: break
    }
    guard let there = table.lookup(page) else { throw .fault }
    return there.frame
  }
}
