// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import RTOSCore

  /// Tables in /proc: a text that is as long as it was at the last read stays whole when a program reads
  /// it in pieces.
  extension TextSink {
    /// A number behind a blank, with further blanks in front up to `width` columns; `-` for nil.
    @inline(never)
    mutating func column(_ value: UInt64?, width: Int) {
      var count = 1
      var rest = (value ?? 0) / 10
      while rest > 0 {
        rest /= 10
        count += 1
      }
      blanks(width - count + 1)
      if let value { decimal(value) } else { text("-") }
    }

    /// A word with blanks behind up to `width` columns, and one more.
    @inline(never)
    mutating func column(_ word: StaticString, width: Int) {
      text(word)
      blanks(width - word.utf8CodeUnitCount + 1)
    }

    /// So many blanks.
    @inline(never)
    mutating func blanks(_ count: Int) {
      var left = count
      while left > 0 {
        text(" ")
        left -= 1
      }
    }
  }
#endif
