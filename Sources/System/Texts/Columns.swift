// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Columns of fixed width for tables in /proc. The text keeps its length from read to read, so
/// that a program that reads it in pieces gets whole lines.
extension TextSink {
  /// Writes a blank and a number, right-aligned in `width` columns; `-` for nil.
  @inline(never)
  public mutating func column(_ value: UInt64?, width: Int) {
    var count = 1
    var rest = (value ?? 0) / 10
    while rest > 0 {
      rest /= 10
      count += 1
    }
    blanks(width - count + 1)
    if let value { decimal(value) } else { text("-") }
  }

  /// Writes an interrupt line's number as the label of a row of /proc/interrupts, in six columns.
  public mutating func line(_ number: UInt32) {
    column(UInt64(number), width: 3)
    text(": ")
  }

  /// Writes a word, left-aligned in `width` columns, and a blank.
  @inline(never)
  mutating func column(_ word: StaticString, width: Int) {
    text(word)
    blanks(width - word.utf8CodeUnitCount + 1)
  }

  /// Writes `count` blanks.
  @inline(never)
  mutating func blanks(_ count: Int) {
    var left = count
    while left > 0 {
      text(" ")
      left -= 1
    }
  }
}
