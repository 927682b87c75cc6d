// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A folder with some of the checkout's files, and stubs for the others, to run a tool without the
/// programs that it would start.
///
/// It is outside of the checkout, where any user may write.
final class ToolFolder {
  let place: URL
  /// Before PATH: the stubs of commands.
  var commands: URL { place.appendingPathComponent("commands") }

  /// Copies `files` of the checkout, which may be folders.
  init(copying files: [String]) throws {
    place = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("apus-tools-\(UUID().uuidString)")
    for file in files {
      let copy = place.appendingPathComponent(file)
      try Self.makeFolder(copy.deletingLastPathComponent())
      try FileManager.default.copyItem(
        at: Workspace.root.appendingPathComponent(file), to: copy)
    }
    try Self.makeFolder(commands)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: place.path)
  }

  deinit { try? FileManager.default.removeItem(at: place) }

  /// Makes a shell script of `lines`: a tool, or a command of that name.
  func stub(_ name: String, _ lines: String) throws {
    try write(name, "#!/bin/bash\n\(lines)\n", mode: 0o755)
  }

  /// Makes a command of that name, which hides the system's.
  func command(_ name: String, _ lines: String) throws { try stub("commands/\(name)", lines) }

  /// Writes a file.
  func write(_ name: String, _ text: String, mode: Int = 0o644) throws {
    let file = place.appendingPathComponent(name)
    try Self.makeFolder(file.deletingLastPathComponent())
    try Data(text.utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
  }

  /// The text of a file, or nil where there is none.
  func text(_ name: String) -> String? {
    try? String(contentsOf: place.appendingPathComponent(name), encoding: .utf8)
  }

  /// Links all commands of the system but `hidden` beside the stubs, and has PATH end there.
  func hideCommands(_ hidden: [String]) throws {
    let system = URL(fileURLWithPath: "/usr/bin")
    for name in try FileManager.default.contentsOfDirectory(atPath: system.path)
    where !hidden.contains(name) {
      try? FileManager.default.createSymbolicLink(
        at: commands.appendingPathComponent(name),
        withDestinationURL: system.appendingPathComponent(name))
    }
    path = commands.path
  }

  private lazy var path =
    "\(commands.path):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"

  /// Runs a command line of the shell in the folder.
  func run(_ line: String, environment: [String: String] = [:]) throws -> Outcome {
    try Command.run(
      URL(fileURLWithPath: "/bin/bash"), ["-c", "cd '\(place.path)' && \(line)"],
      environment: environment.merging(["PATH": path]) { $1 })
  }

  /// Runs a command as a normal user.
  func runAsUser(_ command: String) throws -> Outcome {
    let user = getuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : ""
    return try run("chmod -R a+rwX . && \(user)\(command)")
  }

  private static func makeFolder(_ folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }
}
