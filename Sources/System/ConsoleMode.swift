// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// How the console begins: the last `console=` of the command line that has a meaning here.
///
///     (none)                  raw: bytes pass unchanged in both directions, and no key sends a signal
///     console=terminal        Linux's settings of a terminal; the first process leads its session
///     console=terminal,24x80  the same with rows and columns
///     console=framed          raw, but the input begins with DLE S and ends with DLE E; DLE DLE is a
///                             byte DLE. What arrives before the UART is configured is lost
///     console=output          raw, and the input is at its end from the start
struct ConsoleMode {
  /// DLE (0x10), and the bytes after it that begin and end the input.
  static var escape: UInt8 { 0x10 }
  static var startByte: UInt8 { UInt8(ascii: "S") }
  static var endByte: UInt8 { UInt8(ascii: "E") }

  private(set) var isTerminal = false
  private(set) var isFramed = false
  private(set) var hasEnded = false
  private(set) var window = TerminalWindow()

  init(_ line: borrowing CommandLine) {
    guard let value = line.value("console") else { return }
    isFramed = value.isEqual(to: "framed")
    hasEnded = value.isEqual(to: "output")
    let name: StaticString = "terminal"
    let count = name.utf8CodeUnitCount
    guard value.count >= count, value.extracting(first: count).isEqual(to: name) else { return }
    isTerminal = value.count == count || value[count] == UInt8(ascii: ",")
    guard isTerminal else { return }
    var numbers: InlineArray<2, UInt16> = [0, 0]
    var field = 0
    for index in min(count + 1, value.count)..<value.count {
      if value[index] == UInt8(ascii: "x"), field == 0 {
        field = 1
      } else if value[index] >= 0x30, value[index] <= 0x39, numbers[field] < 6000 {
        numbers[field] = numbers[field] * 10 + UInt16(value[index] - 0x30)
      } else {
        return
      }
    }
    window = TerminalWindow(rows: numbers[0], columns: numbers[1])
  }
}
