// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// An image's bytes, read as little-endian numbers. Offsets may come from the image itself: a read
/// outside of it returns 0, and every table is checked by `contains` or `hasTable` before use.
public struct ImageBytes: ~Escapable {
  private let bytes: RawSpan

  @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { self.bytes = bytes }

  /// A size of less than 2 GiB rounded up to pages, in bytes.
  static func roundedUp(_ size: UInt32) -> UInt32 { (size + 4095) & ~4095 }

  /// The number of bytes.
  public var count: UInt32 { UInt32(truncatingIfNeeded: bytes.byteCount) }

  /// The first `count` bytes, or all if there are fewer.
  @_lifetime(copy self)
  func prefix(_ count: UInt32) -> ImageBytes {
    ImageBytes(bytes.extracting(first: Int(count)))
  }

  /// Whether `length` bytes from `offset` on are all inside. Cannot overflow.
  public func contains(_ offset: UInt32, _ length: UInt32) -> Bool {
    offset <= count && length <= count - offset
  }

  /// Whether a table of `entries` entries of `size` (at most 64) bytes fits at `offset`, and
  /// `offset` is a multiple of `alignment`.
  public func hasTable(
    _ offset: UInt32, _ entries: UInt32, of size: UInt32, alignedTo alignment: UInt32
  ) -> Bool {
    // The product cannot overflow: `entries` is at most the image's size, which is a few pages.
    offset % alignment == 0 && entries <= count && contains(offset, entries * size)
  }

  /// The byte at `offset`; 0 outside of the image.
  public func byte(_ offset: UInt32) -> UInt8 {
    bytes.byte(at: Int(truncatingIfNeeded: offset)) ?? 0
  }

  /// The 16-bit number at `offset`; 0 if it is not all inside the image.
  public func half(_ offset: UInt32) -> UInt16 {
    bytes.halfword(at: Int(truncatingIfNeeded: offset)) ?? 0
  }

  /// The 32-bit number at `offset`; 0 if it is not all inside the image.
  public func word(_ offset: UInt32) -> UInt32 {
    bytes.word(at: Int(truncatingIfNeeded: offset)) ?? 0
  }

  /// The 64-bit number at `offset`; 0 if it is not all inside the image, `UInt32.max` if it is
  /// larger than 32 bits: no valid offset, size or tag of an image is.
  public func wide(_ offset: UInt32) -> UInt32 {
    guard contains(offset, 8) else { return 0 }
    return word(offset + 4) == 0 ? word(offset) : .max
  }

  /// Whether the terminated string at `offset` is `text`.
  @inline(never)
  public func isString(_ offset: UInt32, _ text: StaticString) -> Bool {
    let length = UInt32(truncatingIfNeeded: text.utf8CodeUnitCount)
    return contains(offset, length + 1) && byte(offset + length) == 0
      && bytes.hasText(text, at: Int(truncatingIfNeeded: offset))
  }

  /// Whether two terminated strings are equal; at the end of the image both end.
  func isSameString(_ first: UInt32, _ second: UInt32) -> Bool {
    var position: UInt32 = 0
    while byte(first &+ position) == byte(second &+ position) {  // Wrapping: outside all is 0.
      if byte(first &+ position) == 0 { return true }
      position += 1
    }
    return false
  }
}
