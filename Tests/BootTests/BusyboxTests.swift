// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// Debian's busybox, unmodified: its shell and tools do what they do on Linux.
final class BusyboxTests: BootTestCase {
  /// A folder with busybox as /bin/busybox and /bin/sh.
  private func root() throws -> URL {
    let root = try Workspace.scratchFile("root-busybox-\(UUID().uuidString)")
    let bin = root.appendingPathComponent("bin")
    try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Workspace.root.appendingPathComponent(".build/sysroot-busybox/usr/bin/busybox"),
      to: bin.appendingPathComponent("busybox"))
    try FileManager.default.createSymbolicLink(
      atPath: bin.appendingPathComponent("sh").path, withDestinationPath: "busybox")
    return root
  }

  /// Pipelines, redirections, loops, functions, files, text tools, processes and signals.
  func testSessionOfAShellIsAsOnLinux() throws {
    let root = try root()
    defer { try? FileManager.default.removeItem(at: root) }
    let script = Workspace.programs.appendingPathComponent("session.sh")
    let answers = Workspace.programs.appendingPathComponent("session.txt")
    let expected = try String(contentsOf: answers, encoding: .utf8)
    let outcomes = try Machine.runAll(
      [[], ["--smp", "4"]].map {
        Machine.Boot(program: script, options: ["--root", root.path] + $0)
      })
    for outcome in outcomes {
      assertStatus(outcome, 0)
      for (line, wanted) in zip(outcome.lines, expected.split(separator: "\n")) {
        XCTAssertEqual(line, String(wanted))
      }
      XCTAssertEqual(outcome.output, expected)
    }
  }
}
