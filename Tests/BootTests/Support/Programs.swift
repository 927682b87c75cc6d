// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The programs that tests boot, built with tools/cc-arm when their sources are newer.
enum Programs {
  /// Builds Programs/NAME.c or NAME.swift with further options of tools/cc-arm, and with further
  /// sources.
  static func build(
    _ name: String, _ flags: [String] = [], with others: [URL] = []
  ) throws -> URL {
    let output = try Workspace.scratchFile(([name] + flags).joined())
    let source = try source(name)
    let inputs = try [source] + others + kits(flags) + sharedSources()
    guard isOlder(output, than: inputs) else { return output }
    // A temporary name until it is complete: another test process may build the same program.
    let fresh = try Workspace.scratchFile("build-\(UUID().uuidString)")
    let outcome = try Command.run(
      Workspace.root.appendingPathComponent("tools/cc-arm"),
      flags + [source.path] + others.map(\.path) + ["-o", fresh.path])
    guard outcome.status == 0 else {
      throw Trouble("tools/cc-arm \(name): status \(outcome.status)\n\(outcome.errors)")
    }
    guard rename(fresh.path, output.path) == 0 else { throw Trouble("cannot rename \(fresh)") }
    return output
  }

  private static func source(_ name: String) throws -> URL {
    for suffix in ["c", "swift"] {
      let file = Workspace.programs.appendingPathComponent("\(name).\(suffix)")
      if FileManager.default.fileExists(atPath: file.path) { return file }
    }
    throw Trouble("there is no Programs/\(name).c or .swift")
  }

  /// What every program may depend on: headers, and the tool that builds programs.
  private static func sharedSources() throws -> [URL] {
    let headers = try FileManager.default.contentsOfDirectory(
      at: Workspace.programs, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "h" }
    return headers
      + ["image/bench/vdso_symbol.h", "tools/cc-arm"].map(Workspace.root.appendingPathComponent)
  }

  /// The kits that a program with these options calls, whose headers are made with them.
  private static func kits(_ flags: [String]) -> [URL] {
    let coroutines = flags.filter { $0 == "--coroutines" }.map { _ in "vsched" }
    let named = zip(flags, flags.dropFirst()).filter { $0.0 == "--kit" }.map(\.1)
    return (coroutines + named).map {
      Workspace.root.appendingPathComponent(".build/apus/kits/\($0).kit")
    }
  }

  private static func isOlder(_ output: URL, than sources: [URL]) -> Bool {
    guard let built = changed(output) else { return true }
    return sources.contains { source in changed(source).map { $0 >= built } ?? false }
  }

  private static func changed(_ file: URL) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: file.path))?[.modificationDate] as? Date
  }
}
