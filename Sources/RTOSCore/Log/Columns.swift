// SPDX-License-Identifier: Apache-2.0
/// Columns of fixed width for tables in /proc. The text keeps its length from read to read, so
/// that a program that reads it in pieces gets whole lines.
extension TextSink {
  /// Writes a number, right-aligned in `width` columns; `-` for nil.
  @inline(never)
  public mutating func rightAligned(_ value: UInt64?, width: Int) {
    blanks(width - DecimalDigits(of: value ?? 0).count)
    if let value { decimal(value) } else { text("-") }
  }

  /// Writes a blank and a number, right-aligned in `width` columns; `-` for nil.
  public mutating func column(_ value: UInt64?, width: Int) {
    rightAligned(value, width: width + 1)
  }

  /// Writes a word, left-aligned in `width` columns, and a blank.
  @inline(never)
  public mutating func column(_ word: StaticString, width: Int) {
    text(word)
    blanks(width - word.utf8CodeUnitCount + 1)
  }

  /// Writes `count` blanks; none if it is negative.
  @inline(never)
  public mutating func blanks(_ count: Int) {
    var left = count
    while left > 0 {
      text(" ")
      left -= 1
    }
  }
}
