// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The first line of a script: `#!`, the path of its interpreter and at most one argument
/// (execve(2)). Offsets are in the file.
struct ScriptLine: Equatable {
  let path: Range<Int>
  /// The rest of the line without the blanks around it; nil if there is none.
  let argument: Range<Int>?

  /// Only so many bytes of a line are read (Linux's BINPRM_BUF_SIZE).
  private static var greatestCount: Int { 256 }

  /// The first line of `file`; nil unless it begins with `#!`.
  ///
  /// - Throws: `notExecutable` if there is no path, or if it may have been cut off.
  init?(_ file: RawSpan) throws(Errno) {
    guard file.hasText("#!", at: 0) else { return nil }
    let limit = Self.greatestCount
    var end = Self.index(in: file, from: 2, below: limit) { $0 == UInt8(ascii: "\n") }
    let start = Self.index(in: file, from: 2, below: end) { !Self.isBlank($0) }
    let pathEnd = Self.index(in: file, from: start, below: end) { Self.isBlank($0) || $0 == 0 }
    // Without an end of the line, what the path ends with must be there.
    guard start < end, pathEnd > start, pathEnd < limit else { throw .notExecutable }
    path = start..<pathEnd
    end = min(end, limit - 1)  // Linux overwrites the last byte.
    end = Self.index(in: file, from: pathEnd, below: end) { $0 == 0 }
    while Self.isBlank(file.byte(at: end - 1) ?? 0) { end -= 1 }
    let next = Self.index(in: file, from: pathEnd, below: end) { !Self.isBlank($0) }
    argument = next < end ? next..<end : nil
  }

  /// The first index in `start ..< end` whose byte satisfies `condition`; `end` if there is none. Bytes
  /// after the end of the file are 0.
  @inline(__always)
  private static func index(
    in file: RawSpan, from start: Int, below end: Int, _ condition: (UInt8) -> Bool
  ) -> Int {
    var index = start
    while index < end, !condition(file.byte(at: index) ?? 0) { index += 1 }
    return index
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
