// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Where the pieces of a text begin: anywhere, where it does not change while it is read; at a line; or
/// where its writer says so.
enum TextRecord {
  case byte, line, told
}

// SAFETY: the caller of `init` hands over that many bytes for as long as the window is used.
/// A piece of a text that is generated from its beginning: what comes before the piece is counted and
/// dropped, what comes after it is dropped. So a /proc file needs no buffer for all of it.
///
/// A piece begins at a byte, or, for a text that changes, at a record, and then holds whole ones.
@safe struct TextWindow: TextSink {
  private let start: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var skip: UInt64 = 0
  private var endsRecordsByLine = false
  private var line: UInt32 = 0
  /// The record at which the piece begins: a line's number, or what `endRecord` was told.
  private(set) var first: UInt32 = 0
  /// The record at which the next piece begins.
  private(set) var next: UInt32 = 0
  private var wholeCount = 0
  private var written = 0
  /// Something lies behind the piece.
  private(set) var isCut = false
  /// Bytes of the piece: as many as there is room for, or as whole records have.
  var count: Int { isCut && wholeCount > 0 ? wholeCount : written }
  /// Whether what comes now is dropped, because it lies behind the window.
  private var isFull: Bool { skip == 0 && written == capacity }
  /// Bytes generated so far, inside and outside the window.
  private(set) var length: UInt64 = 0

  /// A window over `capacity` bytes from the `offset`-th byte of the text on, kept at `start`,
  /// which outlives it.
  @inline(never)
  init(start: UnsafeMutablePointer<UInt8>, capacity: Int, offset: UInt64) {
    unsafe self.start = start
    self.capacity = capacity
    skip = offset
  }

  /// Lets the piece begin at record `first`. Lines are records, or pieces that end with `endRecord`, of
  /// which only those from `first` on are written.
  mutating func begin(at first: UInt32, byLine: Bool) {
    (self.first, next) = (first, first)
    line = byLine ? 0 : first
    endsRecordsByLine = byLine
  }

  mutating func pass(_ count: Int) -> Bool {
    guard skip >= UInt64(count) || isFull else { return false }
    if skip > 0 { skip -= UInt64(count) } else { isCut = true }
    length &+= UInt64(count)  // Wrapping: as in `put`.
    return true
  }

  @inline(never)
  mutating func put(_ byte: UInt8) {
    length &+= 1  // Wrapping: 2^64 bytes do not come.
    if skip > 0 {
      skip -= 1
    } else if line >= first {
      if written < capacity {
        // SAFETY: it is below the capacity.
        unsafe start[written] = byte
        written += 1
      } else {
        isCut = true
      }
    }
    guard endsRecordsByLine, byte == UInt8(ascii: "\n") else { return }
    line &+= 1  // Wrapping: as above.
    endRecord(next: line)
  }

  /// What was written since the last call belongs together; behind it comes record `next`.
  mutating func endRecord(next: UInt32) {
    guard !isCut else { return }
    wholeCount = written
    self.next = max(first, next)
  }
}
