// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Calls that make, move and remove names. Only the file tree can be changed; /dev and /proc are
/// read-only. The errors are checked in the order of Linux's fs/namei.c.
extension SystemCall {
  /// The directory in which the last component of a path can be made.
  ///
  /// - Throws: `exists`; `noEntry` for a slash after it unless it becomes a directory;
  ///   `readOnlyFileSystem`; the errors of the path.
  private func placeOfNew(
    along walk: inout PathWalk<P>, isDirectory: Bool = false
  ) throws(Errno) -> FileNode {
    let (directory, last) = try walk.runToLast()
    guard last == .name else { throw .exists }
    guard Files<P>.entry(of: directory, named: walk.name, walk.hash) == nil else { throw .exists }
    guard isDirectory || !walk.hasSlash else { throw .noEntry }
    guard FileTree<P>.mayChange(directory) else { throw .readOnlyFileSystem }
    return directory
  }

  /// mkdir and mkdirat: the path and the mode.
  @inline(never)
  func makeDirectory(
    at start: UInt32, _ path: UserAddress, _ mode: UInt32
  ) throws(Errno) -> Word {
    var walk = try walk(at: start, path)
    let directory = try placeOfNew(along: &walk, isDirectory: true)
    let node = try FileTree<P>.create(
      FileStatus.directory | mode & 0o1777 & ~process.pointee.fileMask, named: walk.name,
      in: directory)
    Watches<P>.report(.create, of: node)
    return 0
  }

  /// mknod and mknodat: the path, the mode with its type, the device.
  @inline(never)
  func makeNode(
    at start: UInt32, _ path: UserAddress, _ mode: UInt32, device: UInt32
  ) throws(Errno) -> Word {
    var type = mode & FileStatus.typeMask
    switch type {
    case 0: type = FileStatus.regular
    case FileStatus.regular, FileStatus.character, FileStatus.block, FileStatus.fifo,
      FileStatus.socket:
      break
    case FileStatus.directory: throw .notPermitted
    default: throw .invalid
    }
    var walk = try walk(at: start, path)
    let directory = try placeOfNew(along: &walk)
    let isDevice = type == FileStatus.character || type == FileStatus.block
    let node = try FileTree<P>.create(
      type | mode & 0o7777 & ~process.pointee.fileMask, named: walk.name, in: directory,
      device: isDevice ? device : 0)
    Watches<P>.report(.create, of: node)
    return 0
  }

  /// symlink and symlinkat: the path to which the link leads, the path of the link.
  @inline(never)
  func makeSymbolicLink(
    _ target: UserAddress, at start: UInt32, _ path: UserAddress
  ) throws(Errno) -> Word {
    try makeSymbolicLink(to: .loaded(from: target), at: start, path)
  }

  @inline(__always)
  private func makeSymbolicLink(
    to text: borrowing PathBuffer<P>, at start: UInt32, _ path: UserAddress
  ) throws(Errno) -> Word {
    guard text.count > 0 else { throw .noEntry }
    var walk = try walk(at: start, path)
    let directory = try placeOfNew(along: &walk)
    try FileTree<P>.createLink(to: text.text, named: walk.name, in: directory)
    Watches<P>.report(.create, to: directory, walk.name)
    return 0
  }

  /// link and linkat: the path of a file, a further path for it.
  @inline(never)
  func makeLink(
    at oldStart: UInt32, _ oldPath: UserAddress, at newStart: UInt32, _ newPath: UserAddress,
    flags: UInt32
  ) throws(Errno) -> Word {
    guard flags & ~0x1400 == 0 else { throw .invalid }  // AT_SYMLINK_FOLLOW, AT_EMPTY_PATH
    let node: FileNode
    if flags & 0x1000 != 0, try firstByte(of: oldPath) == 0 {
      node = try files.node(of: oldStart)
    } else {
      node = try resolve(at: oldStart, oldPath, followsLast: flags & 0x400 != 0)
    }
    Files<P>.retain(node)  // Preemption points follow.
    defer { Files<P>.release(node) }
    var walk = try walk(at: newStart, newPath)
    let directory = try placeOfNew(along: &walk)
    guard node.system == .tree, FileTree<P>.volume(of: node) == FileTree<P>.volume(of: directory)
    else { throw .otherFileSystem }
    guard !Files<P>.isDirectory(node) else { throw .notPermitted }
    let inode = FileTree<P>.inode(node)
    guard inode.pointee.links > 0 || inode.pointee.isLinkable else { throw .noEntry }
    try FileTree<P>.link(node, as: walk.name, in: directory)
    Watches<P>.report(.attributes, to: node)
    Watches<P>.report(.create, to: directory, walk.name)
    return 0
  }

