// SPDX-License-Identifier: Apache-2.0
/// An image's bytes, read as little-endian numbers. Offsets may come from the image itself: what
/// lies outside reads as 0 here and is refused by `contains`, which every table is put through.
struct ImageBytes: ~Escapable {
  private let bytes: RawSpan

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { self.bytes = bytes }

  /// How many there are.
  var count: UInt32 { UInt32(truncatingIfNeeded: bytes.byteCount) }

  /// The first `count` of them, or all.
  @_lifetime(copy self)
  func prefix(_ count: UInt32) -> ImageBytes {
    ImageBytes(bytes.extracting(first: Int(count)))
  }

  /// Whether `length` bytes from `offset` on are all inside. No sum can overflow.
  func contains(_ offset: UInt32, _ length: UInt32) -> Bool {
    offset <= count && length <= count - offset
  }

  /// Whether a table of `entries` of `size` bytes, at most 64, stands at `offset`, which is a
  /// multiple of `alignment`.
  func hasTable(_ offset: UInt32, _ entries: UInt32, of size: UInt32, alignedTo alignment: UInt32)
    -> Bool
  {
    // No product overflows: there are at most as many entries as bytes, which are a few pages.
    offset % alignment == 0 && entries <= count && contains(offset, entries * size)
  }

  /// The byte at `offset`.
  func byte(_ offset: UInt32) -> UInt8 {
    guard offset < count else { return 0 }
    // SAFETY: checked just above; a byte has no invalid values.
    return unsafe bytes.unsafeLoad(fromByteOffset: Int(offset), as: UInt8.self)
  }

  /// The 16-bit number at `offset`.
  func half(_ offset: UInt32) -> UInt16 {
    guard contains(offset, 2) else { return 0 }
    // SAFETY: checked just above; a number has no invalid values.
    return unsafe UInt16(
      littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: Int(offset), as: UInt16.self))
  }

  /// The 32-bit number at `offset`.
  func word(_ offset: UInt32) -> UInt32 {
    guard contains(offset, 4) else { return 0 }
    // SAFETY: checked just above; a number has no invalid values.
    return unsafe UInt32(
      littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: Int(offset), as: UInt32.self))
  }

  /// Whether the terminated string at `offset` is `text`.
  @inline(never)
  func isString(_ offset: UInt32, _ text: StaticString) -> Bool {
    let length = UInt32(truncatingIfNeeded: text.utf8CodeUnitCount)
    guard contains(offset, length + 1), byte(offset + length) == 0 else { return false }
    // SAFETY: the text is a literal, with as many bytes as it says.
    let wanted = unsafe text.utf8Start
    for index in 0..<length {
      // SAFETY: as above.
      guard unsafe byte(offset + index) == wanted[Int(index)] else { return false }
    }
    return true
  }
}
