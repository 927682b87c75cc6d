// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A program with a terminal, and a user who types when the program has written something.
struct Conversation {
  /// What is typed after a text was written that follows the last one.
  struct Turn {
    let after: String
    let typed: String

    init(after: String, type typed: String) {
      self.after = after
      self.typed = typed
    }
  }

  /// Boots a program, makes all turns, and waits for the machine's end. The end of the output
  /// before all turns were made ends the conversation, too.
  static func run(
    _ program: URL, options: [String], _ turns: [Turn]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = Workspace.root.appendingPathComponent("tools/run")
    process.arguments =
      options + ["--timeout", String(Machine.timeout), "--append", "console=terminal,24x80"]
      + [program.path]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var bytes = Data()
    var position = bytes.startIndex
    for turn in turns {
      let wanted = Data(turn.after.utf8)
      var place = bytes.range(of: wanted, in: position..<bytes.endIndex)
      while place == nil {
        let more = output.fileHandleForReading.availableData
        if more.isEmpty { break }
        bytes += more
        place = bytes.range(of: wanted, in: position..<bytes.endIndex)
      }
      guard let place else { break }
      position = place.upperBound
      try input.fileHandleForWriting.write(contentsOf: Data(turn.typed.utf8))
    }
    bytes += output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}
