// SPDX-License-Identifier: Apache-2.0

/// Prints the lines of a list: the first one, which is the heading, and of the others all, or only
/// that with a number.
///
/// - Parameters:
///   - lines: the list.
///   - number: the number of the line to print; nil for all.
///   - place: the number of a line from its words.
/// - Returns: false if the file has no lines, or none has the number.
func printSelected(
  _ lines: [String], _ number: UInt32?,
  by place: ([String]) -> UInt32? = { $0.first.flatMap { UInt32($0) } }
) -> Bool {
  guard let heading = lines.first else { return false }
  let selected = lines.dropFirst().filter { number == nil || place($0.words) == number }
  guard number == nil || !selected.isEmpty else { return false }
  print(heading)
  for line in selected { print(line) }
  return true
}
