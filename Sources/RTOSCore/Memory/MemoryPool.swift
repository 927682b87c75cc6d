// SPDX-License-Identifier: Apache-2.0
// SAFETY: offsets are checked against the books before they are used; the memory is the pool's.
/// A pool of memory of any size, in a piece of memory that was handed in: two-level segregated fit
/// (Masmano, Ripoll, Crespo and Real, "TLSF: a new dynamic memory allocator for real-time systems",
/// 2004). Taking and giving back cost the same however much there is.
///
/// A row of bits, one for each 8 bytes, says where the memory begins that is in use. So a pointer
/// that the pool never gave, or that was given back already, is refused whatever its memory holds.
/// The books stand at the start of the memory; the type is a handle, and copies of it lead to the same
/// pool. It has no lock: whoever owns it guards it.
///
/// ```
///   0  magic  4 byte count  8 first block  12 end  16 used  20 most used  24 used blocks
///  28  rows of classes that are not empty, a bit each        32 classes of each row that are not empty
/// 136  first free block of each class                        968 changes  972 the row of bits, then
///      the blocks
///
///  block: its bytes, and bit 0 if it is free | the block before it (0: none) | its memory
///  a free one begins with the free blocks behind and before it in its class (0: none)
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
    static let rows: UInt32 = 28
    static let classes: UInt32 = 32
    static let heads: UInt32 = 136
    /// Counts what changes blocks, so that a walk through them knows when it has lost its way.
    static let changes: UInt32 = 968
    static let bits: UInt32 = 972
    /// Bytes in front of a block's memory.
    static let header: UInt32 = 8
    /// The smallest block.
    static let least: UInt32 = 16
  }

  /// Why memory could not be given back; nothing has changed.
  public enum Refusal: Error, Equatable {
    /// It is not the start of memory that the pool gave and that is still in use.
    case notInUse
    /// What the pool wrote in front of it was overwritten.
    case damaged
  }

  /// A new pool in memory that is aligned to 8 and lives as long as it is used; nil when that is
  /// misaligned, too small for one block, or above 1 GiB.
  public init?(in memory: UnsafeMutableRawBufferPointer) {
    guard let start = memory.baseAddress, UInt(bitPattern: start) % 8 == 0,
      memory.count <= 1 << 30, memory.count >= 1024
    else { return nil }
    // SAFETY: the caller hands in unused memory.
    words = unsafe WordMemory(start)
    let byteCount = UInt32(memory.count) / 8 * 8
    let bitBytes = (byteCount / 8 + 31) / 32 * 4
    let first = (Layout.bits + bitBytes + 7) / 8 * 8
    guard first + Layout.least + Layout.header <= byteCount else { return nil }
    words.clear(0, upTo: first)
    words[Layout.byteCount] = byteCount
    words[Layout.first] = first
    words[Layout.end] = byteCount - Layout.header
    // What stands at the end is a block of no size that is always in use.
    words[byteCount - Layout.header] = 0
    words[byteCount - 4] = first
    words[first] = byteCount - Layout.header - first
    words[first + 4] = 0
    insert(first)
    words[0] = Layout.magic
  }

  /// The pool that begins at `address`, which is readable there; nil when there is none.
  public init?(at address: UnsafeMutableRawPointer) {
    guard UInt(bitPattern: address) % 8 == 0 else { return nil }
    // SAFETY: the caller says that it is readable.
    words = unsafe WordMemory(address)
    guard words[0] == Layout.magic else { return nil }
  }

  /// Bytes that the pool was made of.
  public var byteCount: UInt32 { words[Layout.byteCount] }

  /// Bytes in use; with the 8 that stand in front of each block.
  public var usedBytes: UInt32 { words[Layout.used] }

  /// There is no pool any more; `init(at:)` does not find it.
  public func dissolve() { words[0] = 0 }

  /// Memory of at least `byteCount` bytes, aligned to `alignment`, a power of two of at least 8; nil
  /// for 0 bytes or another alignment, and when no free block is sure to be large enough.
  public func allocate(_ byteCount: UInt32, alignment: UInt32 = 8) -> UnsafeMutableRawPointer? {
    guard byteCount > 0, byteCount < 1 << 30, alignment >= 8, alignment < 1 << 29,
      alignment & (alignment - 1) == 0
    else { return nil }
    let wanted = Self.blockSize(for: byteCount)
    // Behind a gap for alignment, which becomes a free block, there must be room for all of it.
    let spare = alignment > 8 ? alignment + Layout.least : 0
    guard var block = takeFree(atLeast: wanted + spare) else { return nil }
    if alignment > 8 { block = skipGap(block, alignment) }
    cut(block, to: wanted)
    begin(block)
    return unsafe words.address(block + Layout.header)
  }

  /// Gives memory back.
  public func free(_ address: UnsafeMutableRawPointer) throws(Refusal) {
    let block = try unsafe blockInUse(address)
    words.clearBit((block + Layout.header) / 8, of: Layout.bits)
    words[Layout.usedBlocks] -= 1
    count(0, instead: words[block])
    release(block)
  }

  /// Makes memory larger or smaller where it is; false when there is no room for it there, and then
  /// all is as it was.
  public func resize(_ address: UnsafeMutableRawPointer, to byteCount: UInt32) throws(Refusal)
    -> Bool
  {
    let block = try unsafe blockInUse(address)
    guard byteCount > 0, byteCount < 1 << 30 else { return false }
    let wanted = Self.blockSize(for: byteCount)
    let old = words[block]
    let behind = block + old
    if wanted > old, isFree(behind), size(of: behind) + old >= wanted {
      remove(behind)
      words[block] = old + size(of: behind)
      words[block + words[block] + 4] = block
    }
    guard words[block] >= wanted else { return false }
    cut(block, to: wanted)
    count(words[block], instead: old)
    return true
  }

  /// The bytes that the memory at `address` has room for.
  public func capacity(of address: UnsafeMutableRawPointer) throws(Refusal) -> UInt32 {
    try unsafe words[blockInUse(address)] - Layout.header
  }
}
