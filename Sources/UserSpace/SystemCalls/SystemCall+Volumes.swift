// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What the statfs calls report.
struct VolumeStatus {
  /// TMPFS_MAGIC, PROC_SUPER_MAGIC or SYSFS_MAGIC.
  var type: UInt32
  var blocks: UInt32 = 0
  var freeBlocks: UInt32 = 0
  var inodes: UInt32 = 0
  var freeInodes: UInt32 = 0
  /// The device of its files (f_fsid).
  var device: UInt32
  /// ST_VALID, and ST_RDONLY.
  var flags: UInt32 = 0x20
}

/// statfs and its kin.
extension SystemCall {
  /// statfs and statfs64: the path, the address for the record.
  @inline(never)
  func volumeStatus(isWide: Bool) throws(Errno) -> Word {
    try storeVolume(
      of: resolve(at: FileNode.currentDirectory, address(0), followsLast: true), isWide)
  }

  /// fstatfs and fstatfs64: the descriptor, the address for the record.
  @inline(never)
  func volumeStatusOfFile(isWide: Bool) throws(Errno) -> Word {
    try storeVolume(of: files.node(of: argument(0)), isWide)
  }

  /// Stores struct statfs or, for 32-bit programs with 64-bit sizes, struct statfs64
  /// (asm-generic/statfs.h). The latter's size is an argument before its address: 84 bytes, or 88 with
  /// the padding of other compilers.
  private func storeVolume(of node: FileNode, _ isWide: Bool) throws(Errno) -> Word {
    if isWide {
      guard word(1) == 84 || word(1) == 88 else { throw .invalid }
    }
    let status = Self.status(of: node)
    let address = address(isWide ? 2 : 1)
    if isWide {
      var words = InlineArray<21, UInt32>(repeating: 0)
      (words[0], words[1]) = (status.type, UInt32(Page.size))
      (words[2], words[4], words[6]) = (status.blocks, status.freeBlocks, status.freeBlocks)
      (words[8], words[10]) = (status.inodes, status.freeInodes)
      (words[12], words[14], words[15]) = (status.device, 255, UInt32(Page.size))
      words[16] = status.flags
      try store(words, at: address)
    } else {
      var words = InlineArray<16, P.ABI.Long>(repeating: 0)
      (words[0], words[1]) = (P.ABI.Long(status.type), P.ABI.Long(Page.size))
      (words[2], words[3]) = (P.ABI.Long(status.blocks), P.ABI.Long(status.freeBlocks))
      (words[4], words[5]) = (P.ABI.Long(status.freeBlocks), P.ABI.Long(status.inodes))
      (words[6], words[7]) = (P.ABI.Long(status.freeInodes), P.ABI.Long(status.device))
      // The identifier has two ints: one word of 64 bits.
      let rest = P.ABI.Long.bitWidth == 64 ? 8 : 9
      (words[rest], words[rest + 1]) = (255, P.ABI.Long(Page.size))
      words[rest + 2] = P.ABI.Long(status.flags)
      try store(words, first: P.ABI.Long.bitWidth == 64 ? 15 : 16, at: address)
    }
    return 0
  }

  private static func status(of node: FileNode) -> VolumeStatus {
    let volume = FileTree<P>.volume(of: node)
    var status = VolumeStatus(type: 0x0102_1994, device: Files<P>.status(node).deviceMinor)
    if volume.pointee.isReadOnly { status.flags |= 1 }
    if node.system == .proc {
      status.type = Proc<P>.isOfSystem(node) ? 0x6265_6572 : 0x9fa0
    } else if node.system == .tree {
      let limits = volume.pointee.limits
      // Without a limit all is 0.
      if limits.pages != .max {
        (status.blocks, status.freeBlocks) = (limits.pages, limits.pages - volume.pointee.pages)
      }
      if limits.inodes != .max {
        (status.inodes, status.freeInodes) = (limits.inodes, limits.inodes - volume.pointee.inodes)
      }
    }
    return status
  }
}
