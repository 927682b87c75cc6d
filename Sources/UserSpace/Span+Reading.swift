// SPDX-License-Identifier: Apache-2.0
/// Reading of names and words, which are bytes of any content.
extension Span where Element == UInt8 {
  /// Whether the bytes are those of `literal`.
  func isEqual(to literal: StaticString) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    for index in indices {
      // SAFETY: `index` is below the literal's length.
      let wanted = unsafe literal.utf8Start[index]
      if self[index] != wanted { return false }
    }
    return true
  }

  /// The decimal number without leading zeros that the bytes are; nil for anything else.
  var decimal: UInt32? {
    guard count > 0, count < 10, self[0] != UInt8(ascii: "0") else { return nil }
    var value = UInt32(0)
    for index in indices {
      guard self[index] >= UInt8(ascii: "0"), self[index] <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + UInt32(self[index] - UInt8(ascii: "0"))
    }
    return value
  }
}
