// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The result of a command.
struct Outcome: Sendable {
  /// Its exit status; 128+n where a signal ended it.
  let status: Int32
  /// Its standard output, byte for byte.
  let bytes: Data
  /// Its standard error.
  let errors: String

  /// Standard output as text.
  var output: String { String(decoding: bytes, as: UTF8.self) }
  /// Its lines, without empty ones.
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// The lines in which `text` occurs.
  func lines(with text: String) -> [String] { lines.filter { $0.contains(text) } }
}

/// One command, run to its end. Files take its output, so that no pipe can fill up.
enum Command {
  /// Runs `tool` with standard input at its end, or with the file `input`.
  static func run(
    _ tool: URL, _ arguments: [String], environment: [String: String] = [:], input: URL? = nil
  ) throws -> Outcome {
    let folder = try Workspace.scratchFile("run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let process = Process()
    process.executableURL = tool
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput =
      try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
    let output = folder.appendingPathComponent("output")
    let errors = folder.appendingPathComponent("errors")
    process.standardOutput = try created(output)
    process.standardError = try created(errors)
    try process.run()
    process.waitUntilExit()
    let status = process.terminationStatus
    return Outcome(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      bytes: try Data(contentsOf: output),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }

  private static func created(_ file: URL) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    return try FileHandle(forWritingTo: file)
  }
}
