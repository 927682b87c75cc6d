/// Looking at all of a pool: figures, and whether its books are whole. Both walk through every block.
extension MemoryPool {
  /// What is known about a pool; bytes count with the 8 that stand in front of each block.
  public struct Statistics: Equatable, Sendable {
    /// Bytes in use, and the most there ever were.
    public internal(set) var used: UInt32 = 0, peak: UInt32 = 0
    /// Bytes that are free, and in the largest free block.
    public internal(set) var free: UInt32 = 0, largestFree: UInt32 = 0
    /// Blocks in use, and free ones.
    public internal(set) var usedBlocks: UInt32 = 0, freeBlocks: UInt32 = 0
  }

  /// The figures of now.
  public var statistics: Statistics {
    var result = Statistics()
    result.used = words[Layout.used]
    result.peak = words[Layout.peak]
    result.usedBlocks = words[Layout.usedBlocks]
    var block = words[Layout.first]
    while block < words[Layout.end], size(of: block) > 0 {
      if isFree(block) {
        result.free += size(of: block)
        result.largestFree = max(result.largestFree, size(of: block))
        result.freeBlocks += 1
      }
      block += size(of: block)
    }
    return result
  }

  /// Bytes that the pool was made of.
  public var byteCount: UInt32 { words[Layout.byteCount] }

  /// The offset of the first block whose books do not agree with the others; nil when all do.
  public func firstFlaw() -> UInt32? {
    let end = words[Layout.end]
    var (block, before) = (words[Layout.first], UInt32(0))
    var (used, blocks, free) = (UInt32(0), UInt32(0), UInt32(0))
    while block < end {
      let bytes = size(of: block)
      guard bytes % 8 == 0, bytes >= Layout.least, bytes <= end - block, words[block + 4] == before
      else { return block }
      let isMarked = words.hasBit((block + Layout.header) / 8, of: Layout.bits)
      guard isMarked != isFree(block) else { return block }
      if isFree(block) {
        guard before == 0 || !isFree(before), isLinked(block) else { return block }
        free += 1
      } else {
        used += bytes
        blocks += 1
      }
      (before, block) = (block, block + bytes)
    }
    guard words[end] == 0, words[end + 4] == before, used == words[Layout.used],
      blocks == words[Layout.usedBlocks], free == listedBlocks(atMost: free)
    else { return end }
    return nil
  }

  /// Whether a free block's neighbours in its class lead back to it.
  private func isLinked(_ block: UInt32) -> Bool {
    let (behind, before) = (words[block + 8], words[block + 12])
    let head = Layout.heads + Self.sizeClass(size(of: block)) * 4
    guard isPlace(behind), isPlace(before) else { return false }
    if behind != 0, words[behind + 12] != block { return false }
    return before == 0 ? words[head] == block : words[before + 8] == block
  }

  /// True for the end of a list and for where a block could be.
  private func isPlace(_ block: UInt32) -> Bool {
    block == 0 || block % 8 == 0 && block >= words[Layout.first] && block < words[Layout.end]
  }

  /// How many blocks stand in all classes; counting ends above `most`.
  private func listedBlocks(atMost most: UInt32) -> UInt32 {
    var count: UInt32 = 0
    var head = Layout.heads
    while head < Layout.bits {
      var block = words[head]
      while block != 0, count <= most {
        guard isPlace(block) else { return .max }
        count += 1
        block = words[block + 8]
      }
      head += 4
    }
    return count
  }
}
