// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Calls on descriptors themselves: dup, dup2, dup3, fcntl64, ioctl and getdents.
extension SystemCall {
  /// dup: the lowest free descriptor for the same open file.
  @inline(__always)
  func duplicate() throws(Errno) -> Word {
    Word(
      try files.duplicate(argument(0), from: 0, closesOnExec: false, below: descriptorLimit))
  }

  /// close_range: the first and the last descriptor, CLOSE_RANGE_UNSHARE, which changes nothing
  /// because no two processes share a table, and CLOSE_RANGE_CLOEXEC.
  @inline(never)
  func closeRange() throws(Errno) -> Word {
    guard argument(2) & ~6 == 0, argument(0) <= argument(1) else { throw .invalid }
    files.close(from: argument(0), through: argument(1), onExec: argument(2) & 4 != 0)
    return 0
  }

  /// dup2, and dup3, which takes O_CLOEXEC and refuses equal descriptors.
  @inline(never)
  func duplicateTo(isThird: Bool) throws(Errno) -> Word {
    let flags = isThird ? argument(2) : 0
    guard flags & ~0o2000000 == 0 else { throw .invalid }
    guard argument(0) != argument(1) else {
      guard !isThird else { throw .invalid }
      guard files.isOpen(argument(0)) else { throw .badDescriptor }
      return Word(argument(1))
    }
    try files.duplicate(
      argument(0), to: argument(1), closesOnExec: flags != 0, below: descriptorLimit)
    return Word(argument(1))
  }

  /// fcntl64: the descriptor, the command, its argument.
  @inline(__always)
  func fileControl() throws(Errno) -> Word {
    let settable: UInt32 = 0o2000 | 0o4000  // O_APPEND, O_NONBLOCK
    switch argument(1) {
    case 0, 1030:  // F_DUPFD, F_DUPFD_CLOEXEC
      return Word(
        try files.duplicate(
          argument(0), from: argument(2), closesOnExec: argument(1) != 0, below: descriptorLimit))
    case 1: return try files.closesOnExec(argument(0)) ? 1 : 0  // F_GETFD
    case 2: try files.setClosesOnExec(argument(0), argument(2) & 1 != 0)  // F_SETFD
    case 3: return Word(try files.flags(of: argument(0)))  // F_GETFL
    case 4:  // F_SETFL
      let reference = try files.file(argument(0))
      reference.file.flags = reference.file.flags & ~settable | argument(2) & settable
    case 1031: return try Pipes<P>.resize(files.file(argument(0)), to: argument(2))  // F_SETPIPE_SZ
    case 1032: return try Pipes<P>.size(of: files.file(argument(0)))  // F_GETPIPE_SZ
    case 5...7, 12...14, 36...38: try controlRangeLock(argument(1))
    case 1033: try addSeals(argument(2))  // F_ADD_SEALS
    case 1034:  // F_GET_SEALS
      let node = try files.file(argument(0)).file.node
      guard hasSeals(node) else { throw .invalid }
      return Word(FileTree<P>.inode(node).pointee.seals.rawValue)
    default:
      guard files.isOpen(argument(0)) else { throw .badDescriptor }
      throw .invalid
    }
    return 0
  }

  private func hasSeals(_ node: FileNode) -> Bool {
    node.system == .tree && FileTree<P>.inode(node).pointee.isRegular
  }

  private func addSeals(_ bits: UInt32) throws(Errno) {
    let reference = try files.file(argument(0))
    guard reference.file.mayWrite else { throw .notPermitted }
    let node = reference.file.node
    guard bits & ~UInt32(FileSeals.all.rawValue) == 0, hasSeals(node) else { throw .invalid }
    try FileTree<P>.addSeals(FileSeals(rawValue: UInt8(truncatingIfNeeded: bits)), to: node)
  }

  /// ioctl: the descriptor, the request, its argument.
  @inline(__always)
  func ioctl() throws(Errno) -> Word {
    try files.with(argument(0)) { (file) throws(Errno) in
      guard argument(1) == 0x5421 else {
        return try Files<P>.control(file, argument(1), address(2))
      }
      let words: InlineArray<1, UInt32> = try load(address(2))  // FIONBIO sets O_NONBLOCK.
      file.file.flags = file.file.flags & ~0o4000 | (words[0] == 0 ? 0 : 0o4000)
      return 0
    }
  }

  /// getdents64, and getdents with the old entry format.
  @inline(never)
  func directoryEntries(isOld: Bool) throws(Errno) -> Word {
    try files.with(argument(0)) { (file) throws(Errno) in
      try directoryEntries(of: file, isOld: isOld)
    }
  }

  private func directoryEntries(
    of reference: FileReference, isOld: Bool
  ) throws(Errno) -> Word {
    let directory = reference.file.node
    guard Files<P>.isDirectory(directory) else { throw .notDirectory }
    guard Files<P>.status(directory).links > 0 else { throw .noEntry }
    var position = reference.file.position
    let room = Word(argument(2) > UInt32(Int32.max) ? 0 : argument(2))  // Linux uses an int.
    var done: Word = 0
    var name = EntryName()
    while true {
      name.count = 0
      guard let (member, next) = Files<P>.member(of: directory, at: position, &name) else { break }
      let stored: Word
      do throws(Errno) {
        stored = try storeEntry(
          member, name, next: next, at: address(1) &+ done, room: room - done, isOld: isOld)
      } catch {
        guard done == 0 else { break }
        throw error
      }
      done += stored
      position = next
    }
    reference.file.position = position
    Watches<P>.report(.access, of: directory)
    return done
  }

  /// Stores one struct linux_dirent64 and returns its length, a multiple of 8. An old linux_dirent
  /// has a word of the ABI for number and offset, a length that is a multiple of that, and its type
  /// as its last byte (linux/dirent.h, fs/readdir.c).
  ///
  /// - Throws: `invalid` if the entry does not fit, `badAddress`.
  @inline(never)
  private func storeEntry(
    _ member: FileNode, _ name: borrowing EntryName, next: UInt64, at address: UserAddress,
    room: Word, isOld: Bool
  ) throws(Errno) -> Word {
    var record = InlineArray<280, UInt8>(repeating: 0)
    let place = isOld ? MemoryLayout<P.ABI.Long>.size : 8
    let begin = place * 2 + (isOld ? 2 : 3)
    let length = (begin + name.count + (isOld ? 2 : 1) + place - 1) & ~(place - 1)
    guard length <= room else { throw .invalid }
    let status = Files<P>.status(member)
    for index in 0..<4 {
      record[index] = UInt8(truncatingIfNeeded: status.inode >> UInt32(index * 8))
    }
    for index in 0..<place {
      record[place + index] = UInt8(truncatingIfNeeded: next >> UInt64(index * 8))
    }
    record[place * 2] = UInt8(truncatingIfNeeded: length)
    record[place * 2 + 1] = UInt8(truncatingIfNeeded: length >> 8)
    record[isOld ? length - 1 : 18] = status.entryType
    for index in 0..<name.count { record[begin + index] = name.buffer[index] }
    // SAFETY: `length` is at most 280: a name has at most 255 bytes.
    let isDone = unsafe record.span.withUnsafeBytes { buffer in
      unsafe storeBytes(buffer.baseAddress.unsafelyUnwrapped, at: address, count: length)
    }
    guard isDone else { throw .badAddress }
    return Word(length)
  }
}
