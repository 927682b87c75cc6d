// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Calls that change the attributes of files. Those of /dev and /proc are fixed.
extension SystemCall {
  /// The inode of a node whose attributes may change.
  ///
  /// - Throws: `readOnlyFileSystem` outside of the file tree, and on a volume that is read-only.
  private func changeable(_ node: FileNode) throws(Errno) -> InodeReference {
    guard FileTree<P>.mayChange(node) else { throw .readOnlyFileSystem }
    return FileTree<P>.inode(node)
  }

  /// chmod and fchmodat: the path, the mode.
  @inline(never)
  func changeMode(at start: UInt32, _ path: UserAddress, _ mode: UInt32) throws(Errno) -> Word {
    try changeMode(of: resolve(at: start, path, followsLast: true), mode)
  }

  /// fchmod: the descriptor, the mode.
  @inline(__always)
  func changeModeOfFile() throws(Errno) -> Word {
    try changeMode(of: files.file(argument(0)).file.node, argument(1))
  }

  private func changeMode(of node: FileNode, _ mode: UInt32) throws(Errno) -> Word {
    let inode = try changeable(node)
    inode.pointee.mode = inode.pointee.type | mode & 0o7777
    inode.pointee.changeTime = FileTree<P>.now
    Watches<P>.report(.attributes, of: node)
    return 0
  }

  /// chown, lchown and fchownat: the path, the owner, the group; those that are `.max` stay.
  @inline(never)
  func changeOwner(
    at start: UInt32, _ path: UserAddress, _ userNumber: UInt32, _ groupNumber: UInt32,
    flags: UInt32
  ) throws(Errno) -> Word {
    guard flags & ~0x1100 == 0 else { throw .invalid }  // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
    let node = try node(at: start, path, flags: flags)
    return try changeOwner(of: node, userNumber, groupNumber)
  }

  /// fchown: the descriptor, the owner, the group.
  @inline(__always)
  func changeOwnerOfFile(_ userNumber: UInt32, _ groupNumber: UInt32) throws(Errno) -> Word {
    try changeOwner(of: files.file(argument(0)).file.node, userNumber, groupNumber)
  }

  /// A user or group of 16 bits, of which the greatest leaves the present one.
  static func wide(_ short: UInt32) -> UInt32 {
    short & 0xffff == 0xffff ? .max : short & 0xffff
  }

  private func changeOwner(
    of node: FileNode, _ userNumber: UInt32, _ groupNumber: UInt32
  ) throws(Errno) -> Word {
    let inode = try changeable(node)
    if userNumber != .max { inode.pointee.userIdentifier = userNumber }
    if groupNumber != .max { inode.pointee.groupIdentifier = groupNumber }
    if !inode.pointee.isDirectory {
      // As in Linux, the set-id bits are lost, but not that of a group without execution.
      inode.pointee.mode &= inode.pointee.mode & 0o10 != 0 ? ~0o6000 : ~0o4000
    }
    inode.pointee.changeTime = FileTree<P>.now
    if userNumber & groupNumber != .max { Watches<P>.report(.attributes, of: node) }
    return 0
  }

  /// utimensat: the directory, the path or null for the descriptor itself, two times or null for
  /// the present, AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH.
  @inline(never)
  func setTimes() throws(Errno) -> Word {
    var times: (access: Timespec?, modification: Timespec?) = (nil, nil)
    if address(2) != 0 {
      let size: Word = isTime64 ? 16 : P.ABI.Long.bitWidth == 64 ? 16 : 8
      let pair = (try loadTime(address(2)), try loadTime(address(2) &+ size))
      let isOmitted = (pair.0.nanoseconds == Self.omitted, pair.1.nanoseconds == Self.omitted)
      guard !(isOmitted.0 && isOmitted.1) else { return 0 }
      times = (try Self.checked(pair.0), try Self.checked(pair.1))
      return try setTimes(
        at: argument(0), address(1), times.0, times.1, argument(3), keeps: isOmitted)
    }
    return try setTimes(at: argument(0), address(1), nil, nil, argument(3))
  }

  /// UTIME_OMIT and UTIME_NOW.
  private static var omitted: Int32 { 0x3fff_fffe }
  private static var present: Int32 { 0x3fff_ffff }

  /// The time as given; nil for the present one.
  ///
  /// - Throws: `invalid`.
  private static func checked(_ time: Timespec) throws(Errno) -> Timespec? {
    if time.nanoseconds == present || time.nanoseconds == omitted { return nil }
    guard time.isValid else { throw .invalid }
    return time
  }

  private func loadTime(_ address: UserAddress) throws(Errno) -> Timespec {
    if isTime64 {
      return TimeRecord<UInt64>(try load(address)).time(ofLongProgram: Self.isLong)
    }
    return TimeRecord<P.ABI.Long>(try load(address)).time(ofLongProgram: Self.isLong)
  }

  /// futimesat and utimes: the path, null for the descriptor itself, and two times in microseconds
  /// or null for the present.
  @inline(never)
  func setTimesInMicroseconds(
    at start: UInt32, _ path: UserAddress, _ address: UserAddress
  ) throws(Errno) -> Word {
    guard address != 0 else { return try setTimes(at: start, path, nil, nil, 0) }
    let words: InlineArray<4, P.ABI.Long> = try load(address)
    guard words[1] < 1_000_000, words[3] < 1_000_000 else { throw .invalid }
    return try setTimes(
      at: start, path, Self.time(words[0], words[1]), Self.time(words[2], words[3]), 0)
  }

  private static func time(_ seconds: P.ABI.Long, _ microseconds: P.ABI.Long) -> Timespec {
    Timespec(seconds: seconds.signed, nanoseconds: Int32(truncatingIfNeeded: microseconds) * 1000)
  }

  private func setTimes(
    at start: UInt32, _ path: UserAddress, _ access: Timespec?, _ modification: Timespec?,
    _ flags: UInt32, keeps: (Bool, Bool) = (false, false)
  ) throws(Errno) -> Word {
    guard flags & ~0x1100 == 0 else { throw .invalid }
    let node: FileNode
    if path == 0, start != FileNode.currentDirectory {
      guard flags == 0 else { throw .invalid }
      node = try files.file(start).file.node
    } else {
      node = try self.node(at: start, path, flags: flags)
    }
    let inode = try changeable(node)
    let now = FileTree<P>.now
    if !keeps.0 { inode.pointee.accessTime = access ?? now }
    if !keeps.1 { inode.pointee.modificationTime = modification ?? now }
    inode.pointee.changeTime = now
    Watches<P>.report(keeps.0 ? .modify : keeps.1 ? .access : .attributes, of: node)
    return 0
  }
}
