// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: the open file owns the frame; header and text do not overlap and fill it.
/// The read state of an open /proc text, kept in a frame of the open file: the piece generated
/// last. Reads consume the piece before the next one is generated, so no record is torn. The text
/// ends where its last piece ended (as with Linux's seq_file).
@safe struct OpenText {
  private struct Header {
    /// Offset in the text of the next byte to read.
    var position: UInt64 = 0
    /// The record at which the next piece begins.
    var next: Word = 0
    /// The unread bytes of the piece: `start ..< end` of the frame.
    var start: UInt16 = OpenText.textOffset
    var end: UInt16 = OpenText.textOffset
    /// Whether the text ends with this piece.
    var isLast = false
  }

  private static var textOffset: UInt16 { 32 }
  private let header: RecordReference<Header>
  private let bytes: UnsafeMutablePointer<UInt8>

  /// The state stored in the frame at `memory`.
  init(at memory: UnsafeMutableRawPointer) {
    unsafe header = RecordReference(at: memory.bindMemory(to: Header.self, capacity: 1))
    unsafe bytes = memory.assumingMemoryBound(to: UInt8.self)
  }

  /// Resets the state to the beginning of the text, with nothing generated.
  func rewind() { header.pointee = Header() }

  /// Offset in the text of the next byte to read.
  var position: UInt64 { header.pointee.position }
  /// Number of unread bytes in the piece.
  var count: Int { Int(header.pointee.end - header.pointee.start) }
  /// Whether the text ends with this piece.
  var isLast: Bool { header.pointee.isLast }
  /// Address of the unread bytes, of which there are `count`.
  var rest: UnsafeRawPointer { unsafe UnsafeRawPointer(bytes + Int(header.pointee.start)) }

  /// Marks `count` bytes of the piece as read.
  func consume(_ count: Int) {
    precondition(count <= self.count)
    header.pointee.start += UInt16(count)
    header.pointee.position += UInt64(count)
  }

  /// Generates the next piece with `body`, which writes the whole text or its records from the
  /// window's `first` on.
  func generate(by record: TextRecord, _ body: (inout TextWindow) -> Void) {
    let offset = Int(Self.textOffset)
    var window = unsafe TextWindow(
      start: bytes + offset, capacity: Int(Page.size) - offset,
      offset: record == .byte ? position : 0)
    if record != .byte { window.begin(at: header.pointee.next, byLine: record == .line) }
    body(&window)
    header.pointee.next = window.next
    header.pointee.isLast = !window.hasMore
    header.pointee.start = Self.textOffset
    header.pointee.end = Self.textOffset + UInt16(window.count)
  }
}
