// SPDX-License-Identifier: Apache-2.0
// Text: the format of the tour's lines.

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

extension String {
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
