// SPDX-License-Identifier: Apache-2.0
// SAFETY: offsets are checked against the header before they are used; the memory is the pool's.
/// An allocator of blocks of any size, in memory that the caller supplies: two-level segregated fit
/// (Masmano, Ripoll, Crespo and Real, "TLSF: a new dynamic memory allocator for real-time systems",
/// 2004). Allocating and freeing take constant time.
///
/// A bitmap with one bit for each 8 bytes marks where memory in use begins. So a pointer that the
/// pool never returned, and a second free, are refused whatever the memory contains. The
/// bookkeeping header is at the start of the memory. The type is a handle, and its copies refer to
/// the same pool. It has no lock: its owner protects it.
///
/// ```
///   0  magic  4 byte count  8 first block  12 end  16 used  20 most used  24 used blocks
///  28  a bit for each row that has a class that is not empty
///  32  for each row, a bit for each class that is not empty
/// 136  first free block of each class        968 changes        972 the bitmap, then the blocks
///
///  block: its bytes, and bit 0 if it is free | the block before it (0: none) | its memory
///  a free one begins with the next and the previous free block of its class (0: none)
/// ```
@safe public struct MemoryPool {
  let words: WordMemory

  enum Layout {
    static let magic: UInt32 = 0x506f_6f6c
    static let byteCount: UInt32 = 4
    static let first: UInt32 = 8
    static let end: UInt32 = 12
    static let used: UInt32 = 16
    static let peak: UInt32 = 20
    static let usedBlocks: UInt32 = 24
    static let rowBitmap: UInt32 = 28
    static let classBitmaps: UInt32 = 32
    static let heads: UInt32 = 136
    /// Counts changes to blocks, so that a walk through them detects one and restarts.
    static let changes: UInt32 = 968
    static let allocationBitmap: UInt32 = 972
    /// The size of a block's header in bytes.
    static let header: UInt32 = 8
    /// The smallest block in bytes.
    static let minimumBlock: UInt32 = 16
  }

  /// Why memory could not be freed, resized or measured; nothing has changed.
  public enum PoolError: Error, Equatable {
    /// The address is not the start of memory that the pool allocated and that is still in use.
    case notInUse
    /// The block's header or the next one's was overwritten.
    case damaged
  }

  /// Creates a pool in memory that is aligned to 8 and stays valid while the pool is used. Returns
  /// nil when the memory is misaligned, too small for one block, or above 1 GiB.
  public init?(in memory: UnsafeMutableRawBufferPointer) {
    guard let start = memory.baseAddress, UInt(bitPattern: start) % 8 == 0,
      memory.count <= 1 << 30, memory.count >= 1024
    else { return nil }
    // SAFETY: the caller passes unused memory.
    words = unsafe WordMemory(start)
    let byteCount = UInt32(memory.count) / 8 * 8
    let bitBytes = (byteCount / 8 + 31) / 32 * 4
    let first = (Layout.allocationBitmap + bitBytes + 7) / 8 * 8
    guard first + Layout.minimumBlock + Layout.header <= byteCount else { return nil }
    words.clear(0, upTo: first)
    words[Layout.byteCount] = byteCount
    words[Layout.first] = first
    words[Layout.end] = byteCount - Layout.header
    // At the end is a block of size 0 that is permanently in use.
    words[byteCount - Layout.header] = 0
    words[byteCount - 4] = first
    words[first] = byteCount - Layout.header - first
    words[first + 4] = 0
    insert(first)
    words[0] = Layout.magic
  }

  /// Opens the pool at `address`, which must be readable; nil when there is none.
  public init?(at address: UnsafeMutableRawPointer) {
    guard UInt(bitPattern: address) % 8 == 0 else { return nil }
    // SAFETY: the caller guarantees that the memory is readable.
    words = unsafe WordMemory(address)
    guard words[0] == Layout.magic else { return nil }
  }

  /// The size of the pool's memory in bytes.
  public var byteCount: UInt32 { words[Layout.byteCount] }

  /// Bytes in use, including the 8-byte header of each block.
  public var usedBytes: UInt32 { words[Layout.used] }

  /// Deletes the pool; `init(at:)` does not find it any more.
  public func delete() { words[0] = 0 }

  /// Allocates at least `byteCount` bytes, aligned to `alignment`, a power of two of at least 8.
  /// Returns nil for 0 bytes or another alignment, and when no size class with a free block
  /// guarantees a fit.
  public func allocate(_ byteCount: UInt32, alignment: UInt32 = 8) -> UnsafeMutableRawPointer? {
    guard byteCount > 0, byteCount < 1 << 30, alignment >= 8, alignment < 1 << 29,
      alignment & (alignment - 1) == 0
    else { return nil }
    let wanted = Self.blockSize(for: byteCount)
    // The block must also have room for a gap before the aligned address; the gap becomes a free
    // block.
    let spare = alignment > 8 ? alignment + Layout.minimumBlock : 0
    guard var block = takeFree(atLeast: wanted + spare) else { return nil }
    if alignment > 8 { block = alignBlock(block, alignment) }
    split(block, to: wanted)
    markUsed(block)
    return unsafe words.address(block + Layout.header)
  }

  /// Frees memory.
  ///
  /// - Throws: `notInUse`, `damaged`.
  public func free(_ address: UnsafeMutableRawPointer) throws(PoolError) {
    let block = try unsafe blockInUse(address)
    words.clearBit((block + Layout.header) / 8, of: Layout.allocationBitmap)
    words[Layout.usedBlocks] -= 1
    account(0, replacing: words[block])
    freeAndMerge(block)
  }

  /// Resizes memory in place. Returns false and changes nothing when there is no room for that.
  ///
  /// - Throws: `notInUse`, `damaged`.
  public func resize(_ address: UnsafeMutableRawPointer, to byteCount: UInt32) throws(PoolError)
    -> Bool
  {
    let block = try unsafe blockInUse(address)
    guard byteCount > 0, byteCount < 1 << 30 else { return false }
    let wanted = Self.blockSize(for: byteCount)
    let old = words[block]
    let after = block + old
    if wanted > old, isFree(after), size(of: after) + old >= wanted {
      remove(after)
      words[block] = old + size(of: after)
      words[block + words[block] + 4] = block
    }
    guard words[block] >= wanted else { return false }
    split(block, to: wanted)
    account(words[block], replacing: old)
    return true
  }

  /// Returns the usable size of the memory at `address` in bytes.
  ///
  /// - Throws: `notInUse`, `damaged`.
  public func capacity(of address: UnsafeMutableRawPointer) throws(PoolError) -> UInt32 {
    try unsafe words[blockInUse(address)] - Layout.header
  }
}
