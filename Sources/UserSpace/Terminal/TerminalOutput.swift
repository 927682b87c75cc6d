// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What a terminal has to send, in a ring of 1,024 bytes, and the column where it leads. Bytes are
/// changed when they enter, as the settings say (OPOST). It has no lock: its owner has one.
struct TerminalOutput: ~Copyable {
  /// The most bytes that one becomes: a tab's spaces.
  static var mostPerByte: UInt32 { 8 }

  private var ring = ByteRing<1024>()
  /// The column, by which tabs and backspaces move. Wrapping: only its lowest bits have a meaning.
  private var column: UInt32 = 0
  /// The column where the line that is typed began.
  private var lineColumn: UInt32 = 0

  /// How many bytes wait, and how many more fit.
  @inline(__always)
  var count: UInt32 { ring.count }
  @inline(__always)
  var room: UInt32 { ring.room }
  /// The byte to send next.
  @inline(__always)
  var first: UInt8? { ring.first }

  /// Removes the byte that was sent.
  mutating func removeFirst() { _ = ring.removeFirst() }

  /// Removes all bytes.
  mutating func removeAll() { ring = ByteRing() }

  /// Notes that the line that is typed begins at this column.
  mutating func beginLine() { lineColumn = column }

  /// Appends bytes as they are; drops what does not fit.
  private mutating func append(_ byte: UInt8, times: UInt32 = 1) {
    for _ in 0..<min(times, room) { ring.append(byte) }
  }

  /// Appends a byte of a program or of the echo. What does not fit is dropped: up to `mostPerByte`.
  @inline(never)
  mutating func put(_ byte: UInt8, _ flags: TerminalOutputFlags, isUTF8: Bool) {
    guard flags.contains(.processes) else { return append(byte) }
    var byte = byte
    switch byte {
    case 0x0a:
      if flags.contains(.lineReturns) { column = 0 }
      if flags.contains(.returnsAtLines) {
        column = 0
        append(0x0d)
      }
      lineColumn = column
    case 0x0d:
      if flags.contains(.omitsReturns), column == 0 { return }
      if flags.contains(.linesForReturns) {
        byte = 0x0a
        if flags.contains(.lineReturns) { (column, lineColumn) = (0, 0) }
      } else {
        (column, lineColumn) = (0, 0)
      }
    case 0x09:
      let spaces = 8 - column & 7
      column &+= spaces
      if flags.contains(.expandsTabs) { return append(0x20, times: spaces) }
    case 0x08: if column > 0 { column -= 1 }
    case 0..<0x20, 0x7f: break
    default:
      if flags.contains(.uppers) { byte = byte.uppercase }
      if !isUTF8 || !byte.isContinuation { column &+= 1 }
    }
    append(byte)
  }

  /// Appends ^X for a control byte X, unprocessed.
  mutating func putControl(_ byte: UInt8) {
    append(0x5e)
    append(byte ^ 0x40)
    column &+= 2
  }

  /// Moves the column back, for a byte that has none.
  mutating func moveBack() { if column > 0 { column -= 1 } }

  /// Moves back over a tab, which followed `columns` columns, counted from the tab before it or from
  /// the start of the line.
  mutating func eraseTab(after columns: UInt32, isAfterTab: Bool) {
    let start = isAfterTab ? columns : columns &+ lineColumn
    let width = 8 - start & 7
    append(0x08, times: width)
    column = column > width ? column - width : 0
  }
}

extension UInt8 {
  /// Whether it is a control character of ASCII.
  var isControl: Bool { self < 0x20 || self == 0x7f }

  /// Whether it continues a character of UTF-8.
  var isContinuation: Bool { self & 0xc0 == 0x80 }

  /// Whether it is a letter of Latin-1: one of 26 or 31 from two places on.
  private func isLetter(from first: UInt8) -> Bool {
    self >= first && self < first + 26
      || self >= first + 0x7f && self < first + 0x9e && self != first + 0x96
  }

  private var isLowercase: Bool { isLetter(from: 0x61) || self == 0xdf || self == 0xff }

  /// The letter in the other case. Linux's table is that of Latin-1, and the distance is always 32.
  var uppercase: UInt8 { isLowercase ? self - 0x20 : self }
  var lowercase: UInt8 { isLetter(from: 0x41) ? self + 0x20 : self }

  /// Whether WERASE takes it for a part of a word: letters and digits of Latin-1, and "_".
  var isWordPart: Bool {
    self >= 0x30 && self <= 0x39 || isLetter(from: 0x41) || isLowercase || self == 0x5f
  }
}
