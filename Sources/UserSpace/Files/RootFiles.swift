// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// The root file system: the initrd, read-only, with /dev and /proc mounted over it.
///
/// A copyable handle to permanent bytes. It provides names, attributes and contents; `PathWalk`
/// resolves paths, and each process has its own open files.
public struct RootFiles: Sendable {
  /// The format of the initrd.
  enum Source: Sendable {
    case none
    case archive
    case program
  }

  let initrd: ImmortalBytes
  let source: Source

  /// A root file system without an initrd: /dev and /proc only.
  public init() {
    initrd = ImmortalBytes()
    source = .none
  }

  /// The file system in `initrd`: a newc archive, or a single ELF file, which becomes /init.
  ///
  /// - Throws: the reason why the archive is unusable.
  public init(initrd: ImmortalBytes) throws(CpioError) {
    self.initrd = initrd
    if initrd.bytes.word(at: 0) == 0x464c_457f {
      source = .program
    } else {
      _ = try CpioArchive(initrd.bytes)
      source = .archive
    }
  }

  /// The archive; without entries if the initrd is not an archive.
  var archive: CpioArchive {
    @_lifetime(immortal)
    get {
      let bytes = source == .archive ? initrd.bytes : ImmortalBytes().bytes
      return CpioArchive(checked: bytes)
    }
  }

  /// The archive entry of `node`, which must be of the kind `archived`.
  func entry(_ node: FileNode) -> CpioEntry? { archive.entry(at: Int(node.index)) }

  /// The range of a regular file's contents in the initrd; nil for any other node. The links of one
  /// file share the contents stored with one of them.
  func contents(_ node: FileNode) -> Range<Int>? {
    switch node.kind {
    case .program: return 0..<initrd.count
    case .archived:
      guard var entry = entry(node), entry.mode & 0o170000 == FileStatus.regular else { return nil }
      if entry.dataCount == 0, entry.linkCount > 1 {
        let inode = entry.inode
        entry = archive.last { $0.inode == inode && $0.linkCount > 1 && $0.dataCount > 0 } ?? entry
      }
      return entry.dataOffset..<entry.dataOffset + entry.dataCount
    default: return nil
    }
  }

  /// The bytes of the initrd in `contents`.
  @_lifetime(immortal)
  func bytes(_ contents: Range<Int>) -> RawSpan { initrd.bytes.extracting(contents) }

  /// The number of an archived file in a `RegionName`: the position of its entry in the archive, or
  /// `UInt16.max` for entries from there on. 0 for other nodes.
  func pathIndex(of node: FileNode) -> UInt16 {
    guard node.kind == .archived else { return 0 }
    var index = UInt16(0)
    var offset = 0
    while let entry = archive.entry(at: offset), offset != Int(node.index), index < .max {
      index += 1
      offset = entry.nextOffset
    }
    return index
  }

  /// The node whose `pathIndex(of:)` is `pathIndex`.
  func node(pathIndex: UInt16) -> FileNode {
    guard source == .archive else { return FileNode(.program) }
    var index = pathIndex
    var offset = 0
    while let entry = archive.entry(at: offset), index > 0 {
      index -= 1
      offset = entry.nextOffset
    }
    return FileNode(.archived, UInt32(offset))
  }

  /// Writes page `page` of the file whose `pathIndex(of:)` is `path` to `frame`, which has 4,096
  /// bytes. Bytes after the end of the file become zeros.
  @unsafe public func writePage(_ page: UInt32, of path: UInt16, to frame: UnsafeMutableRawPointer)
  {
    let bytes = bytes(contents(node(pathIndex: path)) ?? 0..<0)
    // SAFETY: the caller passes a writable frame of that size.
    var target = unsafe MutableRawSpan(_unsafeStart: frame, byteCount: Int(Page.size))
    ImageMapper.fill(&target, page: page, of: bytes)
  }

  /// The attributes that stat reports for `node`.
  func status(_ node: FileNode) -> FileStatus {
    switch node.kind {
    case .archived: return archivedStatus(node)
    case .program:
      return FileStatus(
        mode: FileStatus.regular | 0o755, size: UInt64(initrd.count), inode: 2)
    case .root: return FileStatus(mode: FileStatus.directory | 0o755, links: 4, inode: 1)
    case .devices:
      return FileStatus(mode: FileStatus.directory | 0o755, links: 2, inode: 1, deviceMinor: 3)
    case .processes, .processors, .process:
      return FileStatus(
        mode: FileStatus.directory | 0o555, links: 2, inode: virtualInode(node), deviceMinor: 4)
    case .selfLink, .executableLink:
      return FileStatus(
        mode: FileStatus.link | 0o777, inode: virtualInode(node), deviceMinor: 4)
    case .commandLine, .memoryInfo, .uptime, .vdso, .vdsoImage, .buddyInfo, .tasks, .processorInfo,
      .interrupts, .alignment, .locks, .maps, .memoryMap, .memorySize, .counters:
      return FileStatus(
        mode: FileStatus.regular | 0o444, inode: virtualInode(node), deviceMinor: 4)
    case .trace:
      return FileStatus(
        mode: FileStatus.regular | 0o644, inode: virtualInode(node), deviceMinor: 4)
    case .console: return device(node, 0o600, 5, 1)
    case .terminal: return device(node, 0o666, 5, 0)
    case .null: return device(node, 0o666, 1, 3)
    case .zero: return device(node, 0o666, 1, 5)
    case .random: return device(node, 0o666, 1, 8)
    case .urandom: return device(node, 0o666, 1, 9)
    }
  }

  private func device(
    _ node: FileNode, _ permissions: UInt32, _ major: UInt32, _ minor: UInt32
  ) -> FileStatus {
    FileStatus(
      mode: FileStatus.character | permissions, inode: virtualInode(node), deviceMinor: 3,
      specialMajor: major, specialMinor: minor)
  }

  private func virtualInode(_ node: FileNode) -> UInt32 {
    UInt32(node.kind.rawValue) + node.index * 32 + 1
  }

  private func archivedStatus(_ node: FileNode) -> FileStatus {
    guard let entry = entry(node) else { return FileStatus(mode: 0) }
    return FileStatus(
      mode: entry.mode, size: UInt64(contents(node)?.count ?? entry.dataCount),
      links: entry.linkCount, userIdentifier: entry.userIdentifier,
      groupIdentifier: entry.groupIdentifier, modificationTime: entry.modificationTime,
      inode: entry.inode)
  }
}
