// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Look-ups: from a name to its node, and from a node to its names.
extension FileTree {
  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? {
    entry(of: directory, named: name, NameHash(of: name))?.node
  }

  /// The node named `name`, with this hash, in a directory, and its type bits (S_IFMT); nil if there
  /// is none.
  @inline(never)
  static func entry(
    of directory: FileNode, named name: Span<UInt8>, _ hash: NameHash
  ) -> (node: FileNode, type: UInt32)? {
    guard let found = P.tree.pointee.names.find(name, hash, in: directory.index) else { return nil }
    let node = FileNode(.tree, UInt32(found.pointee.inode))
    let inode = P.tree.pointee.inodes[node.index]
    // What is mounted on a directory is one, too.
    return (covering(node, inode), inode.pointee.type)
  }

  /// The root of the file system that is mounted on `node`; `node` itself for any other.
  @inline(__always)
  private static func covering(_ node: FileNode) -> FileNode { covering(node, inode(node)) }

  @inline(__always)
  private static func covering(_ node: FileNode, _ inode: InodeReference) -> FileNode {
    let mount = inode.pointee.mount
    guard mount != 0, let root = P.tree.pointee.volumes[Int(mount)].root else { return node }
    return root
  }

  /// The name of a directory; nil for the root of a volume and for one that was removed.
  @inline(__always)
  static func name(of node: FileNode) -> NameReference? { inode(node).pointee.firstName }

  static func parent(of node: FileNode) -> FileNode {
    guard let name = name(of: node) else { return parent(ofRoot: node) }
    return covering(FileNode(.tree, UInt32(name.pointee.directory)))
  }

  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    let inode = inode(directory)
    // Listings go on where they ended; any other position is looked for.
    var found = inode.pointee.cursor
    if found.map({ $0.pointee.previousMember?.pointee.position ?? 0 >= position }) ?? true {
      found = inode.pointee.firstMember
    }
    while let member = found, member.pointee.position < position {
      found = member.pointee.nextMember
    }
    inode.pointee.cursor = found
    guard let member = found else { return nil }
    inode.pointee.cursor = member.pointee.nextMember
    name.bytes(member.text)
    return (
      covering(FileNode(.tree, UInt32(member.pointee.inode))), member.pointee.position + 1
    )
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    let start = window.length
    writePlace(of: volume(of: node), to: &window)  // A few volumes at most are in one another.
    writeComponents(of: node, to: &window)
    if window.length == start { window.text("/") }
    if inode(node).pointee.links == 0 { window.text(" (deleted)") }
  }

  /// The most names that are looked at on the way up from a node. More make a path of at least 4,096
  /// bytes, which no call returns (PATH_MAX).
  static var greatestDepth: Int { 2048 }

  /// Writes the names from the root of the volume to `node`, each after a slash; of more than
  /// `greatestDepth`, those nearest to `node`. The names are linked upwards: every 16th one is noted
  /// on the way up, and those between two notes are written at a time.
  @inline(never)
  private static func writeComponents(of node: FileNode, to window: inout TextWindow) {
    var notes = InlineArray<128, NameReference?>(repeating: nil)
    var depth = 0
    var position = name(of: node)
    while let name = position, depth < greatestDepth {
      if depth % 16 == 0 { notes[depth / 16] = name }
      depth += 1
      position = self.name(of: FileNode(.tree, UInt32(name.pointee.directory)))
    }
    while depth > 0 {
      let note = (depth - 1) / 16
      var names = InlineArray<16, NameReference?>(repeating: nil)
      position = notes[note]
      for level in 0..<depth - note * 16 {
        guard let name = position else { break }
        names[level] = name
        position = self.name(of: FileNode(.tree, UInt32(name.pointee.directory)))
      }
      for level in names.indices.reversed() {
        guard let name = names[level] else { continue }
        window.text("/")
        window.bytes(name.text)
      }
      depth = note * 16
    }
  }

  static func writeTarget(of link: FileNode, to window: inout TextWindow) {
    let inode = inode(link)
    if let frame = inode.pointee.pages.frame(of: 0, P.Memory.self) {
      // SAFETY: the frame is the inode's, and has the whole target.
      unsafe window.bytes(
        Span(
          _unsafeStart: P.Memory.pointer(to: frame).assumingMemoryBound(to: UInt8.self),
          count: Int(inode.pointee.size)))
    } else {
      window.bytes(P.tree.pointee.initrd.text.extracting(archivedRange(of: inode.pointee)))
    }
  }
}
