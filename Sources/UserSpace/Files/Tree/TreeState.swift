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
  /// The file systems by number: as many as fit in a frame.
  let volumes: RecordTable<Volume>
  /// The number of the volume that is mounted on the directory /dev/shm; 0 for none.
  var sharedMemoryMount: UInt8 = 0
  /// The number of the newest mount. That of the root is 1, that of the first in it 20.
  var lastMount: UInt32 = 19
  /// The number that stat reports for the newest inode.
  var lastNumber: UInt32 = 0
  /// How often a directory was moved or removed. Wrapping: a walk is shorter than 2^32 moves.
  var directoryMoves: UInt32 = 0
  /// The kits, whose pages are those of inodes without a name.
  var kits = KitTable()
  /// The bytes of the next path that a call loads; nil while one uses them.
  var pathBytes: FrameBytes<CPU, Memory>?
  /// Whether a volume may be neither mounted nor in use, so that its files are removed.
  var hasAbandonedVolume = false
  /// The first of the inodes whose pages are dropped.
  var firstDropping: FileNode?

  /// A tree without inodes: `FileTree.fill` makes the directories and the files of `initrd`.
  ///
  /// - Throws: `outOfMemory`.
  public init(pool: FramePool<CPU, Memory>, initrd: ImmortalBytes) throws(MemoryError) {
    let frame = try pool.allocateCold(zeroed: false)
    let inodes = try InodeTable(pool: pool)
    let names = try NameIndex(pool: pool)
    pathBytes = try FrameBytes(pool: pool)
    self.pool = pool
    self.initrd = initrd
    self.inodes = inodes
    self.names = names
    volumes = RecordTable(in: frame, of: Memory.self)
    let limits = VolumeLimits(pages: pool.totalCount / 2)
    for number in 0..<volumes.count { volumes[number] = Volume(number, limits) }
  }
}
