// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The file system of the root: the initrd. Node `.max` is the root directory; other nodes are the
/// offset of their header in the archive, or 0 where the initrd is the program itself.
enum Archive<P: FilePlatform>: NodeOperations {
  static func status(_ node: FileNode) -> FileStatus { P.files.status(node) }

  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? {
    P.files.child(of: directory, named: name)
  }

  static func parent(of node: FileNode) -> FileNode { P.files.parent(of: node) }

  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? {
    P.files.member(of: directory, at: position, &name)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("/")
    if let range = P.files.path(of: node) {
      window.bytes(P.files.initrd.text.extracting(range))
    } else if node != .root {
      window.text("init")
    }
  }

  static func writeTarget(of link: FileNode, to window: inout TextWindow) {
    guard let entry = P.files.entry(link) else { return }
    window.bytes(
      P.files.initrd.text.extracting(entry.dataOffset..<entry.dataOffset + entry.dataCount))
  }

  static func seekRange(of node: FileNode) -> SeekRange {
    P.files.isDirectory(node) ? .directory : .file
  }

  static func mapping(of node: FileNode) -> FileMapping {
    P.files.contents(node).map { .contents($0) } ?? .none
  }

  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard let contents = P.files.contents(file.file.node) else { throw .isDirectory }
    guard position < UInt64(contents.count) else { return 0 }
    let start = contents.lowerBound + Int(position)
    let count = min(buffer.count, contents.upperBound - start)
    let done = try buffer.store(P.files.initrd, from: start, count: count)
    position += UInt64(done)
    return done
  }

  /// The file system is read-only, so no file is open for writing.
  static func write(
    _ file: FileReference, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word { throw .badDescriptor }
}
