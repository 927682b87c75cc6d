// SPDX-License-Identifier: Apache-2.0
// Text: reading lines from /proc, and the format of the tour's lines.

/// The claims of the tour, and how many of them failed.
struct Claims {
  /// The number of claims that did not hold.
  private(set) var failed = 0

  /// Counts and prints a claim that does not hold.
  mutating func check(_ holds: Bool, _ claim: String) {
    if holds { return }
    failed += 1
    fact("NOT TRUE", claim)
  }
}

/// Begins a part of the tour.
func heading(_ text: String) {
  print("\n\(text)")
}

/// Prints one line of a part: a name and a text.
func fact(_ name: String, _ text: String) {
  print("  \(name.padded(to: 16)) \(text)")
}

/// The lines of a file; none if it cannot be read.
func lines(of path: String) -> [String] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&buffer, 1, Int(buffer.count), file)
    if count == 0 { break }
    bytes += buffer[..<Int(count)]
  }
  return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
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

  /// The text of a C array of characters, which Swift imports as a tuple, up to its terminator.
  init<Characters>(characters: Characters) {
    self = withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// A number in decimal, with leading zeros to a width.
func digits(_ number: Int, _ width: Int) -> String {
  let text = "\(number)"
  return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
