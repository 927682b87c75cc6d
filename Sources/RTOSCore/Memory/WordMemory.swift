// SPDX-License-Identifier: Apache-2.0
// SAFETY: the memory outlives the value; only its holder's offsets are used.
/// Memory that was handed in, as 32-bit words at byte offsets: what pools and boxes keep their books in.
///
/// It checks nothing: whoever holds it answers for its offsets.
@safe struct WordMemory {
  private let base: UnsafeMutableRawPointer

  /// Memory that is aligned to 8 and outlives the value.
  init(_ base: UnsafeMutableRawPointer) { unsafe self.base = base }

  /// The word at a byte offset that is a multiple of 4.
  subscript(offset: UInt32) -> UInt32 {
    @inline(__always) get {
      // SAFETY: the holder's offsets lie inside of its memory.
      unsafe base.load(fromByteOffset: Int(truncatingIfNeeded: offset), as: UInt32.self)
    }
    @inline(__always) nonmutating set {
      // SAFETY: likewise.
      unsafe base.storeBytes(
        of: newValue, toByteOffset: Int(truncatingIfNeeded: offset), as: UInt32.self)
    }
  }

  /// The byte offset of an address, or nil when it lies before the memory or 4 GiB behind it.
  func offset(of address: UnsafeRawPointer) -> UInt32? {
    // SAFETY: only the addresses are looked at. Wrapping: the next line refuses what is before it.
    let distance = unsafe UInt(bitPattern: address) &- UInt(bitPattern: base)
    return UInt32(exactly: distance)
  }

  /// The address at an offset.
  func address(_ offset: UInt32) -> UnsafeMutableRawPointer {
    // SAFETY: the holder's offsets lie inside of its memory.
    unsafe base + Int(truncatingIfNeeded: offset)
  }

  /// Bit `index` of the row of words that begins at `row`.
  func hasBit(_ index: UInt32, of row: UInt32) -> Bool {
    self[row + index / 32 * 4] & 1 << (index % 32) != 0
  }

  /// Sets it.
  func setBit(_ index: UInt32, of row: UInt32) {
    self[row + index / 32 * 4] |= 1 << (index % 32)
  }

  /// Clears it.
  func clearBit(_ index: UInt32, of row: UInt32) {
    self[row + index / 32 * 4] &= ~(1 << (index % 32))
  }

  /// Clears all bits from `row` up to `end`.
  func clear(_ row: UInt32, upTo end: UInt32) {
    var offset = row
    while offset < end {
      self[offset] = 0
      offset += 4
    }
  }
}
