// SPDX-License-Identifier: Apache-2.0
// SAFETY: offsets are checked against the header before they are used; the memory is the pool's.
/// Blocks and the classes of free ones. All operations are arithmetic on offsets, without loops.
extension MemoryPool {
  /// Returns the size of a block whose memory has room for `byteCount` bytes.
  static func blockSize(for byteCount: UInt32) -> UInt32 {
    Layout.header + (byteCount + 7) / 8 * 8
  }

  /// Returns the class of blocks of a size, as row times 8 plus column: 8 classes between two
  /// powers of two.
  static func sizeClass(_ bytes: UInt32) -> UInt32 {
    let units = bytes / 8
    guard units >= 8 else { return units }
    let power = 31 - UInt32(units.leadingZeroBitCount)
    return (power - 2) * 8 + (units >> (power - 3)) & 7
  }

  /// The size of a block in bytes, free or not.
  func size(of block: UInt32) -> UInt32 { words[block] & ~1 }

  /// True for a free block.
  func isFree(_ block: UInt32) -> Bool { words[block] & 1 != 0 }

  /// Returns the block in use whose memory begins at `address`.
  ///
  /// - Throws: `notInUse`, `damaged`.
  func blockInUse(_ address: UnsafeMutableRawPointer) throws(PoolError) -> UInt32 {
    guard let offset = unsafe words.offset(of: address), offset % 8 == 0,
      offset >= words[Layout.first] + Layout.header, offset < words[Layout.end],
      words.hasBit(offset / 8, of: Layout.allocationBitmap)
    else { throw .notInUse }
    let block = offset - Layout.header
    let size = words[block]
    guard size % 8 == 0, size >= Layout.minimumBlock, size <= words[Layout.end] - block,
      words[block + size + 4] == block
    else { throw .damaged }
    return block
  }

  /// Marks a block that is in no class as free and adds it to its class.
  func insert(_ block: UInt32) {
    let sizeClass = Self.sizeClass(size(of: block))
    let head = Layout.heads + sizeClass * 4
    let after = words[head]
    words[block] |= 1
    words[block + 8] = after
    words[block + 12] = 0
    if after != 0 { words[after + 12] = block }
    words[head] = block
    words[Layout.classBitmaps + sizeClass / 8 * 4] |= 1 << (sizeClass % 8)
    words[Layout.rowBitmap] |= 1 << (sizeClass / 8)
  }

  /// Removes a free block from its class and marks it as in use.
  func remove(_ block: UInt32) {
    words[block] &= ~1
    let sizeClass = Self.sizeClass(words[block])
    let (after, before) = (words[block + 8], words[block + 12])
    if after != 0 { words[after + 12] = before }
    guard before == 0 else {
      words[before + 8] = after
      return
    }
    words[Layout.heads + sizeClass * 4] = after
    guard after == 0 else { return }
    words[Layout.classBitmaps + sizeClass / 8 * 4] &= ~(1 << (sizeClass % 8))
    if words[Layout.classBitmaps + sizeClass / 8 * 4] == 0 {
      words[Layout.rowBitmap] &= ~(1 << (sizeClass / 8))
    }
  }

  /// Removes and returns the first free block of the smallest class whose blocks are all large
  /// enough; nil when there is none.
  func takeFree(atLeast bytes: UInt32) -> UInt32? {
    var rounded = bytes
    if bytes >= 64 {
      let power = 31 - UInt32(bytes.leadingZeroBitCount)
      rounded += 1 << (power - 3) - 1
      guard rounded < 1 << 30 else { return nil }
    }
    let sizeClass = Self.sizeClass(rounded)
    var row = sizeClass / 8
    var columns = words[Layout.classBitmaps + row * 4] & (0xff << (sizeClass % 8))
    if columns == 0 {
      let rows = words[Layout.rowBitmap] & (.max << (row + 1))
      guard rows != 0 else { return nil }
      row = UInt32(rows.trailingZeroBitCount)
      columns = words[Layout.classBitmaps + row * 4]
    }
    let block = words[Layout.heads + (row * 8 + UInt32(columns.trailingZeroBitCount)) * 4]
    remove(block)
    return block
  }

  /// Frees the start of a block in use so that the memory of the rest is aligned; returns the rest.
  func alignBlock(_ block: UInt32, _ alignment: UInt32) -> UInt32 {
    // SAFETY: only the address is used, nothing is accessed.
    let start = unsafe UInt(bitPattern: words.address(block + Layout.header))
    var gap = UInt32(truncatingIfNeeded: 0 &- start) & (alignment - 1)  // Wrapping: up to the next.
    if gap == 0 { return block }
    if gap < Layout.minimumBlock { gap += alignment }
    let rest = block + gap
    words[rest] = words[block] - gap
    words[rest + 4] = block
    words[rest + words[rest] + 4] = rest
    words[block] = gap
    insert(block)
    return rest
  }

  /// Shrinks a block in use to `bytes` and frees the rest, if that is large enough for a block.
  func split(_ block: UInt32, to bytes: UInt32) {
    let left = words[block] - bytes
    guard left >= Layout.minimumBlock else { return }
    let rest = block + bytes
    words[block] = bytes
    words[rest] = left
    words[rest + 4] = block
    words[rest + left + 4] = rest
    freeAndMerge(rest)
  }

  /// Frees a block in use and merges it with its free neighbours.
  func freeAndMerge(_ block: UInt32) {
    var block = block
    var size = words[block]
    let after = block + size
    if isFree(after) {
      remove(after)
      size += words[after]
    }
    let before = words[block + 4]
    if before != 0, isFree(before) {
      remove(before)
      size += words[before]
      block = before
    }
    words[block] = size
    words[block + size + 4] = block
    insert(block)
  }

  /// Records a block as in use.
  func markUsed(_ block: UInt32) {
    words.setBit((block + Layout.header) / 8, of: Layout.allocationBitmap)
    words[Layout.usedBlocks] += 1
    account(words[block], replacing: 0)
  }

  /// Accounts a change of the bytes in use from `old` to `bytes`.
  func account(_ bytes: UInt32, replacing old: UInt32) {
    words[Layout.used] = words[Layout.used] - old + bytes
    words[Layout.changes] &+= 1  // Wrapping: no walk lasts for 2^32 changes.
    words[Layout.peak] = max(words[Layout.peak], words[Layout.used])
  }
}
