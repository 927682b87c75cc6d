// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// The bytes of files: reading, writing, and where there are any.
extension FileTree {
  /// The greatest size of a file: Linux's MAX_LFS_FILESIZE on 32 bits.
  static var greatestSize: UInt64 { 0xfff_ffff_f000 }
  /// The number of bytes that are copied before the next preemption point. A piece ends with a page
  /// of the file and with one of the program's memory: as on Linux, all before an inaccessible page
  /// is copied. A misaligned copy is slow, so its pieces are smaller.
  @inline(__always)
  private static func piece(
    at position: UInt64, _ buffer: UserBuffer<P>, _ done: Int, below end: UInt64
  ) -> Int {
    let offset = Int(truncatingIfNeeded: position & 4095)
    // Wrapping: only the position in the page matters.
    let place = (Int(truncatingIfNeeded: buffer.address.word) &+ done) & 4095
    let most = (offset ^ place) & 3 == 0 ? 4096 : 1024
    // Three operands would be passed in memory.
    let ends = min(min(most, 4096 - max(offset, place)), buffer.count - done)
    return end - position < 4096 ? min(ends, Int(truncatingIfNeeded: end - position)) : ends
  }

  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    if isFifo(file) { return try Pipes<P>.read(file, &position, into: buffer) }
    let inode = inode(file.file.node)
    guard !inode.pointee.isDirectory else { throw .isDirectory }
    var done = 0
    while done < buffer.count, position < inode.pointee.size {
      if done > 0, P.mustEnd() { break }
      let count = piece(at: position, buffer, done, below: inode.pointee.size)
      do throws(Errno) { try store(count, of: inode, at: position, to: buffer, done) } catch {
        guard done == 0 else { break }
        throw error
      }
      done += count
      position += UInt64(count)
    }
    markAccess(inode)
    return Word(done)
  }

  /// Stores `count` bytes of one page of a file.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  private static func store(
    _ count: Int, of inode: InodeReference, at position: UInt64, to buffer: UserBuffer<P>,
    _ done: Int
  ) throws(Errno) {
    let page = UInt32(truncatingIfNeeded: position >> 12)
    let offset = Int(position & 4095)
    if let frame = inode.pointee.pages.frame(of: page, P.Memory.self) {
      try buffer.store(from: frame, offset, count: count, at: done)
      return
    }
    let archived = inode.pointee.archived
    let present =
      position < UInt64(archived.count) ? min(count, Int(archived.count) - Int(position)) : 0
    if present > 0 {
      let start = Int(archived.start) + Int(position)
      // SAFETY: `pointer(at:)` checks the start; the bytes are the file's in the initrd.
      try unsafe buffer.store(
        P.tree.pointee.initrd.pointer(at: start), count: present, at: done)
    }
    guard present < count else { return }
    let rest = buffer.part(from: done + present, count: count - present)
    guard try rest.fill(in: UserBuffer<P>.pieceSize, from: { $0.byteCount }) == Word(rest.count)
    else { throw .badAddress }
  }

  /// Notes a read, as Linux's relatime does: only the first one after a change.
  @inline(__always)
  private static func markAccess(_ inode: InodeReference) {
    guard
      inode.pointee.accessTime <= inode.pointee.modificationTime
        || inode.pointee.accessTime <= inode.pointee.changeTime
    else { return }
    inode.pointee.accessTime = now
  }

  /// Notes a change of contents.
  static func markChange(_ inode: InodeReference) {
    let time = now
    inode.pointee.modificationTime = time
    inode.pointee.changeTime = time
  }

  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    if isFifo(file) { return try Pipes<P>.write(file, &position, from: buffer) }
    let inode = inode(file.file.node)
    let appends = file.file.flags & OpenFile.append != 0
    if appends { position = inode.pointee.size }
    guard buffer.count > 0 else { return 0 }
    guard position < greatestSize else { throw .fileTooLarge }
    if position > inode.pointee.size { zeroTail(of: inode) }
    // What one call appends stays together.
    let mayGiveWay = !appends
    var done = 0
    while done < buffer.count, position < greatestSize {
      if done > 0, mayGiveWay, P.mustEnd() { break }
      let count = piece(at: position, buffer, done, below: greatestSize)
      do throws(Errno) {
        if inode.pointee.seals != .further {
          try checkWrite(
            buffer.part(from: done, count: buffer.count - done), at: position, to: inode)
        }
        try load(count, from: buffer, done, to: inode, at: position)
      } catch {
        guard done == 0 else { break }
        throw error
      }
      done += count
      position += UInt64(count)
      inode.pointee.size = max(inode.pointee.size, position)
    }
    markChange(inode)
    return Word(done)
  }

  /// Loads `count` bytes to one page of a file.
  ///
  /// - Throws: `badAddress`, `noSpace`, `outOfMemory`; what is behind the end of the file stays
  ///   zero.
  private static func load(
    _ count: Int, from buffer: UserBuffer<P>, _ done: Int, to inode: InodeReference,
    at position: UInt64
  ) throws(Errno) {
    let page = UInt32(truncatingIfNeeded: position >> 12)
    let offset = Int(position & 4095)
    let (frame, isNew) = try makeFrame(of: page, in: inode)
    do throws(Errno) {
      try buffer.load(to: frame, offset, count: count, at: done)
    } catch {
      if isNew {
        var position = page
        _ = removePages(of: inode, from: &position, through: page, most: 1)
      } else {
        zero(frame, from: offset, below: offset + count, behind: inode.pointee.size, page)
      }
      throw error
    }
  }

  /// The frame of a page, which is made if there is none yet.
  ///
  /// - Throws: `noSpace` at the limit of the volume, `outOfMemory`.
  static func makeFrame(
    of page: UInt32, in inode: InodeReference
  ) throws(Errno) -> (PhysicalFrame, isNew: Bool) {
    if let frame = inode.pointee.pages.frame(of: page, P.Memory.self) { return (frame, false) }
    guard withVolume(of: inode, { $0.pages < $0.limits.pages }) else { throw .noSpace }
    let pool = P.tree.pointee.pool
    let isArchived = UInt64(page) << 12 < UInt64(inode.pointee.archived.count)
    do throws(MemoryError) {
      let frame = try pool.allocateCold(zeroed: !isArchived)
      if isArchived { fill(frame, page, of: inode) }
      do throws(MemoryError) { try inode.pointee.pages.insert(frame, as: page, pool) } catch {
        pool.release(frame)
        throw error
      }
      withVolume(of: inode) { $0.pages += 1 }
      return (frame, true)
    } catch {
      throw Errno(error)
    }
  }

  /// Writes a page of a file that is in the initrd to a new frame; bytes behind its end become zeros.
  static func fill(_ frame: PhysicalFrame, _ page: UInt32, of inode: InodeReference) {
    P.Memory.withBytes(of: frame) { bytes in
      FilePage.fill(
        &bytes, page: page,
        of: P.tree.pointee.initrd.bytes.extracting(archivedRange(of: inode.pointee)))
    }
  }

  /// Zeroes the bytes `start ..< end` of a page that are behind `size`.
  private static func zero(
    _ frame: PhysicalFrame, from start: Int, below end: Int, behind size: UInt64, _ page: UInt32
  ) {
    let base = UInt64(page) << 12
    let first = max(start, Int(min(size > base ? size - base : 0, UInt64(Page.size))))
    guard first < end else { return }
    // SAFETY: the range is inside the page, whose frame is the inode's.
    unsafe (P.Memory.pointer(to: frame) + first).initializeMemory(
      as: UInt8.self, repeating: 0, count: end - first)
  }

  /// Zeroes what is behind the end of a file in its last page: a program may have written it
  /// through a mapping.
  static func zeroTail(of inode: InodeReference) {
    let size = inode.pointee.size
    let page = UInt32(truncatingIfNeeded: size >> 12)
    guard size & 4095 != 0, let frame = inode.pointee.pages.frame(of: page, P.Memory.self) else {
      return
    }
    zero(frame, from: 0, below: Int(Page.size), behind: size, page)
  }

  /// Releases frames of pages (`PageIndex.remove`).
  static func removePages(
    of inode: InodeReference, from first: inout UInt32, through last: UInt32, most: UInt32
  ) -> UInt32 {
    let removed = inode.pointee.pages.remove(
      from: &first, through: last, most: most, P.tree.pointee.pool)
    withVolume(of: inode) { $0.pages -= removed }
    return removed
  }
}
