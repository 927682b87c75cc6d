// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The user half of an address space in ARM short descriptors: TTBR0 with TTBCR.N = 1.
///
/// The first level is 8 KiB with 2,048 entries of 1 MiB. Second-level tables are 1 KiB. The four
/// tables of an aligned 4 MiB share one frame: they are allocated and freed together, and look like
/// one table of 1,024 pages. The frame's owner word counts the entries in use (bits 10 to 0), and has
/// a bit for each block of 64 entries that ever had one (bits 31 to 16), so that a search skips the
/// others.
@safe
// SAFETY: entries lie in table frames that this table owns, and indices are cut to their sizes.
public struct ShortDescriptorTable<
  Memory: PhysicalMemory, CPU: Processor, Maintenance: TableMaintenance
>: MMU, ~Copyable {
  /// The owner of the TLB entries that this table makes. Changed only when the old entries are
  /// gone.
  public var identifier: AddressSpaceIdentifier

  private let pool: FramePool<CPU, Memory>
  private let root: PhysicalFrame
  /// A bit for each 32 MiB that ever had a table frame, so that `release` can skip the others.
  private var touched: UInt64 = 0
  /// The first-level entries before this one have no table any more, once `release` has begun.
  private var released = 0

  /// The first page above user space.
  private static var pageLimit: UInt32 { VirtualPage(containing: UserRange.limit).number }

  /// An empty table, in two contiguous frames of `pool`.
  ///
  /// - Throws: `outOfMemory`.
  public init(
    pool: FramePool<CPU, Memory>, identifier: AddressSpaceIdentifier
  ) throws(MemoryError) {
    root = try pool.allocateCold(order: 1, zeroed: true)
    self.pool = pool
    self.identifier = identifier
    let entries = unsafe firstLevel
    // SAFETY: the two frames belong to this table.
    unsafe Maintenance.publish(entries, count: 2048)
  }

  /// The physical address for TTBR0, aligned to 8 KiB, without its attribute bits.
  public var rootAddress: PhysicalAddress { root.address }

  /// Maps a page. Allocates its table if necessary; an existing entry is first made invalid
  /// (break-before-make).
  public mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) {
    precondition(page.number < Self.pageLimit, "a page of the kernel in a program's table")
    let group = try tableFrame(for: page)
    let entry = unsafe entry(of: page, in: group)
    // SAFETY: the entry lies in a table frame of this table.
    let old = unsafe entry.pointee
    if old == 0 {
      // Wrapping: at most 1,024.
      pool.withOwnerWord(of: group) { $0 = ($0 &+ 1) | Self.block(of: page.number) }
    } else {
      unsafe store(0, at: entry, of: page, instead: old)
    }
    if permissions.contains(.execute) { Maintenance.makeExecutable(frame) }
    unsafe store(UserDescriptor.page(frame, permissions), at: entry, of: page, instead: 0)
  }

  /// Unmaps a page, and frees its table with the last page. Returns the frame; nil if none was
  /// mapped.
  public mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? {
    guard let group = existingTableFrame(for: page) else { return nil }
    let entry = unsafe entry(of: page, in: group)
    // SAFETY: the entry lies in a table frame of this table.
    let old = unsafe entry.pointee
    guard old != 0 else { return nil }
    unsafe store(0, at: entry, of: page, instead: old)
    let left = pool.withOwnerWord(of: group) { count in
      count &-= 1  // Wrapping: the entry was counted when it was made.
      return count & 0xffff
    }
    if left == 0 { detach(group, for: page) }
    return UserDescriptor.frame(old)
  }

  /// Changes the permissions of a page with one store.
  public mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    guard let group = existingTableFrame(for: page) else { return }
    let entry = unsafe entry(of: page, in: group)
    // SAFETY: the entry lies in a table frame of this table.
    let old = unsafe entry.pointee
    guard old != 0 else { return }
    let frame = UserDescriptor.frame(old)
    if permissions.contains(.execute), !UserDescriptor.permissions(old).contains(.execute) {
      Maintenance.makeExecutable(frame)
    }
    // Only permissions change, so the entry need not be broken first (ARM DDI 0406C, B3.10.1).
    unsafe store(UserDescriptor.page(frame, permissions), at: entry, of: page, instead: old)
  }

  /// Copies descriptors to the child, 4 MiB at a time. No CPU walks the child's table yet, so that
  /// one barrier publishes all entries of a group.
  public mutating func share(
    from first: VirtualPage, below limit: VirtualPage, with child: inout Self, isPrivate: Bool,
    _ body: (PhysicalFrame) -> Void
  ) throws(MapError) {
    let end = min(limit.number, Self.pageLimit)
    var start = first.number
    while start < end {
      let stop = min((start | 1023) &+ 1, end)  // Wrapping: below 2^19.
      if let group = existingTableFrame(for: VirtualPage(number: start)) {
        try share(start, stop, of: group, with: &child, isPrivate, body)
      }
      start = stop
    }
  }

  /// Copies the descriptors of the pages `start ..< stop`, whose entries are in `group`.
  @inline(__always)
  private mutating func share(
    _ start: UInt32, _ stop: UInt32, of group: PhysicalFrame, with child: inout Self,
    _ isPrivate: Bool, _ body: (PhysicalFrame) -> Void
  ) throws(MapError) {
    let entries = unsafe entry(of: VirtualPage(number: 0), in: group)
    let blocks = pool.withOwnerWord(of: group) { $0 }
    guard var number = unsafe Self.used(in: entries, blocks, from: start, below: stop) else {
      return
    }
    let childGroup = try child.tableFrame(for: VirtualPage(number: number))
    let copies = unsafe child.entry(of: VirtualPage(number: 0), in: childGroup)
    var count: UInt32 = 0
    var filled: UInt32 = 0
    while true {
      let index = Int(number & 1023)
      // SAFETY: 10 bits index a frame of 1,024 words.
      let old = unsafe entries[index]
      precondition(unsafe copies[index] == 0, "a page that the child has")
      let descriptor = isPrivate ? UserDescriptor.withoutWrite(old) : old
      if descriptor != old {
        unsafe store(
          descriptor, at: entries + index, of: VirtualPage(number: number), instead: old)
      }
      unsafe copies[index] = descriptor
      count &+= 1  // Wrapping: at most 1,024.
      filled |= Self.block(of: number)
      body(UserDescriptor.frame(old))
      guard let next = unsafe Self.used(in: entries, blocks, from: number &+ 1, below: stop) else {
        break
      }
      number = next
    }
    unsafe Maintenance.publish(copies + Int(start & 1023), count: Int(stop &- start))
    // Wrapping: at most 1,024.
    pool.withOwnerWord(of: childGroup) { $0 = ($0 &+ count) | filled }
  }

  /// Looks a page's descriptor up with two loads.
  public borrowing func lookup(_ page: VirtualPage) -> Translation? {
    guard let group = existingTableFrame(for: page) else { return nil }
    // SAFETY: the entry lies in a table frame of this table.
    let descriptor = unsafe entry(of: page, in: group).pointee
    guard descriptor != 0 else { return nil }
    return Translation(
      frame: UserDescriptor.frame(descriptor),
      permissions: UserDescriptor.permissions(descriptor))
  }

  /// Finds the first mapped page in a range; skips 4 MiB per step where there is no table.
  public borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? {
    let end = min(limit.number, Self.pageLimit)
    var start = page.number
    while start < end {
      let stop = min((start | 1023) &+ 1, end)  // Wrapping: below 2^19.
      if let group = existingTableFrame(for: VirtualPage(number: start)) {
        let entries = unsafe entry(of: VirtualPage(number: 0), in: group)
        let blocks = pool.withOwnerWord(of: group) { $0 }
        if let found = unsafe Self.used(in: entries, blocks, from: start, below: stop) {
          return VirtualPage(number: found)
        }
      }
      start = stop
    }
    return nil
  }

  /// The bit of the owner word for the block of 64 pages that `page` is in.
  @inline(__always)
  private static func block(of page: UInt32) -> UInt32 { 1 &<< (16 | page &>> 6 & 15) }

  /// The first mapped page of `first ..< stop`, whose entries are among the 1,024 at `entries`, and
  /// in one of the `blocks` of their owner word; nil if there is none. Tests four empty entries at a
  /// time.
  @inline(__always)
  private static func used(
    in entries: UnsafeMutablePointer<UInt32>, _ blocks: UInt32, from first: UInt32,
    below stop: UInt32
  ) -> UInt32? {
    var number = first
    while number < stop {
      let skipped = UInt32((blocks &>> (16 | number &>> 6 & 15)).trailingZeroBitCount)
      // Wrapping, here and below: below 2^19; after the last block it is behind the table.
      if skipped > 0 { number = (number & ~63) &+ skipped &* 64 }
      let end = min((number | 63) &+ 1, stop)
      while number < end {
        // SAFETY: 10 bits index a frame of 1,024 words, and four words from a multiple of four are in
        // it.
        let four = unsafe entries + Int(number & 1023)
        if unsafe four[0] != 0 { return number }
        let isEmpty = unsafe number & 3 == 0 && four[1] | four[2] | four[3] == 0
        number &+= isEmpty ? 4 : 1
      }
    }
    return nil
  }

  /// Frees up to two tables of the lowest 32 MiB that have any, and with the last ones the first
  /// level. The caller has unmapped the pages, or owns their frames.
  public mutating func release() -> Bool {
    if touched != 0 {
      let entries = unsafe firstLevel
      let first = touched.trailingZeroBitCount * 32
      var count = 0
      for index in stride(from: max(first, released), to: first + 32, by: 4) {
        // SAFETY: the index is below 2,048.
        let descriptor = unsafe entries[index]
        guard descriptor != 0 else { continue }
        guard count < 2 else { return false }
        count += 1
        released = index + 4
        pool.release(PhysicalFrame(containing: UserDescriptor.tableAddress(descriptor)))
      }
      touched &= touched &- 1  // Wrapping: it is not 0.
      guard touched == 0 else { return false }
    }
    pool.release(root)
    return true
  }

  /// Writes an entry and publishes it. If the old entry was valid, invalidates it in all TLBs.
  @inline(__always)
  private func store(
    _ descriptor: UInt32, at entry: UnsafeMutablePointer<UInt32>, of page: VirtualPage,
    instead old: UInt32
  ) {
    // SAFETY: the caller's entry lies in a table frame of this table. It is one aligned word, so a
    // walk sees the old or the new descriptor.
    unsafe entry.pointee = descriptor
    unsafe Maintenance.publish(entry, count: 1)
    if UserDescriptor.isValid(old) { Maintenance.invalidate(page, in: identifier) }
  }

  /// The frame with the table of `page` and its 1,023 neighbours; allocated if necessary.
  @inline(__always)
  private mutating func tableFrame(for page: VirtualPage) throws(MapError) -> PhysicalFrame {
    if let group = existingTableFrame(for: page) { return group }
    let group: PhysicalFrame
    do {
      group = try pool.allocate(zeroed: true)
    } catch {
      throw .outOfMemory
    }
    // Walks must see the zeros before the entries that lead to them.
    unsafe Maintenance.publish(
      entry(of: VirtualPage(number: 0), in: group), count: 1024)
    setGroup(
      of: page, table: { UserDescriptor.table(PhysicalAddress(group.address.word + $0 * 1024)) })
    touched |= 1 << (page.number >> 13)
    return group
  }

  /// Removes an empty table frame from the first level, and frees it.
  private func detach(_ group: PhysicalFrame, for page: VirtualPage) {
    setGroup(of: page, table: { _ in 0 })
    let first = page.number & ~1023
    for quarter: UInt32 in 0..<4 {
      // One page of each MiB is enough: this removes the cached table walks.
      Maintenance.invalidate(VirtualPage(number: first + quarter * 256), in: identifier)
    }
    pool.release(group)
  }

  /// Writes the four first-level entries of the 4 MiB around `page`.
  private func setGroup(of page: VirtualPage, table: (UInt32) -> UInt32) {
    // SAFETY: page numbers are below 2^19, so the index is at most 2,044.
    let entries = unsafe firstLevel + Int((page.number >> 10) * 4)
    for quarter: UInt32 in 0..<4 { unsafe entries[Int(quarter)] = table(quarter) }
    unsafe Maintenance.publish(entries, count: 4)
  }

  @inline(__always)
  private borrowing func existingTableFrame(for page: VirtualPage) -> PhysicalFrame? {
    guard page.number < Self.pageLimit else { return nil }
    // SAFETY: compared just before, so the index is at most 2,044.
    let descriptor = unsafe firstLevel[Int((page.number >> 10) * 4)]
    guard descriptor != 0 else { return nil }
    return PhysicalFrame(containing: UserDescriptor.tableAddress(descriptor))
  }

  /// The entry of `page` in its table frame.
  @inline(__always)
  private borrowing func entry(
    of page: VirtualPage, in group: PhysicalFrame
  ) -> UnsafeMutablePointer<UInt32> {
    // SAFETY: table frames hold 1,024 words, and 10 bits index them.
    unsafe Memory.pointer(to: group).assumingMemoryBound(to: UInt32.self)
      + Int(page.number & 1023)
  }

  private var firstLevel: UnsafeMutablePointer<UInt32> {
    // SAFETY: the two frames hold 2,048 words.
    unsafe Memory.pointer(to: root).assumingMemoryBound(to: UInt32.self)
  }
}
