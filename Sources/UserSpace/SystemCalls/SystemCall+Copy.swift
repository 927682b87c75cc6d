// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Calls that copy from file to file.
extension SystemCall {
  /// Copies up to `count` bytes from one open file to another, a page at a time, with a preemption
  /// point after each. Both positions advance.
  ///
  /// - Returns: the number of bytes copied; fewer at the end of the source, if the target takes no
  ///   more, and after a signal.
  /// - Throws: the errors of the first read and write.
  private func copy(
    _ count: Word, from source: FileReference, _ from: inout UInt64,
    to target: FileReference, _ to: inout UInt64
  ) throws(Errno) -> Word {
    let pool = process.pointee.space.pool
    let frame: PhysicalFrame
    do { frame = try pool.allocateCold(zeroed: false) } catch { throw Errno(error) }
    defer { pool.release(frame) }
    var done: Word = 0
    while done < count {
      let wanted = try writable(min(count - done, Page.size), to: target, at: to)
      do throws(Errno) {
        let buffer = UserBuffer<P>(frame: frame, count: Int(wanted))
        var position = from
        let read = try Files<P>.read(source, &position, into: buffer)
        guard read > 0 else { break }
        let written = try Files<P>.write(target, &to, from: buffer.part(from: 0, count: Int(read)))
        from += UInt64(written)
        done += written
        guard written == read else { break }
      } catch {
        guard done == 0 else { break }
        throw error
      }
      if P.mustEnd(isInterruptible: true) { break }
    }
    if done > 0 {
      Watches<P>.report(.access, of: source.file.node)
      Watches<P>.report(.modify, of: target.file.node)
    }
    return done
  }

  /// sendfile and sendfile64: the target, the source, the address of a position in the source or
  /// null for its own, the count.
  @inline(never)
  func sendFile(hasLongOffset: Bool) throws(Errno) -> Word {
    try files.with(argument(1)) { (source) throws(Errno) in
      try files.with(argument(0)) { (target) throws(Errno) in
        guard source.file.mayRead, target.file.mayWrite else { throw .badDescriptor }
        guard case .file = Files<P>.mapping(of: source.file.node),
          target.file.flags & OpenFile.append == 0
        else { throw .invalid }
        var from = source.file.position
        if address(2) != 0 { from = try loadPosition(address(2), isLong: hasLongOffset) }
        guard from <= UInt64(Int64.max) else { throw .invalid }
        var to = target.file.position
        let done = try copy(min(word(3), 0x7fff_f000), from: source, &from, to: target, &to)
        target.file.position = to
        if address(2) != 0 {
          try storePosition(from, at: address(2), isLong: hasLongOffset)
        } else {
          source.file.position = from
        }
        return done
      }
    }
  }

  /// copy_file_range: the source and the address of a position in it or null, the target and its,
  /// the count, flags, which must be 0.
  @inline(never)
  func copyRange() throws(Errno) -> Word {
    try files.with(argument(0)) { (source) throws(Errno) in
      try files.with(argument(2)) { (target) throws(Errno) in
        var from = source.file.position
        if address(1) != 0 { from = try loadPosition(address(1), isLong: true) }
        var to = target.file.position
        if address(3) != 0 { to = try loadPosition(address(3), isLong: true) }
        guard argument(5) == 0 else { throw .invalid }
        let types = (Files<P>.type(source.file.node), Files<P>.type(target.file.node))
        guard types.0 != FileStatus.directory, types.1 != FileStatus.directory else {
          throw .isDirectory
        }
        guard types == (FileStatus.regular, FileStatus.regular) else { throw .invalid }
        guard source.file.mayRead, target.file.mayWrite,
          target.file.flags & OpenFile.append == 0
        else { throw .badDescriptor }
        guard target.file.node.system == .tree else { throw .otherFileSystem }
        guard from <= UInt64(Int64.max), to <= UInt64(Int64.max) else { throw .invalid }
        let count = UInt64(min(word(4), 0x7fff_f000))
        if source.file.node == target.file.node, from < to + count, to < from + count {
          throw .invalid
        }
        let done = try copy(Word(count), from: source, &from, to: target, &to)
        try keep(from, of: source, at: address(1))
        try keep(to, of: target, at: address(3))
        return done
      }
    }
  }

  /// Stores a position at the program's address, or as that of the file for null.
  func keep(
    _ position: UInt64, of reference: FileReference, at address: UserAddress
  ) throws(Errno) {
    guard address == 0 else { return try storePosition(position, at: address, isLong: true) }
    reference.file.position = position
  }

  /// An off_t of 64 bits, or of a word of the ABI.
  func loadPosition(_ address: UserAddress, isLong: Bool) throws(Errno) -> UInt64 {
    if isLong {
      let words: InlineArray<1, UInt64> = try load(address)
      return words[0]
    }
    let words: InlineArray<1, P.ABI.Long> = try load(address)
    return UInt64(bitPattern: words[0].signed)
  }

  private func storePosition(
    _ position: UInt64, at address: UserAddress, isLong: Bool
  ) throws(Errno) {
    if isLong {
      try store([position] as InlineArray<1, UInt64>, at: address)
    } else {
      try store(
        [P.ABI.Long(truncatingIfNeeded: position)] as InlineArray<1, P.ABI.Long>, at: address)
    }
  }

  /// memfd_create: the name, of up to 249 bytes, and MFD_CLOEXEC and MFD_ALLOW_SEALING. The
  /// file has no name and is in a volume of its own kind, as Linux' is.
  @inline(never)
  func makeMemoryFile() throws(Errno) -> Word {
    guard argument(1) & ~3 == 0 else { throw .invalid }
    let name: PathBuffer<P>
    do throws(Errno) { name = try .loaded(from: address(0)) } catch {
      throw error == .nameTooLong ? .invalid : error
    }
    guard name.count <= 249 else { throw .invalid }
    // O_RDWR, and O_CLOEXEC for bit 0.
    return try openUnnamed(
      0o777, in: UInt8(Volume.memoryFiles), argument(1) & 1 != 0 ? 0o2000002 : 2, isLinkable: false,
      seals: argument(1) & 2 != 0 ? [] : .further)
  }
}
