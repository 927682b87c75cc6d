// SPDX-License-Identifier: Apache-2.0
// SAFETY: offsets are checked against the books before they are used; the memory is the boxes'.
/// Boxes of one size, in a piece of memory that was handed in. Taking and giving back cost the same
/// however many there are.
///
/// A bit for each box says whether it is in use, so that a pointer that is no box, or a box that was
/// given back already, is refused. The books stand at the start of the memory; the type is a handle.
/// It has no lock: whoever owns it guards it.
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

  /// Boxes for `boxSize` bytes each, as many as there is room for, in memory that is aligned to 8 and
  /// lives as long as they are used; nil when it is misaligned or has no room for one, or above 1 GiB,
  /// or for 0 bytes.
  public init?(in memory: UnsafeMutableRawBufferPointer, boxSize: UInt32) {
    guard let start = memory.baseAddress, UInt(bitPattern: start) % 8 == 0,
      memory.count <= 1 << 30, memory.count > Int(Layout.bits), boxSize > 0, boxSize < 1 << 30
    else { return nil }
    // SAFETY: the caller hands in unused memory.
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

  /// The boxes that begin at `address`, which is readable there; nil when there are none.
  public init?(at address: UnsafeMutableRawPointer) {
    guard UInt(bitPattern: address) % 8 == 0 else { return nil }
    // SAFETY: the caller says that it is readable.
    words = unsafe WordMemory(address)
    guard words[0] == Layout.magic else { return nil }
  }

  /// Bytes in front of the first of `count` boxes.
  private static func offsetOfFirst(_ count: UInt32) -> UInt32 {
    (Layout.bits + (count + 31) / 32 * 4 + 7) / 8 * 8
  }

  /// A box that is not in use, the one given back last first; nil when all are.
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

  /// Gives a box back. False, and nothing has changed, when it is no box in use.
  public func free(_ address: UnsafeMutableRawPointer) -> Bool {
    guard let box = unsafe boxInUse(address) else { return false }
    words.clearBit(index(of: box), of: Layout.bits)
    words[box] = words[Layout.free]
    words[Layout.free] = box
    words[Layout.used] -= 1
    return true
  }

  /// Fills a box with 0. False, and nothing has changed, when it is no box in use.
  public func clear(_ address: UnsafeMutableRawPointer) -> Bool {
    guard let box = unsafe boxInUse(address) else { return false }
    words.clear(box, upTo: box + words[Layout.stride])
    return true
  }

  /// How many boxes there are.
  public var count: UInt32 { words[Layout.count] }
  /// How many are in use.
  public var used: UInt32 { words[Layout.used] }
  /// How many ever were at once.
  public var peak: UInt32 { words[Layout.peak] }

  /// Bytes of a box, at least what was asked for.
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
