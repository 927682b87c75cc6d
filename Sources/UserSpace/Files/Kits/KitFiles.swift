// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// The file system /dev/kits: a file for each kit, which can be mapped and not read. Node 0 is the
/// directory; node n + 1 is kit n.
enum KitFiles<P: FilePlatform>: NodeOperations {
  /// The directory.
  static var directory: FileNode { FileNode(.kits, 0) }

  /// The number of the kit at a node that is not the directory.
  @inline(__always)
  static func number(of node: FileNode) -> Int { Int(node.index) - 1 }

  private static func node(_ number: Int) -> FileNode { FileNode(.kits, UInt32(number) + 1) }

  static func describe(_ node: FileNode, in status: inout FileStatus) {
    guard node != directory else {
      return status.set(mode: FileStatus.directory | 0o755, links: 2, inode: 1, deviceMinor: 11)
    }
    let kit = Kits<P>.kit(node)
    let pages = kit.pointee.image.pageCount
    status.set(
      mode: FileStatus.regular | kit.pointee.image.mode, inode: node.index + 1, deviceMinor: 11)
    status.size = UInt64(pages) * UInt64(Page.size)
    status.blocks = pages * 8
  }

  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? {
    for number in 0..<P.tree.pointee.kits.count
    where P.tree.pointee.kits[number].pointee.image.name.isEqual(to: name) {
      return node(number)
    }
    return nil
  }

  static func parent(of node: FileNode) -> FileNode {
    node == directory ? FileNode(.devices, 0) : directory
  }

  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    // A program may seek anywhere.
    guard position - 2 < UInt64(P.tree.pointee.kits.count) else { return nil }
    let number = Int(position) - 2
    P.tree.pointee.kits[number].pointee.image.name.write(to: &name)
    return (node(number), position + 1)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    FileTree<P>.writePlace(of: FileTree<P>.volume(of: node), to: &window)
    window.text("/kits")
    guard node != directory else { return }
    window.text("/")
    Kits<P>.kit(node).pointee.image.name.write(to: &window)
  }

  static func seekRange(of node: FileNode) -> SeekRange {
    node == directory ? .directory : .start
  }

  static func mapping(of node: FileNode) -> FileMapping { node == directory ? .none : .kit }

  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word { throw file.file.node == directory ? .isDirectory : .invalid }

  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word { throw .invalid }
}