  /// The name in the tree that the last component of a path is.
  ///
  /// - Throws: `noEntry`, `readOnlyFileSystem`; the errors of the path, and `isDirectory`,
  ///   `notEmpty`, `invalid` or `busy` for a last component that is no name.
  private func present(
    along walk: inout PathWalk<P>, isDirectory: Bool
  ) throws(Errno) -> NameReference {
    let (directory, last) = try walk.runToLast()
    switch last {
    case .name: break
    case .dot where isDirectory: throw .invalid
    case .dotDot where isDirectory: throw .notEmpty
    case .root where isDirectory: throw .busy
    default: throw .isDirectory
    }
    guard FileTree<P>.mayChange(directory) else { throw .readOnlyFileSystem }
    guard let name = P.tree.pointee.names.find(walk.name, in: directory.index) else {
      throw .noEntry
    }
    return name
  }

  private func inode(of name: NameReference) -> InodeReference {
    FileTree<P>.inode(FileNode(.tree, UInt32(name.pointee.inode)))
  }

  /// unlink, and unlinkat without AT_REMOVEDIR.
  @inline(never)
  func removeFile(at start: UInt32, _ path: UserAddress) throws(Errno) -> Word {
    var walk = try walk(at: start, path)
    let name = try present(along: &walk, isDirectory: false)
    guard !inode(of: name).pointee.isDirectory else { throw .isDirectory }
    guard !walk.hasSlash else { throw .notDirectory }
    unlink(name, walk.name)
    return 0
  }

  /// rmdir, and unlinkat with AT_REMOVEDIR.
  @inline(never)
  func removeDirectory(at start: UInt32, _ path: UserAddress) throws(Errno) -> Word {
    var walk = try walk(at: start, path)
    let name = try present(along: &walk, isDirectory: true)
    let inode = inode(of: name).pointee
    guard inode.isDirectory else { throw .notDirectory }
    guard inode.mount == 0 else { throw .busy }
    guard inode.firstMember == nil else { throw .notEmpty }
    unlink(name, walk.name)
    return 0
  }

  /// Removes a name, of which `text` is a copy, and reports it: the end of the file comes before
  /// that of the name, as on Linux.
  @inline(never)
  private func unlink(_ name: NameReference, _ text: Span<UInt8>) {
    let directory = FileNode(.tree, UInt32(name.pointee.directory))
    let node = FileNode(.tree, UInt32(name.pointee.inode))
    let isDirectory = Files<P>.isDirectory(node)
    Files<P>.retain(node)
    FileTree<P>.unlink(name)
    if !isDirectory { Watches<P>.report(.attributes, to: node) }
    Files<P>.release(node)
    if Watches<P>.areWatched(.ignored) { FileTree<P>.dropPages() }
    Watches<P>.report(isDirectory ? [.delete, .directory] : .delete, to: directory, text)
  }

  /// unlinkat: the directory, the path, AT_REMOVEDIR.
  @inline(__always)
  func removeAt() throws(Errno) -> Word {
    guard argument(2) & ~0x200 == 0 else { throw .invalid }
    return argument(2) != 0
      ? try removeDirectory(at: argument(0), address(1))
      : try removeFile(at: argument(0), address(1))
  }

  /// rename, renameat and renameat2: the old path, the new one, RENAME_NOREPLACE or
  /// RENAME_EXCHANGE.
  @inline(never)
  func rename(
    at oldStart: UInt32, _ oldPath: UserAddress, at newStart: UInt32, _ newPath: UserAddress,
    flags: UInt32
  ) throws(Errno) -> Word {
    guard flags & ~3 == 0, flags != 3 else { throw .invalid }
    while true {
      if try tryRename(at: oldStart, oldPath, at: newStart, newPath, flags) { return 0 }
    }
  }

