import RTOSCore
import VmRegion

/// A program's half of the address space in ARM short descriptors: TTBR0 with TTBCR.N = 1.
///
/// The first level is 8 KiB with 2,048 entries of 1 MiB. Second-level tables are 1 KiB; the four
/// of 4 MiB stand in one frame, appear and go together, and look like one table of 1,024 pages.
/// How many of these are in use is counted in the frame's owner word.
@safe
// SAFETY: entries lie in table frames that this table owns, and indices are cut to their sizes.
public struct ShortDescriptorTable<
  Memory: PhysicalMemory, CPU: Processor, Maintenance: TableMaintenance
>: MMU, ~Copyable {
  /// Whose TLB entries this table makes. Changed only when the old ones are gone.
  public var identifier: AddressSpaceIdentifier

  private let pool: FramePool<CPU, Memory>
  private let root: PhysicalFrame
  /// In which 32 MiB there has been a table frame: release need not look at the others.
  private var touched: UInt64 = 0

  /// The first page that is not a program's.
  private static var pageLimit: UInt32 { UserRange.limit >> Page.shift }

  /// An empty table, in two contiguous frames of `pool`.
  ///
  /// - Throws: `outOfMemory`.
  public init(
    pool: FramePool<CPU, Memory>, identifier: AddressSpaceIdentifier
  ) throws(MemoryError) {
    root = try pool.allocateRarely(order: 1, zeroed: true)
    self.pool = pool
    self.identifier = identifier
    let entries = unsafe firstLevel
    // SAFETY: the two frames are this table's.
    unsafe Maintenance.publish(entries, count: 2048)
  }

  /// The physical address for TTBR0, aligned to 8 KiB, without its attribute bits.
  public var rootAddress: UInt32 { root.address }

  /// Maps a page; its table is made if need be, and what was there is broken first.
  public mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) {
    precondition(page.number < Self.pageLimit, "a page of the kernel in a program's table")
    let group = try tableFrame(for: page)
    let entry = unsafe entry(of: page, in: group)
    // SAFETY: the entry lies in a table frame of ours.
    let old = unsafe entry.pointee
    if old == 0 {
      pool.withOwnerWord(of: group) { $0 &+= 1 }  // Wrapping: at most 1,024.
    } else {
      unsafe store(0, at: entry, of: page, instead: old)
    }
    if permissions.contains(.execute) { Maintenance.makeExecutable(frame) }
    unsafe store(UserDescriptor.page(frame, permissions), at: entry, of: page, instead: 0)
  }

  /// Unmaps a page and gives its table back with the last one.
  public mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? {
    guard let group = existingTableFrame(for: page) else { return nil }
    let entry = unsafe entry(of: page, in: group)
    // SAFETY: the entry lies in a table frame of ours.
    let old = unsafe entry.pointee
    guard old != 0 else { return nil }
    unsafe store(0, at: entry, of: page, instead: old)
    let left = pool.withOwnerWord(of: group) { count in
      count &-= 1  // Wrapping: the entry was counted when it was made.
      return count
    }
    if left == 0 { detach(group, for: page) }
    return UserDescriptor.frame(old)
  }

  /// Changes what may be done at a page in one store.
  public mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    guard let group = existingTableFrame(for: page) else { return }
    let entry = unsafe entry(of: page, in: group)
    // SAFETY: the entry lies in a table frame of ours.
    let old = unsafe entry.pointee
    guard old != 0 else { return }
    let frame = UserDescriptor.frame(old)
    if permissions.contains(.execute), !UserDescriptor.permissions(old).contains(.execute) {
      Maintenance.makeExecutable(frame)
    }
    // Only permissions change, so the entry need not be broken first (ARM DDI 0406C, B3.10.1).
    unsafe store(UserDescriptor.page(frame, permissions), at: entry, of: page, instead: old)
  }

  /// Copies a page's descriptor.
  public mutating func share(
    _ page: VirtualPage, with child: inout Self, isPrivate: Bool
  ) throws(MapError) -> PhysicalFrame? {
    guard let group = existingTableFrame(for: page) else { return nil }
    let entry = unsafe entry(of: page, in: group)
    // SAFETY: the entry lies in a table frame of ours, the copy in one of the child's.
    let old = unsafe entry.pointee
    guard old != 0 else { return nil }
    let childGroup = try child.tableFrame(for: page)
    let copy = unsafe child.entry(of: page, in: childGroup)
    precondition(unsafe copy.pointee == 0, "a page that the child has")
    let descriptor = isPrivate ? UserDescriptor.withoutWrite(old) : old
    if descriptor != old { unsafe store(descriptor, at: entry, of: page, instead: old) }
    pool.withOwnerWord(of: childGroup) { $0 &+= 1 }  // Wrapping: at most 1,024.
    unsafe child.store(descriptor, at: copy, of: page, instead: 0)
    return UserDescriptor.frame(old)
  }

  /// Reads a page's descriptor: two loads.
  public borrowing func lookup(_ page: VirtualPage) -> Translation? {
    guard let group = existingTableFrame(for: page) else { return nil }
    // SAFETY: the entry lies in a table frame of ours.
    let descriptor = unsafe entry(of: page, in: group).pointee
    guard descriptor != 0 else { return nil }
    return Translation(
      frame: UserDescriptor.frame(descriptor),
      permissions: UserDescriptor.permissions(descriptor))
  }

  /// Skips 4 MiB a step where there is no table.
  public borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? {
    var number = page.number
    let end = min(limit.number, Self.pageLimit)
    while number < end {
      let groupEnd = (number | 1023) + 1
      guard let group = existingTableFrame(for: VirtualPage(number: number)) else {
        number = groupEnd
        continue
      }
      let entries = unsafe entry(of: VirtualPage(number: number & ~1023), in: group)
      let stop = min(groupEnd, end)
      while number < stop {
        // SAFETY: 10 bits index a frame of 1,024 words.
        if unsafe entries[Int(number & 1023)] != 0 { return VirtualPage(number: number) }
        number += 1
      }
    }
    return nil
  }

  /// Gives the tables back; the caller has unmapped the pages, or owns their frames.
  public mutating func release() {
    while touched != 0 {
      let first = touched.trailingZeroBitCount * 32
      touched &= touched &- 1  // Wrapping: it is not 0.
      for index in stride(from: first, to: first + 32, by: 4) {
        // SAFETY: the index is below 2,048.
        let descriptor = unsafe firstLevel[index]
        guard descriptor != 0 else { continue }
        pool.release(PhysicalFrame(containing: UserDescriptor.tableAddress(descriptor)))
      }
    }
    pool.release(root)
  }

  /// Writes an entry and brings walks and, if the old entry could be in one, TLBs in line.
  @inline(__always)
  private func store(
    _ descriptor: UInt32, at entry: UnsafeMutablePointer<UInt32>, of page: VirtualPage,
    instead old: UInt32
  ) {
    // SAFETY: the caller's entry lies in a table frame of ours. One aligned word, so a walk sees
    // the old or the new descriptor.
    unsafe entry.pointee = descriptor
    unsafe Maintenance.publish(entry, count: 1)
    if UserDescriptor.isValid(old) { Maintenance.invalidate(page, in: identifier) }
  }

  /// The frame with the table for `page` and its 1,023 neighbours, made if need be.
  @inline(__always)
  private mutating func tableFrame(for page: VirtualPage) throws(MapError) -> PhysicalFrame {
    if let group = existingTableFrame(for: page) { return group }
    let group: PhysicalFrame
    do {
      group = try pool.allocate(zeroed: true)
    } catch {
      throw .outOfMemory
    }
    // The zeros must be seen before the way to them.
    unsafe Maintenance.publish(
      entry(of: VirtualPage(number: 0), in: group), count: 1024)
    setGroup(of: page, table: { UserDescriptor.table(group.address + $0 * 1024) })
    touched |= 1 << (page.number >> 13)
    return group
  }

  /// Takes an empty table frame out of the first level and gives it back.
  private func detach(_ group: PhysicalFrame, for page: VirtualPage) {
    setGroup(of: page, table: { _ in 0 })
    let first = page.number & ~1023
    for quarter: UInt32 in 0..<4 {
      // Any page of a MiB: the walk caches on the way to it are what must go.
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
