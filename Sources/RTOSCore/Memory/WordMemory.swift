// SPDX-License-Identifier: Apache-2.0
// SAFETY: the memory outlives the value; its owner passes valid offsets only.
/// Memory as 32-bit words at byte offsets, in which pools and boxes keep their headers.
///
/// It checks nothing: the owner passes valid offsets.
@safe struct WordMemory {
  private let base: UnsafeMutableRawPointer

  /// Wraps memory that is aligned to 8 and outlives the value.
  init(_ base: UnsafeMutableRawPointer) { unsafe self.base = base }

  /// The word at a byte offset that is a multiple of 4.
  subscript(offset: UInt32) -> UInt32 {
    @inline(__always) get {
      // SAFETY: the owner's offsets are inside of its memory.
      unsafe base.load(fromByteOffset: Int(truncatingIfNeeded: offset), as: UInt32.self)
    }
    @inline(__always) nonmutating set {
      // SAFETY: the owner's offsets are inside of its memory.
      unsafe base.storeBytes(
        of: newValue, toByteOffset: Int(truncatingIfNeeded: offset), as: UInt32.self)
    }
  }

  /// Returns the byte offset of an address; nil for an address before the memory, or 4 GiB or more
  /// after its start.
  func offset(of address: UnsafeRawPointer) -> UInt32? {
    // SAFETY: only the addresses are used, nothing is accessed. Wrapping: the next line rejects an
    // address before the memory.
    let distance = unsafe UInt(bitPattern: address) &- UInt(bitPattern: base)
    return UInt32(exactly: distance)
  }

  /// Returns the address at a byte offset.
  func address(_ offset: UInt32) -> UnsafeMutableRawPointer {
    // SAFETY: the owner's offsets are inside of its memory.
    unsafe base + Int(truncatingIfNeeded: offset)
  }

  /// True when bit `index` of the bitmap at offset `row` is set.
  func hasBit(_ index: UInt32, of row: UInt32) -> Bool {
    self[row + index / 32 * 4] & 1 << (index % 32) != 0
  }

  /// Sets bit `index` of the bitmap at offset `row`.
  func setBit(_ index: UInt32, of row: UInt32) {
    self[row + index / 32 * 4] |= 1 << (index % 32)
  }

  /// Clears bit `index` of the bitmap at offset `row`.
  func clearBit(_ index: UInt32, of row: UInt32) {
    self[row + index / 32 * 4] &= ~(1 << (index % 32))
  }

  /// Clears all words from offset `row` up to `end`.
  func clear(_ row: UInt32, upTo end: UInt32) {
    var offset = row
    while offset < end {
      self[offset] = 0
      offset += 4
    }
  }
}
