// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The stat calls and statx.
extension SystemCall {
  static var noFollowLast: UInt32 { 0x100 }
  static var emptyPath: UInt32 { 0x1000 }

  /// stat64, and lstat64, which does not follow the last symbolic link.
  @inline(never)
  func statPath(
    at directory: UInt32, _ path: UserAddress, _ address: UserAddress, followsLast: Bool
  ) throws(Errno) -> Word {
    try storeStatus(resolve(at: directory, path, followsLast: followsLast), at: address)
  }

  /// fstat64: the descriptor, the address for the status.
  @inline(__always)
  func statDescriptor() throws(Errno) -> Word {
    try storeStatus(files.node(of: argument(0)), at: address(1))
  }

  /// fstatat64; with AT_EMPTY_PATH and an empty path it describes the descriptor itself.
  @inline(__always)
  func statAt() throws(Errno) -> Word {
    try storeStatus(node(at: argument(0), address(1), flags: argument(3)), at: address(2))
  }

  /// statx: stores the basic fields, independent of the mask.
  @inline(__always)
  func extendedStat() throws(Errno) -> Word {
    // AT_STATX_FORCE_SYNC and AT_STATX_DONT_SYNC exclude each other; STATX__RESERVED must be 0.
    guard argument(2) & 0x6000 != 0x6000, argument(3) & 0x8000_0000 == 0 else { throw .invalid }
    let node = try node(at: argument(0), address(1), flags: argument(2) & ~0x6000)
    var record = StatxRecord()
    Files<P>.describe(node, in: &record.status)
    try store(record: &record, at: address(4))
    return 0
  }

  /// The node of `path` for the calls that take a directory, with AT_SYMLINK_NOFOLLOW and
  /// AT_EMPTY_PATH.
  func node(
    at directory: UInt32, _ path: UserAddress, flags: UInt32
  ) throws(Errno) -> FileNode {
    guard flags & ~(SystemCall.noFollowLast | SystemCall.emptyPath | 0x800) == 0 else {
      throw .invalid
    }
    if flags & SystemCall.emptyPath != 0, try firstByte(of: path) == 0 {
      guard directory != FileNode.currentDirectory else {
        return process.pointee.directory
      }
      return try files.node(of: directory)
    }
    return try resolve(
      at: directory, path, followsLast: flags & SystemCall.noFollowLast == 0)
  }

  /// The first byte of the string at user `path`, 0 if that is empty.
  ///
  /// - Throws: `badAddress`.
  func firstByte(of path: UserAddress) throws(Errno) -> UInt8 {
    var byte = UInt8(0)
    // SAFETY: one byte is copied to one byte.
    try unsafe withUnsafeMutablePointer(to: &byte) { (pointer) throws(Errno) in
      try unsafe copyIn(UnsafeMutableRawPointer(pointer), from: path, count: 1)
    }
    return byte
  }

  /// Stores the record of the stat calls.
  @inline(never)
  private func storeStatus(_ node: FileNode, at address: UserAddress) throws(Errno) -> Word {
    var record = P.ABI.statusRecord(Files<P>.status(node))
    try store(record: &record, at: address)
    return 0
  }
}
