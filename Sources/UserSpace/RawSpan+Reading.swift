// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// Reads little-endian numbers from bytes that have not been checked yet.

extension RawSpan {
  /// The byte at `offset`; nil outside the span.
  @inline(__always)
  func byte(at offset: Int) -> UInt8? {
    guard offset >= 0, offset < byteCount else { return nil }
    // SAFETY: `offset` is below `byteCount`; any bits are a UInt8.
    return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// The little-endian half word at `offset`, which need not be aligned; nil if it exceeds the
  /// span.
  @inline(__always)
  func halfword(at offset: Int) -> UInt16? {
    guard offset >= 0, byteCount >= 2, offset <= byteCount - 2 else { return nil }
    // SAFETY: both bytes are inside the span; any bits are a UInt16.
    let value = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self)
    return UInt16(littleEndian: value)
  }

  /// The little-endian word at `offset`, which need not be aligned; nil if it exceeds the span.
  @inline(__always)
  func word(at offset: Int) -> UInt32? {
    guard offset >= 0, byteCount >= 4, offset <= byteCount - 4 else { return nil }
    // SAFETY: all four bytes are inside the span; any bits are a UInt32.
    let value = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
    return UInt32(littleEndian: value)
  }

  /// The little-endian number of `type` at `offset`; the greatest word for a greater one, and if it
  /// exceeds the span.
  @inline(__always)
  func long<Long: RecordWord>(at offset: Int, _ type: Long.Type) -> Word {
    guard let low = word(at: offset) else { return .max }
    guard Long.bitWidth == 64 else { return Word(low) }
    guard let high = word(at: offset + 4) else { return .max }
    return Word(clamping: UInt64(high) << 32 | UInt64(low))
  }

  /// Whether the bytes at `offset` begin with `literal`.
  func hasText(_ literal: StaticString, at offset: Int) -> Bool {
    let count = literal.utf8CodeUnitCount
    for index in 0..<count {
      // SAFETY: `index` is below the literal's length.
      let wanted = unsafe literal.utf8Start[index]
      guard byte(at: offset + index) == wanted else { return false }
    }
    return true
  }
}
