// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What has arrived at a terminal and was not read, in a ring of 4,096 bytes. Bytes have numbers
/// from the start on, which wrap. In canonical mode the bytes before `committed` are complete lines,
/// and a bitmap has their ends; the rest can be erased.
///
/// It has no lock: its owner has one. Each function handles a bounded number of bytes.
struct TerminalInput: ~Copyable {
  /// The greatest number of bytes.
  static var capacity: UInt32 { 4096 }

  private var bytes = InlineArray<4096, UInt8>(repeating: 0)
  /// A bit for each place of the ring: a line ends there.
  private var lineEnds = InlineArray<128, UInt32>(repeating: 0)
  /// The number of the oldest byte.
  private var first: UInt32 = 0
  /// The number after the last complete line.
  private(set) var committed: UInt32 = 0
  /// The number after the last byte.
  private(set) var appended: UInt32 = 0
  /// How many complete lines end with EOF, whose byte 0 is not read.
  private var endsOfFile: UInt32 = 0
  private let pinned = Pinned()

  /// How many bytes there are. Wrapping: they are differences of numbers.
  @inline(__always)
  var count: UInt32 { appended &- first }
  /// How many bytes more fit.
  @inline(__always)
  var room: UInt32 { Self.capacity &- count }
  /// Whether no byte waits for the end of its line.
  @inline(__always)
  var isLineEmpty: Bool { committed == appended }
  /// Whether there is a complete line.
  @inline(__always)
  var hasLine: Bool { committed != first }
  /// How many bytes complete lines have.
  @inline(__always)
  var lineCount: UInt32 { committed &- first &- endsOfFile }

  /// The byte of a number from the oldest to the one before `appended`.
  @inline(__always)
  subscript(_ number: UInt32) -> UInt8 { bytes[Self.place(of: number)] }

  private static func place(of number: UInt32) -> Int {
    Int(truncatingIfNeeded: number & (capacity - 1))
  }

  /// Appends a byte; drops it if there is no room.
  mutating func append(_ byte: UInt8) {
    guard room > 0 else { return }
    bytes[Self.place(of: appended)] = byte
    appended &+= 1
  }

  /// Removes the bytes from `number` on, none of which is in a complete line.
  mutating func truncate(to number: UInt32) { appended = number }

  /// Appends the byte that ends a line, and completes the line. With EOF the byte is 0 and is not
  /// read.
  mutating func endLine(_ byte: UInt8) {
    if room == 0 { appended &-= 1 }  // Wrapping: it is a number.
    let place = Self.place(of: appended)
    lineEnds[place >> 5] |= 1 << UInt32(place & 31)
    if byte == 0 { endsOfFile &+= 1 }
    append(byte)
    committed = appended
  }

  /// Removes all bytes.
  mutating func removeAll() {
    (first, committed) = (appended, appended)
    removeLineEnds()
  }

  private mutating func removeLineEnds() {
    for index in lineEnds.indices { lineEnds[index] = 0 }
    endsOfFile = 0
  }

  /// What is there becomes one line, as for Linux when canonical mode begins.
  mutating func beginLines() {
    removeLineEnds()
    committed = first
    guard count > 0 else { return }
    let place = Self.place(of: appended &- 1)
    lineEnds[place >> 5] = 1 << UInt32(place & 31)
    if bytes[place] == 0 { endsOfFile = 1 }
    committed = appended
  }

  /// What is there is no line any more: canonical mode ends.
  mutating func endLines() {
    removeLineEnds()
    committed = first
  }

  /// Moves bytes to `span`, from `start` to before `limit`: of one line, if `inLines`. EOF after
  /// them is removed with them.
  ///
  /// - Returns: where the rest of the span starts, and whether the end of a line was removed.
  mutating func read(
    into span: inout MutableRawSpan, from start: Int, to limit: Int, inLines: Bool
  ) -> (start: Int, isLine: Bool) {
    var index = start
    while first != (inLines ? committed : appended) {
      let place = Self.place(of: first)
      let bit: UInt32 = 1 << UInt32(place & 31)
      let isEnd = inLines && lineEnds[place >> 5] & bit != 0
      let isEndOfFile = isEnd && bytes[place] == 0
      guard index < limit || isEndOfFile else { break }
      first &+= 1
      if !isEndOfFile {
        span.storeBytes(of: bytes[place], toByteOffset: index, as: UInt8.self)
        index += 1
      }
      guard isEnd else { continue }
      lineEnds[place >> 5] ^= bit
      if isEndOfFile { endsOfFile &-= 1 }
      return (index, true)
    }
    return (index, false)
  }
}
