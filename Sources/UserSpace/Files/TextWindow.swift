// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// At which positions a piece of a text may begin: at any byte, for a text that does not change
/// while it is read; at a line; or where the writer marks a record by `endRecord`.
enum TextRecord {
  case byte, line, marked
}

// SAFETY: the caller of `init` passes `capacity` writable bytes that outlive the window.
/// A window over a text that is generated from its beginning: the window counts and drops the bytes
/// before it, keeps those inside, and drops the rest. So a /proc file needs no buffer for its whole
/// text.
///
/// A window begins at a byte offset; for a text that changes, it begins at a record and holds only
/// whole records.
@safe struct TextWindow: TextSink {
  private let start: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var skip: UInt64 = 0
  private var endsRecordsByLine = false
  private var line: Word = 0
  /// The record at which the piece begins: a line number, or a number that the writer passed to
  /// `endRecord`.
  private(set) var first: Word = 0
  /// The record at which the next piece begins.
  private(set) var next: Word = 0
  private var wholeCount = 0
  private var written = 0
  /// Whether the text continues after the piece.
  private(set) var hasMore = false
  /// Bytes in the piece: up to the last whole record if it is cut and has one, else up to the
  /// capacity.
  var count: Int { hasMore && wholeCount > 0 ? wholeCount : written }
  /// Whether further bytes are dropped because they lie after the window.
  private var isFull: Bool { skip == 0 && written == capacity }
  /// Bytes generated so far, inside and outside the window.
  private(set) var length: UInt64 = 0

  /// A window that keeps up to `capacity` bytes at `start`, beginning with byte `offset` of the
  /// text. The memory must outlive the window.
  @inline(never)
  init(start: UnsafeMutablePointer<UInt8>, capacity: Int, offset: UInt64) {
    unsafe self.start = start
    self.capacity = capacity
    skip = offset
  }

  /// Makes the piece begin at record `first`. With `byLine` each line is a record. Otherwise the
  /// writer ends each record with `endRecord`, and writes only those from `first` on.
  mutating func begin(at first: Word, byLine: Bool) {
    (self.first, next) = (first, first)
    line = byLine ? 0 : first
    endsRecordsByLine = byLine
  }

  mutating func skip(_ count: Int) -> Bool {
    guard skip >= UInt64(count) || isFull else { return false }
    if skip > 0 { skip -= UInt64(count) } else { hasMore = true }
    length &+= UInt64(count)  // Wrapping: 2^64 bytes are never generated.
    return true
  }

  /// Drops the next `count` bytes, at most 2^32, as if they were not written.
  mutating func drop(_ count: UInt64) {
    // Wrapping: an offset is below 2^63, and the bytes that are dropped are counted again.
    skip &+= count
    length &-= count
  }

  @inline(never)
  mutating func put(_ byte: UInt8) {
    length &+= 1  // Wrapping: 2^64 bytes are never generated.
    if skip > 0 {
      skip -= 1
    } else if line >= first {
      if written < capacity {
        // SAFETY: the index is below the capacity.
        unsafe start[written] = byte
        written += 1
      } else {
        hasMore = true
      }
    }
    guard endsRecordsByLine, byte == UInt8(ascii: "\n") else { return }
    line &+= 1  // Wrapping: 2^32 lines are never generated.
    endRecord(next: line)
  }

  /// Ends the current record; the next one is record `next`.
  mutating func endRecord(next: Word) {
    guard !hasMore else { return }
    wholeCount = written
    self.next = max(first, next)
  }
}
