// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// The files of the initrd.
public enum RootFiles<P: FilePlatform> {
  /// Makes the volumes of the file tree and enters the files of the initrd: those of a newc archive,
  /// or a single ELF file as /init. Called once, at boot. An initrd that is unusable, or for which
  /// the memory does not suffice, is a line of the log.
  @inline(never)
  public static func load() {
    do throws(Errno) {
      try makeVolumes()
      let bytes = P.tree.pointee.initrd.bytes
      if bytes.byteCount == 0 {
        // No initrd.
      } else if bytes.word(at: 0) == 0x464c_457f {
        try enterProgram()
      } else {
        do throws(CpioError) { _ = try CpioArchive(bytes) } catch {
          return Log.line("initrd: \(error.reason)")
        }
        try enterArchive(CpioArchive(checked: bytes))
      }
      try makeMountPoints()
    } catch {
      Log.line("initrd: out of memory")
    }
  }
}

extension RootFiles {
  private typealias Tree = FileTree<P>

  /// Makes the roots of the volumes, whose inodes have the volumes' numbers: of the root file
  /// system, /tmp, /run and /dev/shm.
  private static func makeVolumes() throws(Errno) {
    for number in 0...Volume.sharedMemory {
      let volume = Tree.volume(number)
      let isShared = number == Volume.temporary || number == Volume.sharedMemory
      volume.pointee.limits.permissions = isShared ? 0o1777 : 0o755
      try Tree.makeRoot(of: volume)
    }
    Tree.volume(0).pointee.mount = 1
    let generated: InlineArray<3, FileNode> = [
      FileNode(.devices, 0), FileNode(.proc, 0), FileNode(.proc, ProcRow.system + 1),
    ]
    for index in generated.indices {
      Tree.volume(VolumeType.devices.number + index).pointee.root = generated[index]
    }
  }

  /// Makes the directories in the root on which file systems are mounted, where the archive does
  /// not have them.
  private static func makeMountPoints() throws(Errno) {
    let names: InlineArray<5, StaticString> = ["dev", "proc", "tmp", "run", "sys"]
    let numbers: InlineArray<5, Int> = [
      VolumeType.devices.number, VolumeType.proc.number, Volume.temporary, Volume.run,
      VolumeType.system.number,
    ]
    for index in names.indices {
      try Tree.cover(directory(named: names[index].bytes), with: Tree.volume(numbers[index]))
    }
    Tree.cover(Devices<P>.sharedMemory, with: Tree.volume(Volume.sharedMemory))
  }

  /// A directory in the root, which is made if there is none.
  private static func directory(named name: Span<UInt8>) throws(Errno) -> FileNode {
    if let present = P.tree.pointee.names.find(name, in: FileNode.root.index) {
      let node = FileNode(.tree, UInt32(present.pointee.inode))
      if Tree.inode(node).pointee.isDirectory { return node }
      Tree.unlink(present)
    }
    return try Tree.create(FileStatus.directory | 0o755, named: name, in: .root)
  }

  /// Enters an initrd that is a program.
  private static func enterProgram() throws(Errno) {
    let program = Tree.inode(
      try Tree.create(
        FileStatus.regular | 0o755, named: ("init" as StaticString).bytes, in: .root))
    let count = P.tree.pointee.initrd.count
    program.pointee.archived = ArchivedBytes(start: 0, count: UInt32(count))
    program.pointee.size = UInt64(count)
  }

  /// Enters the files of an archive that was checked. As on Linux, a file whose directory is not in
  /// the archive is left out, and the last one of a name wins.
  private static func enterArchive(_ archive: CpioArchive) throws(Errno) {
    var offset = 0
    while let entry = archive.entry(at: offset) {
      offset = entry.nextOffset
      guard entry.nameCount > 0 else {
        setAttributes(of: .root, to: entry)
        continue
      }
      try enter(entry, of: archive)
    }
  }

  private static func enter(_ entry: CpioEntry, of archive: CpioArchive) throws(Errno) {
    let path = P.tree.pointee.initrd.text.extracting(
      entry.nameOffset..<entry.nameOffset + entry.nameCount)
    guard let (directory, start) = directory(ofLastIn: path) else { return }
    let name = path.extracting(start..<path.count)
    guard name.count > 0, name.count <= 255 else { return }
    let present = P.tree.pointee.names.find(name, in: directory.index)
    if let present {
      let node = FileNode(.tree, UInt32(present.pointee.inode))
      guard !Tree.inode(node).pointee.isDirectory else {
        if entry.type == FileStatus.directory { setAttributes(of: node, to: entry) }
        return
      }
      Tree.unlink(present)
    }
    if entry.linkCount > 1, entry.type == FileStatus.regular,
      let node = firstLink(of: entry, archive)
    {
      try Tree.link(node, as: name, in: directory)
      setContents(of: Tree.inode(node), to: entry)
      return
    }
    let node = try Tree.create(
      entry.mode & 0o177777, named: name, in: directory, device: entry.device)
    setAttributes(of: node, to: entry)
    setContents(of: Tree.inode(node), to: entry)
  }

  private static func setAttributes(of node: FileNode, to entry: CpioEntry) {
    let inode = Tree.inode(node)
    inode.pointee.mode = entry.mode & 0o177777
    inode.pointee.userIdentifier = entry.userIdentifier
    inode.pointee.groupIdentifier = entry.groupIdentifier
    let time = Timespec(seconds: Int64(entry.modificationTime), nanoseconds: 0)
    inode.pointee.accessTime = time
    inode.pointee.modificationTime = time
    inode.pointee.changeTime = time
  }

  /// The data of a file with several names are stored with one of its entries.
  private static func setContents(of inode: InodeReference, to entry: CpioEntry) {
    guard entry.dataCount > 0, inode.pointee.isRegular || inode.pointee.isLink else { return }
    inode.pointee.archived = ArchivedBytes(
      start: UInt32(entry.dataOffset), count: UInt32(entry.dataCount))
    inode.pointee.size = UInt64(entry.dataCount)
  }

  /// The directory that holds the last component of a path of the archive, and where that begins;
  /// nil if there is no such directory. Symbolic links are not followed.
  private static func directory(
    ofLastIn path: Span<UInt8>
  ) -> (directory: FileNode, start: Int)? {
    var directory = FileNode.root
    var start = 0
    var end = 0
    while end < path.count {
      guard path[end] == UInt8(ascii: "/") else {
        end += 1
        continue
      }
      if end > start {
        guard
          let name = P.tree.pointee.names.find(
            path.extracting(start..<end), in: directory.index)
        else { return nil }
        directory = FileNode(.tree, UInt32(name.pointee.inode))
        guard Tree.inode(directory).pointee.isDirectory else { return nil }
      }
      end += 1
      start = end
    }
    return (directory, start)
  }

  /// The inode of an earlier entry that is a name of the same file; nil for the first one.
  private static func firstLink(of entry: CpioEntry, _ archive: CpioArchive) -> FileNode? {
    var offset = 0
    while offset < entry.offset, let other = archive.entry(at: offset) {
      offset = other.nextOffset
      guard other.inode == entry.inode, other.linkCount > 1 else { continue }
      let path = P.tree.pointee.initrd.text.extracting(
        other.nameOffset..<other.nameOffset + other.nameCount)
      if let (directory, start) = directory(ofLastIn: path),
        let name = P.tree.pointee.names.find(
          path.extracting(start..<path.count), in: directory.index)
      {
        return FileNode(.tree, UInt32(name.pointee.inode))
      }
    }
    return nil
  }
}
