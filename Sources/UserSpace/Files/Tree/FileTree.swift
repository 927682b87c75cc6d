// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

// The file tree: the writable file systems, in memory.
//
// Principles
// - A node is the number of an inode. An inode lives while it has a name or a user: an open file, a
//   working directory, a program, a mapping.
// - Inodes, names and pages are in frames, which are freed with what they hold. Memory that runs
//   out is ENOMEM, the limit of a volume is ENOSPC; what was there is there.
// - The files of the initrd are entered at boot. Their bytes stay in the initrd; a page gets a frame
//   when it is written or mapped.
//
// Parts
// - TreeState: the owner. Inode, InodeTable; Name, NameIndex; PageIndex: what it consists of.
// - FileTree: the operations of `NodeOperations`; its extensions by subject.
//
// It must not: touch user memory while an inode or a directory is half changed; keep a reference to
// an inode or a name across a preemption point, unless the inode has a user.

/// The file system of the root, of /tmp, /run and /dev/shm.
enum FileTree<P: FilePlatform>: NodeOperations {
  /// The inode of a node of the tree. Out of line, because most functions of the tree begin with it.
  @inline(never)
  static func inode(_ node: FileNode) -> InodeReference { P.tree.pointee.inodes[node.index] }

  /// The volume of an inode.
  @inline(__always)
  static func withVolume<Result>(
    of inode: InodeReference, _ body: (inout Volume) -> Result
  ) -> Result {
    body(&P.tree.pointee.volumes[Int(inode.pointee.volume)])
  }

  /// The number of pages of all files, without those that are still in the archive.
  static var pageCount: UInt32 {
    var sum: UInt32 = 0
    // Wrapping: never.
    for volume in 0..<volumeCount { sum &+= P.tree.pointee.volumes[volume].pages }
    return sum
  }

  /// The time with which changes are marked.
  static var now: Timespec { P.time(.realtimeCoarse) }

  static func retain(_ node: FileNode) {
    let inode = inode(node)
    if inode.pointee.users == 0 { withVolume(of: inode) { $0.users += 1 } }
    inode.pointee.users += 1
  }

  static func release(_ node: FileNode) {
    let inode = inode(node)
    inode.pointee.users -= 1
    guard inode.pointee.users == 0 else { return }
    let isAbandoned = withVolume(of: inode) { (volume) in
      volume.users -= 1
      return volume.isAbandoned
    }
    if isAbandoned { requestVolumeDrop() }
    freeIfUnused(node, inode)
  }

  /// Makes an inode without a name.
  ///
  /// - Throws: `noSpace`, `outOfMemory`.
  static func make(mode: UInt32, in volume: UInt8) throws(Errno) -> FileNode {
    let (limit, count) = (
      P.tree.pointee.volumes[Int(volume)].limits.inodes, P.tree.pointee.volumes[Int(volume)].inodes
    )
    guard count < limit else { throw .noSpace }
    let inode = Inode(
      mode: mode, number: P.tree.pointee.lastNumber &+ 1, volume: volume, time: now)
    let number = try P.tree.pointee.inodes.insert(inode)
    P.tree.pointee.lastNumber &+= 1  // Wrapping: after 2^32 files, numbers come again.
    P.tree.pointee.volumes[Int(volume)].inodes += 1
    return FileNode(.tree, number)
  }

  /// Frees an inode that has neither names nor users, at the latest with the last of its pages.
  @inline(never)
  static func freeIfUnused(_ node: FileNode, _ inode: InodeReference) {
    guard inode.pointee.users == 0, inode.pointee.links == 0, dropPages(of: node, inode) else {
      return
    }
    withVolume(of: inode) { $0.inodes -= 1 }
    P.tree.pointee.inodes.remove(node.index)
  }

  static func mode(of node: FileNode) -> UInt32 { inode(node).pointee.mode }

  static func describe(_ node: FileNode, in status: inout FileStatus) {
    let inode = P.tree.pointee.inodes[node.index]
    let (volume, device) = (UInt32(inode.pointee.volume), inode.pointee.device)
    status.set(
      mode: inode.pointee.mode, links: inode.pointee.links, inode: inode.pointee.number,
      deviceMinor: volume == 0 ? 2 : volume + 4)
    status.userIdentifier = inode.pointee.userIdentifier
    status.groupIdentifier = inode.pointee.groupIdentifier
    status.size = inode.pointee.isDirectory ? 4096 : inode.pointee.size
    status.blocks = blocks(of: inode.pointee)
    status.accessTime = FileTime(inode.pointee.accessTime)
    status.changeTime = FileTime(inode.pointee.changeTime)
    status.modificationTime = FileTime(inode.pointee.modificationTime)
    status.specialMajor = device >> 8 & 0xfff
    status.specialMinor = device & 0xff | device >> 12 & 0xf_ff00
  }

  /// The size of what an inode holds, in blocks of 512 bytes: its pages in frames and in the
  /// initrd.
  private static func blocks(of inode: borrowing Inode) -> UInt32 {
    let archived = (inode.archived.count >> UInt32(Page.shift)) + 1
    return (inode.archived.count == 0 ? inode.pages.count : max(inode.pages.count, archived)) * 8
  }

  static func seekRange(of node: FileNode) -> SeekRange {
    switch mode(of: node) & FileStatus.typeMask {
    case FileStatus.directory: .directory
    case FileStatus.fifo: .none
    default: .file
    }
  }

  static func mapping(of node: FileNode) -> FileMapping {
    inode(node).pointee.isRegular ? .file : .none
  }

  /// The range of the initrd with the beginning of a file.
  static func archivedRange(of inode: borrowing Inode) -> Range<Int> {
    let start = Int(inode.archived.start)
    return start..<start + Int(inode.archived.count)
  }
}
