// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Changes of directories: what makes, moves and removes names. The callers have looked up what the
/// names lead to, in the order of Linux's errors.
extension FileTree {
  /// Makes an inode named `name` in a directory that has no such name. `mode` has its type.
  ///
  /// - Throws: `noEntry` in a directory that was removed, `noSpace`, `outOfMemory`; nothing is
  ///   changed then.
  @discardableResult
  static func create(
    _ mode: UInt32, named name: Span<UInt8>, in directory: FileNode, device: UInt32 = 0
  ) throws(Errno) -> FileNode {
    let node = try make(mode: mode, in: inode(directory).pointee.volume)
    let (new, parent) = (inode(node), inode(directory))
    new.pointee.device = device
    if parent.pointee.mode & FileStatus.setGroupBit != 0 {
      new.pointee.groupIdentifier = parent.pointee.groupIdentifier
      if new.pointee.isDirectory { new.pointee.mode |= FileStatus.setGroupBit }
    }
    do throws(Errno) { try link(node, as: name, in: directory) } catch {
      freeIfUnused(node, new)
      throw error
    }
    return node
  }

  /// Makes a symbolic link to `target`, of 1 to 4,095 bytes, named `name`.
  ///
  /// - Throws: `noEntry` in a directory that was removed, `noSpace`, `outOfMemory`; nothing is
  ///   changed then.
  static func createLink(
    to target: Span<UInt8>, named name: Span<UInt8>, in directory: FileNode
  ) throws(Errno) {
    let node = try make(mode: FileStatus.link | 0o777, in: inode(directory).pointee.volume)
    let inode = inode(node)
    do throws(Errno) {
      let (frame, _) = try makeFrame(of: 0, in: inode)
      // SAFETY: the frame is the inode's, and has room for all bytes of a path.
      let bytes = unsafe P.Memory.pointer(to: frame).assumingMemoryBound(to: UInt8.self)
      for index in target.indices { unsafe bytes[index] = target[index] }
      inode.pointee.size = UInt64(target.count)
      try link(node, as: name, in: directory)
    } catch {
      freeIfUnused(node, inode)
      throw error
    }
  }

  /// Gives an inode a further name, in a directory of its volume that does not have it.
  ///
  /// - Throws: `noEntry` in a directory that was removed, `outOfMemory`.
  static func link(
    _ node: FileNode, as name: Span<UInt8>, in directory: FileNode
  ) throws(Errno) {
    let (inode, parent) = (inode(node), inode(directory))
    guard parent.pointee.links > 0 else { throw .noEntry }
    let record = try makeName(name, of: node, in: directory)
    add(record, to: parent)
    if inode.pointee.isDirectory {
      inode.pointee.links = 2
      parent.pointee.links += 1
    } else {
      inode.pointee.links += 1
    }
    inode.pointee.changeTime = now
  }

  private static func makeName(
    _ name: Span<UInt8>, of node: FileNode, in directory: FileNode
  ) throws(Errno) -> NameReference {
    do { return try P.tree.pointee.names.make(name, in: directory.index, of: node.index) } catch {
      throw Errno(error)
    }
  }

  /// Removes a name. An empty directory has one only; its members "." and ".." do not count.
  static func unlink(_ name: NameReference) {
    let node = FileNode(.tree, UInt32(name.pointee.inode))
    let (inode, parent) = (inode(node), directory(of: name))
    remove(name, from: parent)
    P.tree.pointee.names.free(name)
    if inode.pointee.isDirectory {
      inode.pointee.links = 0
      parent.pointee.links -= 1
    } else {
      inode.pointee.links -= 1
    }
    inode.pointee.changeTime = now
    freeIfUnused(node, inode)
  }

  /// Gives the inode of `old` another name, which replaces `victim`, the present one there.
  ///
  /// - Throws: `noEntry` in a directory that was removed, `outOfMemory`; nothing is changed then.
  static func rename(
    _ old: NameReference, to name: Span<UInt8>, in directory: FileNode,
    replacing victim: NameReference?
  ) throws(Errno) {
    let node = FileNode(.tree, UInt32(old.pointee.inode))
    let (inode, parent, former) = (inode(node), inode(directory), self.directory(of: old))
    guard parent.pointee.links > 0 else { throw .noEntry }
    let record = try makeName(name, of: node, in: directory)
    if let victim { unlink(victim) }
    remove(old, from: former)
    P.tree.pointee.names.free(old)
    add(record, to: parent)
    if inode.pointee.isDirectory {
      former.pointee.links -= 1
      parent.pointee.links += 1
    }
    inode.pointee.changeTime = now
  }

