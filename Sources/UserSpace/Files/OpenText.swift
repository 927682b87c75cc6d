// SPDX-License-Identifier: Apache-2.0
import VmRegion

// SAFETY: the frame is the open file's own, and all of its bytes are the header's or the text's.
/// What an open text in /proc is in the middle of, in a frame of its open file: the piece that was
/// generated last. Reads take from it until it is empty, so that no record is torn, and the text ends
/// where its last piece ended (Linux's seq_file).
@safe struct OpenText {
  private struct Header {
    /// Where in the text the rest of the piece lies, in bytes.
    var position: UInt64 = 0
    /// The record at which the next piece begins.
    var next: UInt32 = 0
    /// The rest of the piece, in bytes of the frame.
    var start: UInt16 = OpenText.textOffset
    var end: UInt16 = OpenText.textOffset
    /// Nothing lies behind the piece.
    var isLast = false
  }

  private static var textOffset: UInt16 { 32 }
  private let header: UnsafeMutablePointer<Header>
  private let bytes: UnsafeMutablePointer<UInt8>

  /// The one in the frame at `memory`.
  init(at memory: UnsafeMutableRawPointer) {
    unsafe header = memory.bindMemory(to: Header.self, capacity: 1)
    unsafe bytes = memory.assumingMemoryBound(to: UInt8.self)
  }

  /// Makes it one of which nothing was read.
  func rewind() { unsafe header.initialize(to: Header()) }

  /// The byte that is read next.
  var position: UInt64 { unsafe header.pointee.position }
  /// Bytes of the piece that were not read.
  var count: Int { unsafe Int(header.pointee.end - header.pointee.start) }
  /// Nothing lies behind the piece.
  var isLast: Bool { unsafe header.pointee.isLast }
  /// Where those lie.
  var rest: UnsafeRawPointer { unsafe UnsafeRawPointer(bytes + Int(header.pointee.start)) }

  /// Takes `count` bytes of the piece as read.
  func pass(_ count: Int) {
    precondition(count <= self.count)
    unsafe header.pointee.start += UInt16(count)
    unsafe header.pointee.position += UInt64(count)
  }

  /// Lets `body` write the next piece.
  func generate(by record: TextRecord, _ body: (inout TextWindow) -> Void) {
    let offset = Int(Self.textOffset)
    var window = unsafe TextWindow(
      start: bytes + offset, capacity: Int(Page.size) - offset,
      offset: record == .byte ? position : 0)
    if record != .byte { unsafe window.begin(at: header.pointee.next, byLine: record == .line) }
    body(&window)
    unsafe header.pointee.next = window.next
    unsafe header.pointee.isLast = !window.isCut
    unsafe header.pointee.start = Self.textOffset
    unsafe header.pointee.end = Self.textOffset + UInt16(window.count)
  }
}