  /// Makes one attempt to rename.
  ///
  /// - Returns: false if other threads have changed the names meanwhile, so that the caller must
  ///   look them up again; nothing is changed then.
  private func tryRename(
    at oldStart: UInt32, _ oldPath: UserAddress, at newStart: UInt32, _ newPath: UserAddress,
    _ flags: UInt32
  ) throws(Errno) -> Bool {
    let (keeps, exchanges) = (flags & 1 != 0, flags & 2 != 0)
    var oldWalk = try walk(at: oldStart, oldPath)
    let (oldParent, oldLast) = try oldWalk.runToLast()
    var newWalk = try walk(at: newStart, newPath)
    let (newParent, newLast) = try newWalk.runToLast()
    guard FileTree<P>.volume(of: oldParent) == FileTree<P>.volume(of: newParent) else {
      throw .otherFileSystem
    }
    guard oldLast == .name else { throw .busy }
    guard newLast == .name else { throw keeps ? .exists : .busy }
    guard FileTree<P>.mayChange(oldParent) else { throw .readOnlyFileSystem }
    guard let old = P.tree.pointee.names.find(oldWalk.name, in: oldParent.index) else {
      throw .noEntry
    }
    let new = P.tree.pointee.names.find(newWalk.name, in: newParent.index)
    guard new == nil || !keeps else { throw .exists }
    let node = FileNode(.tree, UInt32(old.pointee.inode))
    let isDirectory = FileTree<P>.inode(node).pointee.isDirectory
    if exchanges {
      guard let new else { throw .noEntry }
      guard inode(of: new).pointee.isDirectory || !newWalk.hasSlash else { throw .notDirectory }
    }
    guard isDirectory || !oldWalk.hasSlash && (exchanges || !newWalk.hasSlash) else {
      throw .notDirectory
    }
    // Both files are kept, because there are preemption points from here on.
    let other = new.map { FileNode(.tree, UInt32($0.pointee.inode)) } ?? node
    Files<P>.retain(node)
    Files<P>.retain(other)
    defer {
      Files<P>.release(node)
      Files<P>.release(other)
    }
    if isDirectory, try FileTree<P>.isInside(newParent, node) { throw .invalid }
    if new != nil, FileTree<P>.inode(other).pointee.isDirectory,
      try FileTree<P>.isInside(oldParent, other)
    {
      throw exchanges ? .invalid : .notEmpty
    }
    // The same names must lead to the same files, in a volume that may still be changed.
    guard P.tree.pointee.names.find(oldWalk.name, in: oldParent.index) == old,
      P.tree.pointee.names.find(newWalk.name, in: newParent.index) == new,
      UInt32(old.pointee.inode) == node.index,
      new.map({ UInt32($0.pointee.inode) == other.index }) ?? true,
      FileTree<P>.mayChange(oldParent)
    else { return false }
    if let new {
      guard other != node else { return true }
      try checkReplace(isDirectory, new, exchanges)
    }
    guard FileTree<P>.inode(node).pointee.mount == 0 else { throw .busy }
    if exchanges, let new {
      FileTree<P>.exchange(old, new)
    } else {
      try FileTree<P>.rename(old, to: newWalk.name, in: newParent, replacing: new)
    }
    Watches<P>.reportMove(
      of: node, from: oldParent, oldWalk.name, to: newParent, newWalk.name,
      replaced: other, exchanges)
    return true
  }

  /// Checks that a rename may replace what `victim` leads to, or exchange it.
  private func checkReplace(
    _ isDirectory: Bool, _ victim: NameReference, _ exchanges: Bool
  ) throws(Errno) {
    let inode = inode(of: victim).pointee
    if !exchanges {
      guard inode.isDirectory || !isDirectory else { throw .notDirectory }
      guard !inode.isDirectory || isDirectory else { throw .isDirectory }
    }
    guard inode.mount == 0 else { throw .busy }
    guard exchanges || inode.firstMember == nil else { throw .notEmpty }
  }
}
