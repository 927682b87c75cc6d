// SPDX-License-Identifier: Apache-2.0
/// A destination of text, byte by byte: the console, the requested part of a /proc file, a test's
/// buffer.
public protocol TextSink {
  /// Accepts one byte of UTF-8.
  ///
  /// - Called: any, a panic too: no lock, no log.
  /// - Tested by: `testLiteralIsALine`.
  mutating func put(_ byte: UInt8)
  /// True if the sink skips the next `count` bytes; they then count as written.
  ///
  /// - Called: any; only a saving.
  /// - Tested by: `testLongTextIsReadFromTheMiddle`.
  mutating func skip(_ count: Int) -> Bool
}

extension TextSink {
  /// By default a sink skips nothing.
  public mutating func skip(_ count: Int) -> Bool { false }

  /// Writes a literal.
  @inline(never)
  public mutating func text(_ literal: StaticString) {
    bytes(literal.bytes)
  }

  /// Writes a number in decimal, with leading zeros up to `width` digits.
  @inline(never)
  public mutating func decimal(_ value: UInt64, width: Int = 1) {
    let digits = DecimalDigits(of: value)
    var position = max(width, digits.count)
    while position > 0 {
      position &-= 1
      put(UInt8(ascii: "0") | digits[position])
    }
  }

  /// Writes a signed number in decimal.
  public mutating func decimal(_ value: Int64) {
    if value < 0 { put(UInt8(ascii: "-")) }
    decimal(value.magnitude)
  }

  /// Writes a number in lower-case hexadecimal, with leading zeros up to `width` digits and without
  /// a prefix.
  @inline(never)
  public mutating func hexadecimal(_ value: UInt32, width: Int = 8) {
    var shift = UInt32(28)
    var isLeading = true
    var position = 8
    while position > 0 {
      let digit = UInt8(truncatingIfNeeded: value >> shift & 0xf)
      if digit != 0 || position <= width || position == 1 { isLeading = false }
      if !isLeading {
        put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
      shift &-= 4  // Wrapping: it is not used after the last digit.
      position -= 1
    }
  }

  /// Writes a number in lower-case hexadecimal, with leading zeros up to eight digits and without a
  /// prefix.
  @inline(never)
  public mutating func hexadecimal(_ value: UInt64) {
    let upper = UInt32(truncatingIfNeeded: value >> 32)
    if upper != 0 { hexadecimal(upper, width: 1) }
    hexadecimal(UInt32(truncatingIfNeeded: value))
  }

  /// Writes bytes unchanged.
  public mutating func bytes(_ span: Span<UInt8>) {
    for index in span.indices { put(span[index]) }
  }
}
