// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Calls on descriptors themselves: dup, dup2, dup3, fcntl64, ioctl and getdents.
extension SystemCall {
  /// dup: the lowest free descriptor for the same open file.
  @inline(__always)
  func duplicate() throws(Errno) -> UInt32 {
    try files.duplicate(r0, from: 0, closesOnExec: false, below: descriptorLimit)
  }

  /// dup2, and dup3, which takes O_CLOEXEC and refuses equal descriptors.
  @inline(__always)
  func duplicateTo() throws(Errno) -> UInt32 {
    let isThird = isNumber(.dup3)
    let flags = isThird ? r2 : 0
    guard flags & ~0o2000000 == 0 else { throw .invalid }
    guard r0 != r1 else {
      guard !isThird else { throw .invalid }
      _ = try files.file(r0)
      return r1
    }
    release(try files.duplicate(r0, to: r1, closesOnExec: flags != 0, below: descriptorLimit))
    return r1
  }

  /// fcntl64: the descriptor, the command, its argument. There are no file locks.
  @inline(__always)
  func fileControl() throws(Errno) -> UInt32 {
    let settable: UInt32 = 0o2000 | 0o4000  // O_APPEND, O_NONBLOCK
    switch r1 {
    case 0, 1030:  // F_DUPFD, F_DUPFD_CLOEXEC
      return try files.duplicate(r0, from: r2, closesOnExec: r1 != 0, below: descriptorLimit)
    case 1: return try files.closesOnExec(r0) ? 1 : 0  // F_GETFD
    case 2: try files.setClosesOnExec(r0, r2 & 1 != 0)  // F_SETFD
    case 3: return try files.file(r0).flags  // F_GETFL
    case 4:  // F_SETFL
      let flags = r2
      try files.with(r0) { (file) throws(Errno) in
        file.flags = file.flags & ~settable | flags & settable
      }
    case 5...7, 12...14:  // F_GETLK, F_SETLK, F_SETLKW, also with 64-bit offsets: no locks
      _ = try files.file(r0)
      if r1 < 8 {
        let _: InlineArray<4, UInt32> = try load(r2)
      } else {
        let _: InlineArray<8, UInt32> = try load(r2)
      }
      throw .invalid
    default:
      _ = try files.file(r0)
      throw .invalid
    }
    return 0
  }

  /// ioctl: requests to a terminal, which the console answers; other files are ENOTTY.
  @inline(__always)
  func ioctl() throws(Errno) -> UInt32 {
    let kind = try files.file(r0).node.kind
    guard kind == .console || kind == .terminal else { throw .notTerminal }
    switch r1 {
    case 0x5401:  // TCGETS: icrnl, ixon; opost, onlcr; 38400 8n1; canonical with echo
      var words = InlineArray<9, UInt32>(repeating: 0)
      words[0] = 0x500
      words[1] = 5
      words[2] = 0xcbf
      words[3] = 0x8a3b
      words[4] = 0x7f1c_0300  // line discipline 0; then VINTR ^C, VQUIT ^\, VERASE ^?
      words[5] = 0x0100_0415
      words[6] = 0x1a13_1100
      words[7] = 0x170f_1200
      words[8] = 0x0000_0016
      try store(words, at: r2)
    case 0x5402...0x5404: let _: InlineArray<9, UInt32> = try load(r2)  // TCSETS, TCSETSW, TCSETSF
    case 0x5413: try store([0, 0] as InlineArray<2, UInt32>, at: r2)  // TIOCGWINSZ: unknown
    default: throw .notTerminal
    }
    return 0
  }

  /// getdents64, and getdents with the old entry format. Positions 0 and 1 are "." and "..", then
  /// come the fixed members, then those of the archive by the offset of their header.
  @inline(__always)
  func directoryEntries() throws(Errno) -> UInt32 {
    let isOld = isNumber(.getdents)
    let directory = try files.file(r0)
    guard P.files.status(directory.node).type == FileStatus.directory else {
      throw .notDirectory
    }
    var position = directory.position
    let room = r2 > UInt32(Int32.max) ? 0 : r2  // Linux uses an int.
    var done: UInt32 = 0
    while let (member, next) = member(of: directory.node, at: position) {
      let stored: UInt32
      do throws(Errno) {
        stored = try storeEntry(
          member, next: next, at: r1 &+ done, room: room - done, isOld: isOld)
      } catch {
        guard done == 0 else { break }
        throw error
      }
      done += stored
      position = next
    }
    try files.with(r0) { (file) throws(Errno) in file.position = position }
    return done
  }

