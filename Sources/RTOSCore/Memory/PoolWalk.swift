// SPDX-License-Identifier: Apache-2.0
/// A walk through all blocks of a pool, for its statistics and an integrity check.
///
/// It visits a few blocks at a time, so that the pool's lock, under which interrupts are masked,
/// can be released in between. The caller repeats `advance` with the lock held until it returns
/// true. If the pool has changed meanwhile, the walk restarts. The restart number `maxStarts` runs
/// to the end in one step, so that the walk terminates.
public struct PoolWalk {
  /// Statistics of a pool; bytes include the 8-byte header of each block.
  public struct Statistics: Equatable, Sendable {
    /// Bytes in use, and the most that were ever in use.
    public internal(set) var used: UInt32 = 0, peak: UInt32 = 0
    /// Free bytes, and those of the largest free block.
    public internal(set) var free: UInt32 = 0, largestFree: UInt32 = 0
    /// The numbers of blocks in use and of free ones.
    public internal(set) var usedBlocks: UInt32 = 0, freeBlocks: UInt32 = 0
  }

  /// The statistics; complete when the walk has ended without a flaw.
  public private(set) var statistics = Statistics()
  /// The offset of the first block that is inconsistent with the others; nil without one.
  public private(set) var inconsistency: UInt32?

  /// Blocks, or entries of free lists, that one step visits; the number of starts after which a
  /// step runs to the end.
  static var stride: Int { 16 }
  static var maxStarts: Int { 8 }

  private typealias Layout = MemoryPool.Layout
  private var starts = 0
  /// The pool's change count when the walk started.
  private var changes: UInt32 = 0
  private var block: UInt32 = 0
  private var before: UInt32 = 0
  /// After the blocks: the next class, the next block in its free list, and how many were counted.
  private var head = MemoryPool.Layout.heads
  private var listed: UInt32 = 0
  private var listedCount: UInt32 = 0

  /// Creates a walk that has not started.
  public init() {}

  /// Visits the next blocks. Returns true when the walk is complete; `statistics` and
  /// `inconsistency` are final then. The pool's lock is held.
  @inline(never)
  public mutating func advance(in pool: MemoryPool) -> Bool {
    if starts == 0 || changes != pool.words[Layout.changes] { begin(in: pool) }
    var left = starts < Self.maxStarts ? Self.stride : .max
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
    let beginnings = self.starts + 1
    self = PoolWalk()
    self.starts = beginnings
    changes = pool.words[Layout.changes]
    block = pool.words[Layout.first]
    statistics.peak = pool.words[Layout.peak]
  }

  private mutating func fail(_ offset: UInt32) -> Bool {
    inconsistency = offset
    return true
  }

  /// Counts the block and moves to the next; false when its header is inconsistent.
  private mutating func passBlock(of pool: MemoryPool) -> Bool {
    let bytes = pool.size(of: block)
    guard bytes % 8 == 0, bytes >= Layout.minimumBlock, bytes <= pool.words[Layout.end] - block,
      pool.words[block + 4] == before
    else { return false }
    let isMarked = pool.words.hasBit((block + Layout.header) / 8, of: Layout.allocationBitmap)
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

  /// Counts the next block of a free list, or moves to the next class. Returns false for an invalid
  /// offset, or when the lists hold more blocks than are free.
  private mutating func passListed(in pool: MemoryPool) -> Bool {
    if listed == 0 {
      listed = pool.words[head]
      head += 4
    } else {
      guard listedCount < statistics.freeBlocks else { return false }
      listedCount += 1
      listed = pool.words[listed + 8]
    }
    return isValidOffset(listed, in: pool)
  }

  private func areSumsRight(in pool: MemoryPool) -> Bool {
    let end = pool.words[Layout.end]
    return pool.words[end] == 0 && pool.words[end + 4] == before
      && statistics.used == pool.usedBytes
      && statistics.usedBlocks == pool.words[Layout.usedBlocks]
      && listedCount == statistics.freeBlocks
  }

  /// True when a free block's neighbours in its class link back to it.
  private func isLinked(in pool: MemoryPool) -> Bool {
    let (after, before) = (pool.words[block + 8], pool.words[block + 12])
    let head = Layout.heads + MemoryPool.sizeClass(pool.size(of: block)) * 4
    guard isValidOffset(after, in: pool), isValidOffset(before, in: pool) else { return false }
    if after != 0, pool.words[after + 12] != block { return false }
    return before == 0 ? pool.words[head] == block : pool.words[before + 8] == block
  }

  /// True for 0, the end of a list, and for an offset where a block may be.
  private func isValidOffset(_ block: UInt32, in pool: MemoryPool) -> Bool {
    block == 0
      || block % 8 == 0 && block >= pool.words[Layout.first] && block < pool.words[Layout.end]
  }
}
