// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// All that the file tree consists of, besides the pages of files. The kernel lock protects it.
public struct TreeState<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  /// Where all frames of the tree come from.
  let pool: FramePool<CPU, Memory>
  /// The initrd, in which the files of the archive stay until they are written.
  let initrd: ImmortalBytes
  var inodes: InodeTable<CPU, Memory>
  var names: NameIndex<CPU, Memory>
  var volumes: InlineArray<4, Volume>
  /// The number that stat reports for the newest inode.
  var lastNumber: UInt32 = 0
  /// How often a directory was moved or removed. Wrapping: a walk is shorter than 2^32 moves.
  var directoryMoves: UInt32 = 0
  /// The kits, whose pages are those of inodes without a name.
  var kits = KitTable()
  /// The bytes of the next path that a call loads; nil while one uses them.
  var pathBytes: FrameBytes<CPU, Memory>?
  /// The first of the inodes whose pages are dropped.
  var firstDropping: FileNode?

  /// A tree without inodes: `FileTree.fill` makes the directories and the files of `initrd`.
  ///
  /// - Throws: `outOfMemory`.
  public init(pool: FramePool<CPU, Memory>, initrd: ImmortalBytes) throws(MemoryError) {
    let inodes = try InodeTable(pool: pool)
    let names = try NameIndex(pool: pool)
    pathBytes = try FrameBytes(pool: pool)
    self.pool = pool
    self.initrd = initrd
    self.inodes = inodes
    self.names = names
    volumes = InlineArray(repeating: Volume(limit: pool.totalCount / 2))
  }
}

/// A part of the tree with a limit of its own: the root file system, /tmp, /run or /dev/shm, as the
/// tmpfs of Linux.
struct Volume {
  /// The most pages, and the most inodes: half of the frames of the machine.
  let limit: UInt32
  var pages: UInt32 = 0
  var inodes: UInt32 = 0

  /// An empty volume.
  init(limit: UInt32) { self.limit = limit }
}

/// What is mounted in the root directory.
enum Mount: UInt8 {
  case none, devices, proc, temporary, run, system

  /// The root of the mounted file system. The inode of a volume's root has the volume's number.
  @inline(__always)
  var root: FileNode {
    switch self {
    case .none: .root
    case .devices: FileNode(.devices, 0)
    case .proc: FileNode(.proc, 0)
    case .temporary: FileNode(.tree, 1)
    case .run: FileNode(.tree, 2)
    case .system: FileNode(.proc, ProcRow.system + 1)
    }
  }

  /// The name of the directory.
  @inline(__always)
  var name: StaticString {
    switch self {
    case .none: ""
    case .devices: "dev"
    case .proc: "proc"
    case .temporary: "tmp"
    case .run: "run"
    case .system: "sys"
    }
  }
}