  /// A member of a directory before it is stored as an entry.
  private struct Member {
    var node: FileNode
    /// The range of the name in the initrd; nil for a fixed name.
    var archivedName: Range<Int>?
    var fixedName: StaticString = ""
    /// The number that is the name, in /proc; nil for other names.
    var number: UInt32?
  }

  private static var archiveBase: UInt64 { 64 }

  /// The first member at or after `position`, and the position after it; nil at the end.
  private func member(of directory: FileNode, at position: UInt64) -> (Member, UInt64)? {
    if position == 0 { return (Member(node: directory, fixedName: "."), 1) }
    if position == 1 {
      return (Member(node: P.files.parent(of: directory), fixedName: ".."), 2)
    }
    if position < SystemCall.archiveBase {
      let number = Int(position) - 2
      if let node = P.files.virtualMember(of: directory, number) {
        return (Member(node: node, fixedName: RootFiles.virtualName(node.kind)), position + 1)
      }
      // SAFETY: a process outlives the calls of its threads.
      let identifier = unsafe process.pointee.identifier
      if directory.kind == .processes,
        P.files.virtualMember(of: directory, number - 1) != nil
      {
        return (Member(node: FileNode(.process, identifier), number: identifier), position + 1)
      }
    }
    guard directory.kind == .root || directory.kind == .archived else { return nil }
    // A program may seek anywhere; a position that is no Int is after the end of every archive.
    let afterFixed = position < SystemCall.archiveBase ? 0 : position - SystemCall.archiveBase
    guard var offset = Int(exactly: afterFixed) else { return nil }
    while let entry = P.files.archive.entry(at: offset) {
      offset = entry.nextOffset
      if let name = P.files.lastComponent(of: entry, in: directory) {
        return (
          Member(node: FileNode(.archived, UInt32(entry.offset)), archivedName: name),
          UInt64(offset) + SystemCall.archiveBase
        )
      }
    }
    return nil
  }

  /// Stores one struct linux_dirent64 and returns its length, a multiple of 8. An old linux_dirent
  /// has a 32-bit offset, a length that is a multiple of 4, and its type as its last byte.
  ///
  /// - Throws: `invalid` if the entry does not fit, `badAddress`.
  @inline(never)
  private func storeEntry(
    _ member: Member, next: UInt64, at address: UInt32, room: UInt32, isOld: Bool
  ) throws(Errno) -> UInt32 {
    var record = InlineArray<280, UInt8>(repeating: 0)
    var name = EntryName()
    if let range = member.archivedName {
      name.bytes(P.files.initrd.text.extracting(range))
    } else if let number = member.number {
      name.decimal(UInt64(number))
    } else {
      name.text(member.fixedName)
    }
    let begin = isOld ? 10 : 19
    let length = isOld ? (begin + name.count + 2 + 3) & ~3 : (begin + name.count + 1 + 7) & ~7
    guard UInt32(length) <= room else { throw .invalid }
    let status = P.files.status(member.node)
    for index in 0..<4 {
      record[index] = UInt8(truncatingIfNeeded: status.inode >> UInt32(index * 8))
    }
    let place = isOld ? 4 : 8
    for index in 0..<place {
      record[place + index] = UInt8(truncatingIfNeeded: next >> UInt64(index * 8))
    }
    record[place * 2] = UInt8(truncatingIfNeeded: length)
    record[place * 2 + 1] = UInt8(truncatingIfNeeded: length >> 8)
    record[isOld ? length - 1 : 18] = status.entryType
    for index in 0..<name.count { record[begin + index] = name.buffer[index] }
    // SAFETY: `length` is at most 280: a name has at most 255 bytes.
    let isDone = unsafe record.span.withUnsafeBytes { buffer in
      guard UserRange(base: address, count: UInt32(length)) != nil else { return false }
      return unsafe P.User.copyOut(
        buffer.baseAddress.unsafelyUnwrapped, to: address, count: length)
    }
    guard isDone else { throw .badAddress }
    return UInt32(length)
  }
}

/// A file name of up to 255 bytes; a longer one is truncated.
private struct EntryName: TextSink {
  var buffer = InlineArray<255, UInt8>(repeating: 0)
  var count = 0

  @inline(never)
  mutating func put(_ byte: UInt8) {
    guard count < 255 else { return }
    buffer[count] = byte
    count += 1
  }
}
