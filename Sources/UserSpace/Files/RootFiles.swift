// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The root file system: the initrd, read-only, and what is mounted in its root directory.
///
/// A copyable handle to permanent bytes. It provides names, attributes and contents of the initrd;
/// `Files` passes the calls on nodes to it.
public struct RootFiles: Sendable {
  /// The format of the initrd.
  enum Source: Sendable {
    case none
    case archive
    case program
  }

  let initrd: ImmortalBytes
  let source: Source

  /// A root file system without an initrd: mounted file systems only.
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

  /// /init where the initrd is the program itself.
  private static var program: FileNode { FileNode(.archive, 0) }

  /// The archive entry of `node`; nil for the root directory and the program.
  func entry(_ node: FileNode) -> CpioEntry? {
    Int(exactly: node.index).flatMap { archive.entry(at: $0) }
  }

  /// The range of a regular file's contents in the initrd; nil for any other node. The links of one
  /// file share the contents stored with one of them.
  func contents(_ node: FileNode) -> Range<Int>? {
    if isProgram(node) { return 0..<initrd.count }
    guard var entry = entry(node), entry.mode & 0o170000 == FileStatus.regular else { return nil }
    if entry.dataCount == 0, entry.linkCount > 1 {
      let inode = entry.inode
      entry = archive.last { $0.inode == inode && $0.linkCount > 1 && $0.dataCount > 0 } ?? entry
    }
    return entry.dataOffset..<entry.dataOffset + entry.dataCount
  }

  private func isProgram(_ node: FileNode) -> Bool {
    source == .program && node == RootFiles.program
  }

  /// The bytes of the initrd in `contents`.
  @_lifetime(immortal)
  func bytes(_ contents: Range<Int>) -> RawSpan { initrd.bytes.extracting(contents) }

  /// The number of an archived file in a `RegionName`: the position of its entry in the archive, or
  /// `UInt16.max` for entries from there on. 0 for other nodes.
  func pathIndex(of node: FileNode) -> UInt16 {
    guard node.system == .archive, node != .root else { return 0 }
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
    guard source == .archive else { return RootFiles.program }
    var index = pathIndex
    var offset = 0
    while let entry = archive.entry(at: offset), index > 0 {
      index -= 1
      offset = entry.nextOffset
    }
    return FileNode(.archive, UInt32(offset))
  }

  /// Writes page `page` of the file whose `pathIndex(of:)` is `path` to `frame`, which has 4,096
  /// bytes. Bytes after the end of the file become zeros.
  @unsafe public func writePage(_ page: UInt32, of path: UInt16, to frame: UnsafeMutableRawPointer)
  {
    let bytes = bytes(contents(node(pathIndex: path)) ?? 0..<0)
    // SAFETY: the caller passes a writable frame of that size.
    var target = unsafe MutableRawSpan(_unsafeStart: frame, byteCount: Int(Page.size))
    FilePage.fill(&target, page: page, of: bytes)
  }

  /// Whether `node` is a directory.
  func isDirectory(_ node: FileNode) -> Bool {
    node == .root || (entry(node)?.mode ?? 0) & 0o170000 == FileStatus.directory
  }

  /// The attributes that stat reports for `node`.
  func status(_ node: FileNode) -> FileStatus {
    if node == .root { return FileStatus(mode: FileStatus.directory | 0o755, links: 4, inode: 1) }
    if isProgram(node) {
      return FileStatus(mode: FileStatus.regular | 0o755, size: UInt64(initrd.count), inode: 2)
    }
    guard let entry = entry(node) else { return FileStatus(mode: 0) }
    return FileStatus(
      mode: entry.mode, size: UInt64(contents(node)?.count ?? entry.dataCount),
      links: entry.linkCount, userIdentifier: entry.userIdentifier,
      groupIdentifier: entry.groupIdentifier, modificationTime: entry.modificationTime,
      inode: entry.inode)
  }
}
