// SPDX-License-Identifier: Apache-2.0
/// A flattened device tree as a row of tokens, read from a span of untrusted bytes.
///
/// Layout and tokens: Devicetree Specification 0.4, chapter 5. The header is checked once; after
/// that every offset is checked against its block before a byte is read. A bad tree is an error
/// that names the place, never a trap. Nothing is allocated.
struct FlattenedTree: ~Escapable {
  /// One token of the structure block.
  enum Token {
    /// A node begins; its name without the zero behind it.
    case beginNode(BlobRange)
    /// The innermost open node ends.
    case endNode
    /// A property of the innermost open node: offset of its name, and its value.
    case property(name: UInt32, value: BlobRange)
    /// The tree ends.
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

  /// Bytes of the blob, from its start.
  let byteCount: UInt32

  /// Reads the size out of a header's first 8 bytes, to know how much to map or to span.
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

  /// Checks the header of a blob that begins at the span's start; what is behind the blob is not
  /// looked at.
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
    // Version 16 does not say how long the structure is: up to the end, and the tokens stop it.
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

  /// The next token of the structure block; fillers are passed over.
  @_lifetime(self: copy self)
  mutating func next() throws(DeviceTreeError) -> Token {
    while true {
      let place = position
      switch try takeWord() {
      case 1: return .beginNode(try takeName())
      case 2: return .endNode
      case 3:
        let byteCount = try takeWord()
        let name = try takeWord()
        guard name < stringsEnd - strings else { throw .badName(place) }
        let value = BlobRange(offset: position, byteCount: byteCount)
        try skip(byteCount)
        return .property(name: strings + name, value: value)
      case 4: continue
      case 9: return .end
      case let token: throw .badToken(token, at: place)
      }
    }
  }

  /// The entry of the reservation map at `index`, or nil at its end.
  func reservation(_ index: UInt32) throws(DeviceTreeError) -> (base: UInt64, byteCount: UInt64)? {
    // No overflow: the map ends before the 2 MiB do, so an index is below 2^17.
    let offset = reservationMap + index * 16
    guard offset <= byteCount, byteCount - offset >= 16 else { throw .cut(offset) }
    let base = UInt64(word(offset)) << 32 | UInt64(word(offset + 4))
    let size = UInt64(word(offset + 8)) << 32 | UInt64(word(offset + 12))
    return base == 0 && size == 0 ? nil : (base, size)
  }

  /// True when the zero-terminated string at `offset` of the strings block is `literal`.
  func isName(_ offset: UInt32, _ literal: StaticString) -> Bool {
    var index = offset
    let expected = literalBytes(literal)
    for place in expected.indices {
      guard index < stringsEnd, byte(index) == expected[place] else { return false }
      index += 1
    }
    return index < stringsEnd && byte(index) == 0
  }

  /// The big-endian word at a blob offset that was checked.
  func word(_ offset: UInt32) -> UInt32 { Self.bigEndian(bytes, Int(offset)) }

  /// The byte at a blob offset.
  func byte(_ offset: UInt32) -> UInt8 {
    precondition(Int(offset) < bytes.byteCount, "outside of the device tree")
    // SAFETY: just checked; a byte has no alignment.
    return unsafe bytes.unsafeLoad(fromByteOffset: Int(offset), as: UInt8.self)
  }

  /// Takes the word at the position.
  @_lifetime(self: copy self)
  private mutating func takeWord() throws(DeviceTreeError) -> UInt32 {
    guard structureEnd - position >= 4 else { throw .cut(position) }
    defer { position += 4 }
    return word(position)
  }

  /// Takes a node's name, which ends with a zero and is padded to a word.
  @_lifetime(self: copy self)
  private mutating func takeName() throws(DeviceTreeError) -> BlobRange {
    var end = position
    while end < structureEnd, byte(end) != 0 { end += 1 }
    guard end < structureEnd else { throw .cut(end) }
    let name = BlobRange(offset: position, byteCount: end - position)
    try skip(name.byteCount + 1)
    return name
  }

  /// Passes over `byteCount` bytes and the padding behind them.
  @_lifetime(self: copy self)
  private mutating func skip(_ byteCount: UInt32) throws(DeviceTreeError) {
    // The block's length is a multiple of 4, so what fits unpadded fits padded.
    guard byteCount <= structureEnd - position else { throw .cut(position) }
    position += (byteCount + 3) & ~3
  }

  /// The big-endian word at `offset`.
  private static func bigEndian(_ bytes: RawSpan, _ offset: Int) -> UInt32 {
    precondition(offset + 4 <= bytes.byteCount, "outside of the device tree")
    // SAFETY: just checked; the load is an unaligned one.
    let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return UInt32(bigEndian: word)
  }
}

/// The bytes of a literal.
@_lifetime(immortal)
func literalBytes(_ literal: StaticString) -> Span<UInt8> {
  // SAFETY: a literal with a pointer representation is valid for its whole length, for ever.
  let span = unsafe Span(_unsafeStart: literal.utf8Start, count: literal.utf8CodeUnitCount)
  return unsafe _overrideLifetime(span, copying: ())
}
