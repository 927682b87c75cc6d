// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The operations of files without names, which calls make: their node is a number, and all else
/// belongs to the open file (Linux's anonymous inodes).
protocol ObjectOperations: NodeOperations {}

extension ObjectOperations {
  static func describe(_ node: FileNode, in status: inout FileStatus) {
    status.set(mode: 0o600, inode: node.index, deviceMinor: 9)
  }

  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? { nil }

  static func parent(of node: FileNode) -> FileNode { .root }

  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? { nil }

  static func seekRange(of node: FileNode) -> SeekRange { .start }

  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word { throw .invalid }

  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word { throw .invalid }
}
