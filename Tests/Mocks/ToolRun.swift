// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A tool that a test has run to its end.
public struct ToolRun {
  /// Its exit status.
  public let status: Int32
  /// What it printed, errors included.
  public let text: String

  /// Runs the tool at `path`, in `folder` if that is given; `environment` is added to this
  /// process's.
  public init(
    _ path: String, _ arguments: [String], in folder: URL? = nil,
    environment: [String: String] = [:]
  ) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    (status, text) = (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
