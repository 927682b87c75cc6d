// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What the calls ask of a file system: about nodes, and about open files (`FileOperations`). The
/// kernel lock is held.
///
/// A new file system is a type with these functions, a case of `FileSystem` with its rows in
/// `Files`, and a case of `VolumeType` if it can be mounted.
protocol NodeOperations: FileOperations {
  /// Counts a user of `node`: an open file, a working directory, the program of a process. The node
  /// stays as long as it has one.
  static func retain(_ node: FileNode)

  /// Ends a use that `retain` counted. The last one frees a node that has no name.
  static func release(_ node: FileNode)

  /// Sets the attributes that stat reports, which are 0, but for those that all files have.
  static func describe(_ node: FileNode, in status: inout FileStatus)

  /// The node named `name` in a directory; nil if there is none.
  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode?

  /// The directory that holds `node`.
  static func parent(of node: FileNode) -> FileNode

  /// The first member of a directory at or after `position`, and the position after it; nil at the
  /// end. Positions begin at 2: those before are "." and "..". Writes the member's name to `name`.
  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)?

  /// Writes the path of `node` from the root of all.
  static func writePath(of node: FileNode, to window: inout TextWindow)

  /// Writes the path to which a symbolic link leads.
  static func writeTarget(of link: FileNode, to window: inout TextWindow)

  /// The node to which a link leads by itself, whatever its path says; nil for a link with a path.
  static func target(of link: FileNode) -> FileNode?

  /// Where seeks in a file may lead.
  static func seekRange(of node: FileNode) -> SeekRange

  /// What mmap maps of a file.
  static func mapping(of node: FileNode) -> FileMapping
}

extension NodeOperations {
  /// Nothing: the nodes of most file systems stay as long as these.
  static func retain(_ node: FileNode) {}

  /// Nothing, as for `retain`.
  static func release(_ node: FileNode) {}

  /// Nothing: most file systems have no symbolic links.
  static func writeTarget(of link: FileNode, to window: inout TextWindow) {}

  /// None: a link leads where its path says.
  static func target(of link: FileNode) -> FileNode? { nil }

  /// Nothing: most files cannot be mapped.
  static func mapping(of node: FileNode) -> FileMapping { .none }
}

/// Where seeks in a file may lead.
enum SeekRange {
  /// There are no positions: the answer is ESPIPE.
  case none
  /// The position is always 0.
  case start
  /// Positions up to `last`. SEEK_END counts from the size, or is EINVAL.
  case upTo(last: Int64, hasEnd: Bool)

  /// The range of a file: Linux's MAX_LFS_FILESIZE on 32 bits.
  static var file: Self { .upTo(last: 0xfff_ffff_f000, hasEnd: true) }
  /// The range of a directory whose positions are numbers of entries.
  static var directory: Self { .upTo(last: .max, hasEnd: false) }
}

/// What mmap maps of a file.
enum FileMapping {
  /// The file cannot be mapped.
  case none
  /// Zeros.
  case zeros
  /// Pages of the file tree (`MappedFiles`).
  case file
  /// A kit, as a whole (`Kits`).
  case kit
}

/// A file name of up to 255 bytes; a longer one is truncated.
struct EntryName: TextSink {
  var buffer = InlineArray<255, UInt8>(repeating: 0)
  var count = 0

  @inline(never)
  mutating func put(_ byte: UInt8) {
    guard count < 255 else { return }
    buffer[count] = byte
    count += 1
  }
}
