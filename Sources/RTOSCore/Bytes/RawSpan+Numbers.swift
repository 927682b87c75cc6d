// SPDX-License-Identifier: Apache-2.0
// Reads numbers from bytes that have not been checked yet: files, images, device trees.

extension RawSpan {
  /// The number at `offset` in the byte order of this machine, which need not be aligned; nil if it
  /// is not all inside the span.
  @inline(__always)
  private func number<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Number.Type
  ) -> Number? {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, byteCount >= size, offset <= byteCount - size else { return nil }
    // SAFETY: all bytes of the number are inside the span, and any bits are an integer.
    return unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: type)
  }

  /// The byte at `offset`; nil outside the span.
  @inline(__always)
  public func byte(at offset: Int) -> UInt8? { number(at: offset, as: UInt8.self) }

  /// The little-endian half word at `offset`, which need not be aligned; nil if it is not all
  /// inside the span.
  @inline(__always)
  public func halfword(at offset: Int) -> UInt16? {
    number(at: offset, as: UInt16.self).map { UInt16(littleEndian: $0) }
  }

  /// The little-endian word at `offset`, which need not be aligned; nil if it is not all inside the
  /// span.
  @inline(__always)
  public func word(at offset: Int) -> UInt32? {
    number(at: offset, as: UInt32.self).map { UInt32(littleEndian: $0) }
  }

  /// The big-endian word at `offset`, which need not be aligned; nil if it is not all inside the
  /// span.
  @inline(__always)
  public func bigEndianWord(at offset: Int) -> UInt32? {
    number(at: offset, as: UInt32.self).map { UInt32(bigEndian: $0) }
  }
}
