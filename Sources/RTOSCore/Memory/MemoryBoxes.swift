// SPDX-License-Identifier: Apache-2.0
// SAFETY: offsets are checked against the header before they are used; the memory is the boxes'.
/// An allocator of boxes of one size, in memory that the caller supplies. Allocating and freeing
/// take constant time.
///
/// A bit for each box records whether it is in use, so that a pointer that is no box, and a second
/// free, are refused. The bookkeeping header is at the start of the memory; the type is a handle.
/// It has no lock: its owner protects it.
///
/// ```
///   0 magic  4 stride  8 boxes  12 in use  16 first free box (0: none)  20 boxes never used
///  24 the first box  28 the most in use  32 a bit for each box, then the boxes
/// ```
@safe public struct MemoryBoxes {
  private let words: WordMemory

  private enum Layout {
    static let magic: UInt32 = 0x426f_7865
    static let stride: UInt32 = 4
    static let count: UInt32 = 8
    static let used: UInt32 = 12
    static let free: UInt32 = 16
    static let fresh: UInt32 = 20
    static let first: UInt32 = 24
    static let peak: UInt32 = 28
    static let bits: UInt32 = 32
  }

  /// Creates as many boxes of `boxSize` bytes as fit into memory that is aligned to 8 and stays
  /// valid while they are used. Returns nil when the memory is misaligned, too small for one box,
  /// or above 1 GiB, or when `boxSize` is 0.
  public init?(in memory: UnsafeMutableRawBufferPointer, boxSize: UInt32) {
    guard let start = memory.baseAddress, UInt(bitPattern: start) % 8 == 0,
      memory.count <= 1 << 30, memory.count > Int(Layout.bits), boxSize > 0, boxSize < 1 << 30
    else { return nil }
    // SAFETY: the caller passes unused memory.
    words = unsafe WordMemory(start)
    let room = UInt32(memory.count) - Layout.bits
    let stride = (boxSize + 7) / 8 * 8
    var count = room / stride
    while count > 0, Self.offsetOfFirst(count) + count * stride > UInt32(memory.count) {
      count -= 1
    }
    guard count > 0 else { return nil }
    words.clear(0, upTo: Self.offsetOfFirst(count))
    words[Layout.stride] = stride
    words[Layout.count] = count
    words[Layout.first] = Self.offsetOfFirst(count)
    words[0] = Layout.magic
  }

  /// Opens the boxes at `address`, which must be readable; nil when there are none.
  public init?(at address: UnsafeMutableRawPointer) {
    guard UInt(bitPattern: address) % 8 == 0 else { return nil }
    // SAFETY: the caller guarantees that the memory is readable.
    words = unsafe WordMemory(address)
    guard words[0] == Layout.magic else { return nil }
  }

  /// Returns the offset of the first of `count` boxes.
  private static func offsetOfFirst(_ count: UInt32) -> UInt32 {
    (Layout.bits + (count + 31) / 32 * 4 + 7) / 8 * 8
  }

  /// Allocates a box, the most recently freed one first; nil when all are in use.
  public func allocate() -> UnsafeMutableRawPointer? {
    let box: UInt32
    if words[Layout.free] != 0 {
      box = words[Layout.free]
      words[Layout.free] = words[box]
    } else {
      let fresh = words[Layout.fresh]
      guard fresh < words[Layout.count] else { return nil }
      box = words[Layout.first] + fresh * words[Layout.stride]
      words[Layout.fresh] = fresh + 1
    }
    words.setBit(index(of: box), of: Layout.bits)
    words[Layout.used] += 1
    words[Layout.peak] = max(words[Layout.peak], words[Layout.used])
    return unsafe words.address(box)
  }

  /// Frees a box. Returns false and changes nothing when `address` is not a box in use.
  public func free(_ address: UnsafeMutableRawPointer) -> Bool {
    guard let box = unsafe boxInUse(address) else { return false }
    words.clearBit(index(of: box), of: Layout.bits)
    words[box] = words[Layout.free]
    words[Layout.free] = box
    words[Layout.used] -= 1
    return true
  }

  /// Fills a box with 0. Returns false and changes nothing when `address` is not a box in use.
  public func clear(_ address: UnsafeMutableRawPointer) -> Bool {
    guard let box = unsafe boxInUse(address) else { return false }
    words.clear(box, upTo: box + words[Layout.stride])
    return true
  }

  /// The number of boxes.
  public var count: UInt32 { words[Layout.count] }
  /// The number of boxes in use.
  public var used: UInt32 { words[Layout.used] }
  /// The most boxes that were ever in use at once.
  public var peak: UInt32 { words[Layout.peak] }

  /// The size of a box in bytes, at least the requested one.
  public var boxSize: UInt32 { words[Layout.stride] }

  private func index(of box: UInt32) -> UInt32 {
    (box - words[Layout.first]) / words[Layout.stride]
  }

  private func boxInUse(_ address: UnsafeMutableRawPointer) -> UInt32? {
    guard let offset = unsafe words.offset(of: address), offset >= words[Layout.first] else {
      return nil
    }
    let distance = offset - words[Layout.first]
    guard distance % words[Layout.stride] == 0, distance / words[Layout.stride] < count,
      words.hasBit(distance / words[Layout.stride], of: Layout.bits)
    else { return nil }
    return offset
  }
}
