// SPDX-License-Identifier: Apache-2.0
/// A walk through all blocks of a pool, for its figures and to see whether its books are whole.
///
/// It goes a few blocks at a time, so that the pool's lock, under which interrupts are masked, can be
/// let go in between: `advance` until it returns true, each time with the lock held. When the pool has
/// changed meanwhile it begins again; after `patience` beginnings it goes to the end at once, so that it
/// does end.
public struct PoolWalk {
  /// What is known about a pool; bytes count with the 8 that stand in front of each block.
  public struct Statistics: Equatable, Sendable {
    /// Bytes in use, and the most there ever were.
    public internal(set) var used: UInt32 = 0, peak: UInt32 = 0
    /// Bytes that are free, and in the largest free block.
    public internal(set) var free: UInt32 = 0, largestFree: UInt32 = 0
    /// Blocks in use, and free ones.
    public internal(set) var usedBlocks: UInt32 = 0, freeBlocks: UInt32 = 0
  }

  /// The figures; whole when the walk is over and found no flaw.
  public private(set) var statistics = Statistics()
  /// The offset of the first block whose books do not agree with the others.
  public private(set) var flaw: UInt32?

  /// Blocks, or places of a list, in one step.
  static var stride: Int { 16 }
  static var patience: Int { 8 }

  private typealias Layout = MemoryPool.Layout
  private var beginnings = 0
  /// The pool's count of changes when it began.
  private var changes: UInt32 = 0
  private var block: UInt32 = 0
  private var before: UInt32 = 0
  /// Behind the blocks: the next class, the next block in its list, and how many stood in lists.
  private var head = MemoryPool.Layout.heads
  private var listed: UInt32 = 0
  private var listedCount: UInt32 = 0

  /// A walk that has not begun.
  public init() {}

  /// Goes on; true when it is over, with the figures and the flaw, if there is one.
  @inline(never)
  public mutating func advance(in pool: MemoryPool) -> Bool {
    if beginnings == 0 || changes != pool.words[Layout.changes] { begin(in: pool) }
    var left = beginnings < Self.patience ? Self.stride : .max
    while left > 0 {
      left -= 1
      if block < pool.words[Layout.end] {
        guard passBlock(of: pool) else { return fail(block) }
      } else if head < Layout.changes || listed != 0 {
        guard passListed(in: pool) else { return fail(pool.words[Layout.end]) }
      } else {
        return areSumsRight(in: pool) ? true : fail(pool.words[Layout.end])
      }
    }
    return false
  }

  private mutating func begin(in pool: MemoryPool) {
    let beginnings = self.beginnings + 1
    self = PoolWalk()
    self.beginnings = beginnings
    changes = pool.words[Layout.changes]
    block = pool.words[Layout.first]
    statistics.peak = pool.words[Layout.peak]
  }

  private mutating func fail(_ place: UInt32) -> Bool {
    flaw = place
    return true
  }

  /// Counts the block and goes behind it; false when its books are wrong.
  private mutating func passBlock(of pool: MemoryPool) -> Bool {
    let bytes = pool.size(of: block)
    guard bytes % 8 == 0, bytes >= Layout.least, bytes <= pool.words[Layout.end] - block,
      pool.words[block + 4] == before
    else { return false }
    let isMarked = pool.words.hasBit((block + Layout.header) / 8, of: Layout.bits)
    guard isMarked != pool.isFree(block) else { return false }
    if pool.isFree(block) {
      guard before == 0 || !pool.isFree(before), isLinked(in: pool) else { return false }
      statistics.free += bytes
      statistics.largestFree = max(statistics.largestFree, bytes)
      statistics.freeBlocks += 1
    } else {
      statistics.used += bytes
      statistics.usedBlocks += 1
    }
    (before, block) = (block, block + bytes)
    return true
  }

  /// Counts the next block that stands in a class, or goes to the next class; false where no block
  /// could be, or when there are more than free ones.
  private mutating func passListed(in pool: MemoryPool) -> Bool {
    if listed == 0 {
      listed = pool.words[head]
      head += 4
    } else {
      guard listedCount < statistics.freeBlocks else { return false }
      listedCount += 1
      listed = pool.words[listed + 8]
    }
    return isPlace(listed, in: pool)
  }

  private func areSumsRight(in pool: MemoryPool) -> Bool {
    let end = pool.words[Layout.end]
    return pool.words[end] == 0 && pool.words[end + 4] == before
      && statistics.used == pool.usedBytes
      && statistics.usedBlocks == pool.words[Layout.usedBlocks]
      && listedCount == statistics.freeBlocks
  }

  /// Whether a free block's neighbours in its class lead back to it.
  private func isLinked(in pool: MemoryPool) -> Bool {
    let (behind, before) = (pool.words[block + 8], pool.words[block + 12])
    let head = Layout.heads + MemoryPool.sizeClass(pool.size(of: block)) * 4
    guard isPlace(behind, in: pool), isPlace(before, in: pool) else { return false }
    if behind != 0, pool.words[behind + 12] != block { return false }
    return before == 0 ? pool.words[head] == block : pool.words[before + 8] == block
  }

  /// True for the end of a list and for where a block could be.
  private func isPlace(_ block: UInt32, in pool: MemoryPool) -> Bool {
    block == 0
      || block % 8 == 0 && block >= pool.words[Layout.first] && block < pool.words[Layout.end]
  }
}
