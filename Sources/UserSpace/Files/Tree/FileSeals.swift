// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// What a file refuses for good (memfd_create(2), fcntl's F_ADD_SEALS).
struct FileSeals: OptionSet {
  /// The bits as fcntl has them.
  let rawValue: UInt8

  /// Further seals. Every file has it but those of memfd_create with MFD_ALLOW_SEALING.
  static var further: Self { Self(rawValue: 1) }
  /// A smaller size, and a greater one.
  static var shrinking: Self { Self(rawValue: 2) }
  static var growing: Self { Self(rawValue: 4) }
  /// Writes and mappings that may write. `writing` also says that there are no such mappings.
  static var writing: Self { Self(rawValue: 8) }
  static var newWriting: Self { Self(rawValue: 16) }
  static var anyWriting: Self { Self(rawValue: 24) }
  static var all: Self { Self(rawValue: 31) }
}

/// The seals of files.
extension FileTree {
  /// Adds seals to a regular file.
  ///
  /// - Throws: `notPermitted` if it refuses further ones; `busy` for `writing` as long as a mapping
  ///   or a call may write.
  static func addSeals(_ seals: FileSeals, to node: FileNode) throws(Errno) {
    let inode = inode(node)
    let present = inode.pointee.seals
    guard !present.contains(.further) else { throw .notPermitted }
    guard !seals.subtracting(present).contains(.writing) || inode.pointee.writers == 0 else {
      throw .busy
    }
    inode.pointee.seals.formUnion(seals)
  }

  /// Checks that a file may have `size` bytes.
  ///
  /// - Throws: `notPermitted`.
  static func checkSize(_ size: UInt64, of inode: InodeReference) throws(Errno) {
    let (old, seals) = (inode.pointee.size, inode.pointee.seals)
    guard size >= old || !seals.contains(.shrinking), size <= old || !seals.contains(.growing)
    else { throw .notPermitted }
  }

  /// Checks that the rest of a write, `count` bytes, may change the page at `position`. As on
  /// Linux, a page may change as a whole or not at all, and a bad address is found first.
  ///
  /// - Throws: `notPermitted`, `badAddress`.
  static func checkWrite(
    _ rest: UserBuffer<P>, at position: UInt64, to inode: InodeReference
  ) throws(Errno) {
    let seals = inode.pointee.seals
    // A position is far below the greatest number, and a call moves less than 2^31 bytes.
    let end = min(position + UInt64(rest.count + rest.following), (position | 4095) + 1)
    guard seals.isDisjoint(with: .anyWriting),
      end <= inode.pointee.size || !seals.contains(.growing)
    else {
      var byte: UInt8 = 0
      try rest.part(from: 0, count: 1).load(to: &byte)
      throw .notPermitted
    }
  }
}
