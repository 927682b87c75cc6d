// SPDX-License-Identifier: Apache-2.0
import Foundation
import VdsoInspection

/// A search of one of Tests/Models by spin through every order of its steps.
public struct SpinSearch {
  /// Why there was no search to its end.
  public enum Failure: Error {
    /// A step failed, or the search ended early; with its output.
    case unfinished(String)
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The error that the search finds in `model` with `change` defined; nil if there is none.
  public static func error(in model: String, with change: String) throws -> String? {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    guard let tool = Disassembly.findTool() else { throw Failure.unfinished("no toolchain") }
    let clang = URL(fileURLWithPath: tool).deletingLastPathComponent().appending(path: "clang").path
    let file = root.appending(path: "Tests/Models/\(model)").path
    for step in [
      ["spin", "-P\(clang) -E -x c", "-D\(change)", "-a", file],
      [clang, "-w", "-DSAFETY", "-o", "pan", "pan.c"],
    ] {
      let outcome = try run(step, in: folder)
      if outcome.status != 0 { throw Failure.unfinished(outcome.text) }
    }
    let output = try run(["./pan", "-m100000"], in: folder).text
    // A search that ended early, for lack of depth or memory, proves nothing.
    guard output.contains("State-vector"), !output.contains("max search depth too small") else {
      throw Failure.unfinished(output)
    }
    return output.contains("errors: 0") ? nil : output
  }

  private static func run(_ command: [String], in folder: URL) throws -> ToolRun {
    try ToolRun("/usr/bin/env", command, in: folder)
  }

  /// Whether spin is installed; `tools/setup tests` installs it if it can.
  public static func isInstalled() throws -> Bool {
    let question = ["sh", "-c", "command -v spin"]
    if try run(question, in: root).status == 0 { return true }
    _ = try run([root.appending(path: "tools/setup").path, "tests"], in: root)
    return try run(question, in: root).status == 0
  }
}
