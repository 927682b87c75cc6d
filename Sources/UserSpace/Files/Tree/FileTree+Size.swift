// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The size of files, and which of their pages have memory.
extension FileTree {
  /// The most pages that are released between two preemption points.
  static var batch: UInt32 { 16 }

  /// The number of the first page that begins at `size` or after it.
  private static func pageCount(_ size: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: (size + 4095) >> 12)
  }

  /// Sets the size of a file. What is cut off is freed; what is added reads as zeros. The caller's
  /// use keeps the inode.
  ///
  /// - Throws: `fileTooLarge`, `notPermitted`.
  static func truncate(_ node: FileNode, to size: UInt64) throws(Errno) {
    guard size <= greatestSize else { throw .fileTooLarge }
    let inode = inode(node)
    try checkSize(size, of: inode)
    if size > inode.pointee.size { zeroTail(of: inode) }
    inode.pointee.size = size
    inode.pointee.archived.count = UInt32(min(UInt64(inode.pointee.archived.count), size))
    zeroTail(of: inode)
    markChange(inode)
    unmap(node, from: pageCount(size), sharedOnly: false)
    releasePages(of: inode, from: pageCount(size), through: .max, isBehindEnd: true)
  }

  /// Unmaps pages of a file in all address spaces.
  private static func unmap(_ node: FileNode, from first: UInt32, sharedOnly: Bool) {
    guard inode(node).pointee.regions > 0 else { return }
    P.forEachSpace { space in
      space.unmapFile(UInt16(node.index), from: first, sharedOnly: sharedOnly)
    }
  }

  /// Releases the frames of pages, with preemption points; with `isBehindEnd` only those behind the
  /// end of the file, which another thread may move meanwhile. The caller's use keeps the inode.
  private static func releasePages(
    of inode: InodeReference, from first: UInt32, through last: UInt32, isBehindEnd: Bool
  ) {
    var position = first
    while position <= last,
      removePages(of: inode, from: &position, through: last, most: batch) == batch
    {
      _ = P.mustEnd()  // A preemption point.
      if isBehindEnd { position = max(position, pageCount(inode.pointee.size)) }
    }
  }

  /// Gives the pages of `start ..< end` memory, and makes the file as large unless `keepsSize`. If
  /// it fails, the pages behind the end of the file have no memory; those of holes keep theirs.
  ///
  /// - Throws: `fileTooLarge`, `notPermitted`; `noSpace` if they exceed the limit of the volume, and
  ///   nothing is changed then; `outOfMemory`, `interrupted`.
  static func allocate(
    _ node: FileNode, from start: UInt64, to end: UInt64, keepsSize: Bool
  ) throws(Errno) {
    guard end <= greatestSize else { throw .fileTooLarge }
    let inode = inode(node)
    // Linux checks it whether the size changes or not.
    try checkSize(max(end, inode.pointee.size), of: inode)
    let (first, last) = (UInt32(truncatingIfNeeded: start >> 12), pageCount(end))
    guard withVolume(of: inode, { last - first <= $0.limits.pages }) else { throw .noSpace }
    var missing: UInt32 = 0
    for page in first..<last {
      if inode.pointee.pages.frame(of: page, P.Memory.self) == nil { missing += 1 }
      if page % 64 == 0, P.mustEnd() { throw .interrupted }
    }
    guard withVolume(of: inode, { missing <= $0.limits.pages - $0.pages }) else { throw .noSpace }
    do throws(Errno) {
      for page in first..<last {
        _ = try makeFrame(of: page, in: inode)
        guard !P.mustEnd() else { throw .interrupted }
      }
      // Another thread may have sealed it meanwhile.
      if !keepsSize { try checkSize(max(end, inode.pointee.size), of: inode) }
    } catch {
      let behind = max(first, pageCount(inode.pointee.size))
      if behind < last {
        releasePages(of: inode, from: behind, through: last - 1, isBehindEnd: true)
      }
      throw error
    }
    if !keepsSize, end > inode.pointee.size {
      zeroTail(of: inode)
      inode.pointee.size = end
    }
    markChange(inode)
  }

  /// Makes `start ..< end` read as zeros, and frees the pages in it. The size stays.
  ///
  /// - Throws: `notPermitted`, `noSpace`, `outOfMemory`.
  static func punch(_ node: FileNode, from start: UInt64, to end: UInt64) throws(Errno) {
    let inode = inode(node)
    guard inode.pointee.seals.isDisjoint(with: .anyWriting) else { throw .notPermitted }
    inode.pointee.writers += 1
    defer { inode.pointee.writers -= 1 }
    let end = min(end, (greatestSize + 4095) & ~4095)
    guard start < end else { return }
    let (first, last) = (pageCount(start), UInt32(truncatingIfNeeded: end >> 12))
    // Pages that are in part inside the range, and those that would show the initrd again.
    var page = UInt32(truncatingIfNeeded: start >> 12)
    while page <= last, UInt64(page) << 12 < end {
      let base = UInt64(page) << 12
      let isArchived = base < UInt64(inode.pointee.archived.count)
      let isWhole = page >= first && page < last
      guard isArchived || !isWhole else {
        // Everything up to the last page is released below.
        page = last
        continue
      }
      if isArchived || inode.pointee.pages.frame(of: page, P.Memory.self) != nil {
        let (frame, _) = try makeFrame(of: page, in: inode)
        let from = Int(max(start, base) - base)
        let count = Int(min(end - base, UInt64(Page.size))) - from
        // SAFETY: the range is inside the page, whose frame is the inode's.
        unsafe (P.Memory.pointer(to: frame) + from).initializeMemory(
          as: UInt8.self, repeating: 0, count: count)
      }
      page += 1
      if P.mustEnd() { break }
      // Another thread may have sealed it meanwhile.
      guard inode.pointee.seals.isDisjoint(with: .anyWriting) else { throw .notPermitted }
    }
    unmap(node, from: first, sharedOnly: true)
    let behindArchive = pageCount(UInt64(inode.pointee.archived.count))
    if max(first, behindArchive) < last {
      releasePages(
        of: inode, from: max(first, behindArchive), through: last - 1, isBehindEnd: false)
    }
    markChange(inode)
  }

  /// The first position at or after `position` that has data, or where a hole begins: the end of
  /// the file is one.
  ///
  /// - Throws: `noSuchDevice` if `position` is not in the file, or if no data follow.
  static func seek(
    _ node: FileNode, from position: UInt64, toData: Bool
  ) throws(Errno) -> UInt64 {
    let inode = inode(node)
    let size = inode.pointee.size
    guard position < size else { throw .noSuchDevice }
    let archived = UInt64(inode.pointee.archived.count)
    var page = UInt32(truncatingIfNeeded: position >> 12)
    if toData {
      if UInt64(page) << 12 < archived { return position }
      guard let next = inode.pointee.pages.firstPage(from: page, P.Memory.self),
        UInt64(next) << 12 < size
      else { throw .noSuchDevice }
      return max(position, UInt64(next) << 12)
    }
    while UInt64(page) << 12 < size,
      UInt64(page) << 12 < archived
        || inode.pointee.pages.frame(of: page, P.Memory.self) != nil
    {
      page += 1
      if page % 64 == 0, P.mustEnd() { throw .interrupted }
    }
    return min(size, max(position, UInt64(page) << 12))
  }
}
