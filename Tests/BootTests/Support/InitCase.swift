// SPDX-License-Identifier: Apache-2.0
import XCTest

/// A test whose /init is a file that was made on purpose.
class InitCase: BootTestCase {
  /// A folder with nothing in it: with it as --root, tools/run packs any /init into an archive.
  func emptyRoot() throws -> URL {
    let folder = try Workspace.scratchFile("empty")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Boots each of the files as /init of an archive, kernel lines shown.
  func boot(_ files: [Data], options: [String] = []) throws -> [Outcome] {
    let root = try emptyRoot().path
    let programs = try files.map { bytes in
      let file = try Workspace.scratchFile("init-\(UUID().uuidString)")
      try bytes.write(to: file)
      return file
    }
    defer { for program in programs { try? FileManager.default.removeItem(at: program) } }
    return try Machine.runAll(
      programs.map {
        Machine.Boot(program: $0, options: options + ["--verbose", "--root", root])
      })
  }

  /// Asserts that /init was refused: status 126, one line with the reason, no trap.
  func assertRefused(
    _ outcome: Outcome, _ reason: String, _ what: String, file: StaticString = #filePath,
    line: UInt = #line
  ) {
    assertStatus(outcome, 126, what, file: file, line: line)
    assertOneLine(outcome, "init: /init: ", what, file: file, line: line)
    assertOneLine(outcome, reason, what, file: file, line: line)
    XCTAssertFalse(outcome.output.contains("panic"), what, file: file, line: line)
  }
}
