// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: the table's frame, and those of its blocks, belong to the table alone.
/// The inodes of all volumes by number. They are in blocks of a frame each, which are freed when
/// all of their inodes are.
@safe struct InodeTable<CPU: Processor, Memory: PhysicalMemory> {
  /// The head of a block, in front of its inodes: its frame, and one bit for each inode in use.
  private struct Block {
    let frame: PhysicalFrame
    var used: UInt32 = 0
  }

  /// The number of blocks.
  private static var blockCount: Int { 512 }
  /// Where the inodes begin in a block.
  private static var start: Int { 16 }
  /// The bits of a block's inodes.
  private static var full: UInt32 {
    let count = min(32, (Int(Page.size) - start) / MemoryLayout<Inode>.stride)
    return count == 32 ? .max : 1 << UInt32(count) - 1
  }

  private let pool: FramePool<CPU, Memory>
  /// The blocks by number; nil for those without inodes.
  private let blocks: RecordTable<RecordReference<Block>?>
  /// All blocks before this one are full.
  private var firstPartial = 0

  /// An empty table, with a frame of `pool`.
  ///
  /// - Throws: `outOfMemory`.
  init(pool: FramePool<CPU, Memory>) throws(MemoryError) {
    let frame = try pool.allocateCold(zeroed: true)
    self.pool = pool
    blocks = RecordTable(in: frame, of: Memory.self)
  }

  /// The inode with this number, which is in use.
  @inline(__always)
  subscript(_ number: UInt32) -> InodeReference {
    guard let block = blocks[Int(number >> 5)], block.pointee.used & 1 << (number & 31) != 0 else {
      preconditionFailure("no such inode")
    }
    return Self.inode(Int(number & 31), of: block)
  }

  // SAFETY: the inodes are behind the head of their block, whose frame has room for them.
  @inline(__always)
  private static func inode(_ index: Int, of block: RecordReference<Block>) -> InodeReference {
    unsafe RecordReference(
      at: (UnsafeMutableRawPointer(block.address) + start).assumingMemoryBound(to: Inode.self)
        + index)
  }

  /// Takes a free number for `inode`.
  ///
  /// - Returns: the number, which is less than 2^14.
  /// - Throws: `noSpace` if all are in use, `outOfMemory`.
  mutating func insert(_ inode: Inode) throws(Errno) -> UInt32 {
    while firstPartial < Self.blockCount, blocks[firstPartial]?.pointee.used == Self.full {
      firstPartial += 1
    }
    guard firstPartial < Self.blockCount else { throw .noSpace }
    let block: RecordReference<Block>
    if let present = blocks[firstPartial] { block = present } else { block = try makeBlock() }
    let bit = (~block.pointee.used).trailingZeroBitCount
    block.pointee.used |= 1 << UInt32(bit)
    Self.inode(bit, of: block).pointee = inode
    return UInt32(firstPartial * 32 + bit)
  }

  /// Makes the block `firstPartial`, without inodes.
  private func makeBlock() throws(Errno) -> RecordReference<Block> {
    do throws(MemoryError) {
      let frame = try pool.allocateCold(zeroed: false)
      let block = RecordTable<Block>(in: frame, of: Memory.self).reference(0)
      block.pointee = Block(frame: frame)
      blocks[firstPartial] = block
      return block
    } catch { throw Errno(error) }
  }

  /// Frees the inode with this number.
  mutating func remove(_ number: UInt32) {
    let index = Int(number >> 5)
    guard let block = blocks[index] else { return }
    block.pointee.used &= ~(1 << (number & 31))
    firstPartial = min(firstPartial, index)
    guard block.pointee.used == 0 else { return }
    blocks[index] = nil
    pool.release(block.pointee.frame)
  }
}
