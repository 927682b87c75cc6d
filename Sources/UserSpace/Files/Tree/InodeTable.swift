// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: the table's frame, and those of its blocks, belong to the table alone.
/// The inodes of all volumes by number. They are in blocks of a frame each, which are freed when
/// all of their inodes are.
@safe struct InodeTable<CPU: Processor, Memory: PhysicalMemory> {
  /// A block: its frame, and one bit for each inode in use.
  private struct Block {
    var frame = PhysicalFrame(number: 0)
    var used: UInt32 = 0
  }

  /// The number of blocks: as many as fit in a frame.
  private static var blockCount: Int { 512 }
  /// The bits of a block's inodes.
  private static var full: UInt32 {
    let count = min(32, Int(Page.size) / MemoryLayout<Inode>.stride)
    return count == 32 ? .max : 1 << UInt32(count) - 1
  }

  private let pool: FramePool<CPU, Memory>
  private let blocks: RecordTable<Block>
  /// All blocks before this one are full.
  private var firstPartial = 0

  /// An empty table, with a frame of `pool`.
  ///
  /// - Throws: `outOfMemory`.
  init(pool: FramePool<CPU, Memory>) throws(MemoryError) {
    let frame = try pool.allocateCold(zeroed: true)
    self.pool = pool
    blocks = unsafe RecordTable(
      Memory.pointer(to: frame).bindMemory(to: Block.self, capacity: Self.blockCount),
      count: Self.blockCount)
  }

  /// The inode with this number, which is in use.
  @inline(__always)
  subscript(_ number: UInt32) -> InodeReference {
    let block = blocks[Int(number >> 5)]
    precondition(block.used & 1 << (number & 31) != 0, "no such inode")
    return RecordTable(in: block.frame, of: Memory.self).reference(Int(number & 31))
  }

  /// Takes a free number for `inode`.
  ///
  /// - Returns: the number, which is less than 2^14.
  /// - Throws: `noSpace` if all are in use, `outOfMemory`.
  mutating func insert(_ inode: Inode) throws(Errno) -> UInt32 {
    while firstPartial < Self.blockCount, blocks[firstPartial].used == Self.full {
      firstPartial += 1
    }
    guard firstPartial < Self.blockCount else { throw .noSpace }
    let block = blocks.reference(firstPartial)
    if block.pointee.used == 0 {
      do { block.pointee.frame = try pool.allocateCold(zeroed: false) } catch {
        throw Errno(error)
      }
    }
    let bit = (~block.pointee.used).trailingZeroBitCount
    block.pointee.used |= 1 << UInt32(bit)
    RecordTable(in: block.pointee.frame, of: Memory.self)[bit] = inode
    return UInt32(firstPartial * 32 + bit)
  }

  /// Frees the inode with this number.
  mutating func remove(_ number: UInt32) {
    let index = Int(number >> 5)
    let block = blocks.reference(index)
    block.pointee.used &= ~(1 << (number & 31))
    firstPartial = min(firstPartial, index)
    if block.pointee.used == 0 { pool.release(block.pointee.frame) }
  }
}
