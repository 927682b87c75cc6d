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

  /// Jobs in the background, ^Z, fg, bg, kill, ^C, and a job that the terminal stops.
  func testShellControlsJobs() throws {
    let root = try root()
    defer { try? FileManager.default.removeItem(at: root) }
    let turns: [Conversation.Turn] = [
      .init(after: "# ", type: "sleep 100 &\r"),
      .init(after: "# ", type: "jobs\r"),
      .init(after: "Running", type: "kill %1; wait %1; echo killed $?\r"),
      .init(after: "killed 143", type: "echo ready; cat\r"),
      .init(after: "ready\r\n", type: "hello\r"),
      .init(after: "hello\r\nhello\r\n", type: "\u{1a}"),
      .init(after: "Stopped", type: "fg\r"),
      .init(after: "fg\r\ncat\r\n", type: "again\r"),
      .init(after: "again\r\nagain\r\n", type: "\u{1a}"),
      .init(after: "Stopped", type: "bg\r"),
      .init(after: "# ", type: "until jobs >j; grep -q input j; do :; done; echo no reads\r"),
      .init(
        after: "\nno reads",
        type: "kill -9 %1; while jobs >j; [ -s j ]; do :; done; echo gone\r"),
      .init(after: "\ngone", type: "stty tostop; echo out &\r"),
      .init(after: "# ", type: "until jobs >j; grep -q output j; do :; done; echo no writes\r"),
      .init(after: "\nno writes", type: "stty -tostop; fg\r"),
      .init(after: "\nout\r\n", type: "sh -c 'echo go; cat' | cat\r"),
      .init(after: "go\r\n", type: "\u{3}"),
      .init(after: "# ", type: "echo status $?\r"),
      .init(after: "status 130", type: "exit 7\r"),
    ]
    let program = Workspace.root.appendingPathComponent("image/shell/init")
    for processors in Workspace.board == "virt" ? ["1", "4"] : [] {
      let (status, output) = try Conversation.run(
        program, options: ["--root", root.path, "--smp", processors], turns)
      XCTAssertEqual(status, 7, output)
    }
  }
}
