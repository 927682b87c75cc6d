// SPDX-License-Identifier: Apache-2.0
// Lines of files in /proc, their words and columns. The commands in image/shell use this file, too.

/// The lines of a file; none if it cannot be read.
func lines(of path: String) -> [String] {
  bytes(of: path).split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
}

/// The bytes of a file; none if it cannot be read.
func bytes(of path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&buffer, 1, Int(buffer.count), file)
    if count == 0 { break }
    bytes += buffer[..<Int(count)]
  }
  return bytes
}

extension String {
  /// The text, padded with trailing spaces to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - utf8.count))
  }

  /// The words, which spaces separate.
  var words: [String] {
    utf8.split(separator: UInt8(ascii: " ")).map { String(decoding: Array($0), as: UTF8.self) }
  }

  /// The text, padded with leading spaces to a width.
  func aligned(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - utf8.count)) + self
  }
}
