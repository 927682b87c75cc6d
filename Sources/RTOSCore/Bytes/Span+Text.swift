// SPDX-License-Identifier: Apache-2.0
// Compares bytes of any content with literals, and reads decimal numbers from them.

extension StaticString {
  /// The bytes of a literal, without the zero that follows them.
  public var bytes: Span<UInt8> {
    @_lifetime(immortal)
    get {
      // SAFETY: a literal with a pointer representation is valid for its whole length and is never
      // freed.
      let span = unsafe Span(_unsafeStart: utf8Start, count: utf8CodeUnitCount)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }
}

extension RawSpan {
  /// True if the bytes at `offset` begin with `literal`.
  @inline(never)
  public func hasText(_ literal: StaticString, at offset: Int) -> Bool {
    let wanted = literal.bytes
    for index in wanted.indices where byte(at: offset + index) != wanted[index] { return false }
    return true
  }
}

extension Span where Element == UInt8 {
  /// True if the bytes are those of `literal`.
  public func isEqual(to literal: StaticString) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    // SAFETY: bytes have no padding.
    return unsafe bytes.hasText(literal, at: 0)
  }

  /// The decimal number of at most nine digits that the bytes are; nil for anything else.
  public var decimal: UInt32? {
    guard count > 0, count < 10 else { return nil }
    var value = UInt32(0)
    for index in indices {
      guard self[index] >= UInt8(ascii: "0"), self[index] <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + UInt32(self[index] - UInt8(ascii: "0"))
    }
    return value
  }
}
