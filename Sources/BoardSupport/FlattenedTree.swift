// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A flattened device tree as a sequence of tokens, read from a span of untrusted bytes.
///
/// Layout and tokens: Devicetree Specification 0.4, chapter 5. The header is checked once; every
/// later offset is checked against its block before it is read. A malformed tree gives an error
/// with the offset, never a trap. Nothing is allocated.
struct FlattenedTree: ~Escapable {
  /// One token of the structure block.
  enum Token {
    /// The start of a node; the value is its name without the terminating zero.
    case beginNode(BlobRange)
    /// The end of the innermost open node.
    case endNode
    /// A property of the innermost open node: the offset of its name, and its value.
    case property(name: UInt32, value: BlobRange)
    /// The end of the tree.
    case end
  }

  /// The largest blob that is read: 2 MiB, as for Linux on ARM.
  static var byteCountLimit: UInt32 { 2 << 20 }

  private static var magic: UInt32 { 0xd00d_feed }
  private static var headerByteCount: UInt32 { 40 }

  private let bytes: RawSpan
  private let structureEnd: UInt32
  private let strings: UInt32
  private let stringsEnd: UInt32
  private let reservationMap: UInt32
  private var position: UInt32

  /// The size of the blob in bytes.
  let byteCount: UInt32

  /// Returns the blob's size from the first 8 bytes of its header, before the whole blob is mapped.
  static func byteCount(ofHeader header: RawSpan) throws(DeviceTreeError) -> UInt32 {
    guard header.byteCount >= 8 else { throw .cut(0) }
    let magic = bigEndian(header, 0)
    guard magic == Self.magic else { throw .badMagic(magic) }
    let byteCount = bigEndian(header, 4)
    guard byteCount >= headerByteCount, byteCount <= byteCountLimit else {
      throw .badSize(byteCount)
    }
    return byteCount
  }

  /// Checks the header of the blob at the span's start. Bytes after the blob are ignored.
  @_lifetime(copy blob)
  init(_ blob: RawSpan) throws(DeviceTreeError) {
    let byteCount = try Self.byteCount(ofHeader: blob)
    guard Int(byteCount) <= blob.byteCount else { throw .cut(UInt32(blob.byteCount)) }
    let version = Self.bigEndian(blob, 20)
    guard version >= 16, Self.bigEndian(blob, 24) <= 17 else { throw .badVersion(version) }

    let structure = Self.bigEndian(blob, 8)
    let strings = Self.bigEndian(blob, 12)
    let reservationMap = Self.bigEndian(blob, 16)
    guard structure % 4 == 0, structure >= Self.headerByteCount, structure <= byteCount else {
      throw .badOffset(structure)
    }
    guard strings >= Self.headerByteCount, strings <= byteCount else { throw .badOffset(strings) }
    guard reservationMap % 8 == 0, reservationMap >= Self.headerByteCount,
      reservationMap <= byteCount
    else { throw .badOffset(reservationMap) }

    let stringsByteCount = Self.bigEndian(blob, 32)
    guard stringsByteCount <= byteCount - strings else { throw .badSize(stringsByteCount) }
    // Version 16 has no size of the structure block: the blob's end limits it, or the end token.
    let rest = byteCount - structure
    let structureByteCount = version >= 17 ? Self.bigEndian(blob, 36) : rest & ~3
    guard structureByteCount <= rest, structureByteCount % 4 == 0 else {
      throw .badSize(structureByteCount)
    }
    bytes = blob
    self.byteCount = byteCount
    self.strings = strings
    stringsEnd = strings + stringsByteCount
    structureEnd = structure + structureByteCount
    self.reservationMap = reservationMap
    position = structure
  }

  /// The next token of the structure block, without fillers.
  @_lifetime(self: copy self)
  mutating func next() throws(DeviceTreeError) -> Token {
    while true {
      let start = position
      switch try takeWord() {
      case 1: return .beginNode(try takeName())
      case 2: return .endNode
      case 3:
        let byteCount = try takeWord()
        let name = try takeWord()
        guard name < stringsEnd - strings else { throw .badName(start) }
        let value = BlobRange(offset: position, byteCount: byteCount)
        try skip(byteCount)
        return .property(name: strings + name, value: value)
      case 4: continue
      case 9: return .end
      case let token: throw .badToken(token, at: start)
      }
    }
  }

  /// Entry `index` of the reservation map; nil at its end.
  func reservation(_ index: UInt32) throws(DeviceTreeError) -> (base: UInt64, byteCount: UInt64)? {
    // No overflow: the map ends inside the first 2 MiB, so an index is below 2^17.
    let offset = reservationMap + index * 16
    guard offset <= byteCount, byteCount - offset >= 16 else { throw .cut(offset) }
    let base = UInt64(word(offset)) << 32 | UInt64(word(offset + 4))
    let size = UInt64(word(offset + 8)) << 32 | UInt64(word(offset + 12))
    return base == 0 && size == 0 ? nil : (base, size)
  }

  /// True if the zero-terminated string at `offset` in the strings block equals `literal`.
  func isName(_ offset: UInt32, _ literal: StaticString) -> Bool {
    let end = offset + UInt32(literal.utf8CodeUnitCount)
    return end < stringsEnd && hasText(offset, literal) && byte(end) == 0
  }

  /// The big-endian word at an offset of the blob that was checked.
  func word(_ offset: UInt32) -> UInt32 { Self.bigEndian(bytes, Int(offset)) }

  /// The byte at an offset of the blob.
  func byte(_ offset: UInt32) -> UInt8 {
    guard let byte = bytes.byte(at: Int(offset)) else {
      preconditionFailure("outside of the device tree")
    }
    return byte
  }

  /// True if the bytes at an offset of the blob begin with `literal`.
  func hasText(_ offset: UInt32, _ literal: StaticString) -> Bool {
    bytes.hasText(literal, at: Int(offset))
  }

  /// Reads the word at the position, and advances.
  @_lifetime(self: copy self)
  private mutating func takeWord() throws(DeviceTreeError) -> UInt32 {
    guard structureEnd - position >= 4 else { throw .cut(position) }
    defer { position += 4 }
    return word(position)
  }

  /// Reads a node's name, which ends with a zero and is padded to a word, and advances.
  @_lifetime(self: copy self)
  private mutating func takeName() throws(DeviceTreeError) -> BlobRange {
    var end = position
    while end < structureEnd, byte(end) != 0 { end += 1 }
    guard end < structureEnd else { throw .cut(end) }
    let name = BlobRange(offset: position, byteCount: end - position)
    try skip(name.byteCount + 1)
    return name
  }

  /// Skips `byteCount` bytes and their padding.
  @_lifetime(self: copy self)
  private mutating func skip(_ byteCount: UInt32) throws(DeviceTreeError) {
    // The block's length is a multiple of 4, so what fits unpadded fits padded.
    guard byteCount <= structureEnd - position else { throw .cut(position) }
    position += (byteCount + 3) & ~3
  }

  /// The big-endian word at `offset`.
  private static func bigEndian(_ bytes: RawSpan, _ offset: Int) -> UInt32 {
    guard let word = bytes.bigEndianWord(at: offset) else {
      preconditionFailure("outside of the device tree")
    }
    return word
  }
}