  /// Exchanges what two names lead to.
  static func exchange(_ first: NameReference, _ second: NameReference) {
    let nodes = (UInt32(first.pointee.inode), UInt32(second.pointee.inode))
    let inodes = (inode(FileNode(.tree, nodes.0)), inode(FileNode(.tree, nodes.1)))
    guard nodes.0 != nodes.1 else { return }
    P.tree.pointee.directoryMoves &+= 1  // Whatever they lead to.
    removeAlias(first, of: inodes.0)
    removeAlias(second, of: inodes.1)
    (first.pointee.inode, second.pointee.inode) = (second.pointee.inode, first.pointee.inode)
    addAlias(first, of: inodes.1)
    addAlias(second, of: inodes.0)
    let parents = (directory(of: first), directory(of: second))
    if inodes.0.pointee.isDirectory != inodes.1.pointee.isDirectory {
      let gain: UInt32 = inodes.1.pointee.isDirectory ? 1 : 0
      parents.0.pointee.links = parents.0.pointee.links + gain - (1 - gain)
      parents.1.pointee.links = parents.1.pointee.links + (1 - gain) - gain
    }
    markChange(parents.0)
    markChange(parents.1)
    (inodes.0.pointee.changeTime, inodes.1.pointee.changeTime) = (now, now)
  }

  /// Whether `directory` is `node` or in it, at any depth. Both are kept by the caller, because
  /// there is a preemption point after each 64 levels. If directories were moved or removed there,
  /// the walk begins again.
  ///
  /// - Throws: `interrupted` if the thread is dying.
  static func isInside(_ directory: FileNode, _ node: FileNode) throws(Errno) -> Bool {
    var (position, levels) = (directory, 0)
    var moves = P.tree.pointee.directoryMoves
    while position != node {
      guard let name = name(of: position) else { return false }
      position = FileNode(.tree, UInt32(name.pointee.directory))
      levels &+= 1  // Wrapping: only every 64th level counts.
      guard levels & 63 == 0 else { continue }
      if P.mustEnd() { throw .interrupted }
      guard moves != P.tree.pointee.directoryMoves else { continue }
      (position, moves) = (directory, P.tree.pointee.directoryMoves)
    }
    return true
  }

  /// The directory of a name.
  static func directory(of name: NameReference) -> InodeReference {
    inode(FileNode(.tree, UInt32(name.pointee.directory)))
  }

  /// Makes a new name findable and a member of its directory.
  private static func add(_ name: NameReference, to parent: InodeReference) {
    P.tree.pointee.names.insert(name)
    name.pointee.position = parent.pointee.nextPosition
    parent.pointee.nextPosition += 1
    name.pointee.previousMember = parent.pointee.lastMember
    parent.pointee.lastMember?.pointee.nextMember = name
    parent.pointee.lastMember = name
    if parent.pointee.firstMember == nil { parent.pointee.firstMember = name }
    addAlias(name, of: inode(FileNode(.tree, UInt32(name.pointee.inode))))
    markChange(parent)
  }

  /// Makes a name no longer findable and no member; it must be freed.
  private static func remove(_ name: NameReference, from parent: InodeReference) {
    P.tree.pointee.names.remove(name)
    if inode(FileNode(.tree, UInt32(name.pointee.inode))).pointee.isDirectory {
      P.tree.pointee.directoryMoves &+= 1
    }
    let (previous, next) = (name.pointee.previousMember, name.pointee.nextMember)
    if parent.pointee.cursor == name { parent.pointee.cursor = next }
    if parent.pointee.firstMember == name { parent.pointee.firstMember = next }
    if parent.pointee.lastMember == name { parent.pointee.lastMember = previous }
    previous?.pointee.nextMember = next
    next?.pointee.previousMember = previous
    removeAlias(name, of: inode(FileNode(.tree, UInt32(name.pointee.inode))))
    markChange(parent)
  }

  private static func addAlias(_ name: NameReference, of inode: InodeReference) {
    name.pointee.nextAlias = inode.pointee.firstName
    inode.pointee.firstName = name
  }

  private static func removeAlias(_ name: NameReference, of inode: InodeReference) {
    guard inode.pointee.firstName != name else {
      inode.pointee.firstName = name.pointee.nextAlias
      return
    }
    var position = inode.pointee.firstName
    while let other = position {
      if other.pointee.nextAlias == name {
        other.pointee.nextAlias = name.pointee.nextAlias
        return
      }
      position = other.pointee.nextAlias
    }
  }
}
