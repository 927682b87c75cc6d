// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// Debian's busybox, unmodified: its shell and tools do what they do on Linux.
final class BusyboxTests: BootTestCase {
  /// A folder with busybox as /bin/busybox and /bin/sh, and the commands of LiteOS as /bin/liteos.
  private func root() throws -> URL {
    let root = try Workspace.scratchFile("root-busybox-\(UUID().uuidString)")
    let bin = root.appendingPathComponent("bin")
    try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Workspace.root.appendingPathComponent(".build/sysroot-busybox/usr/bin/busybox"),
      to: bin.appendingPathComponent("busybox"))
    try FileManager.default.copyItem(
      at: try Workspace.product("liteos"), to: bin.appendingPathComponent("liteos"))
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

  /// busybox's mount, umount and df.
  func testShellMountsFileSystems() throws {
    let root = try root()
    defer { try? FileManager.default.removeItem(at: root) }
    let script = Workspace.programs.appendingPathComponent("mounting.sh")
    let answers = Workspace.programs.appendingPathComponent("mounting.txt")
    let outcome = try Machine.run(program: script, options: ["--root", root.path])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.output, try String(contentsOf: answers, encoding: .utf8))
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

  func testPoweroffEndsTheMachine() throws {
    let root = try root()
    defer { try? FileManager.default.removeItem(at: root) }
    let outcome = try Machine.run(
      program: Workspace.programs.appendingPathComponent("poweroff.sh"),
      options: ["--root", root.path])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.output, "0\n")
  }

  /// The commands of LiteOS's shell, and what they answer to wrong arguments.
  func testCommandsOfLiteOSListTasksMemoryAndInterrupts() throws {
    let root = try root()
    defer { try? FileManager.default.removeItem(at: root) }
    let outcome = try Machine.run(
      program: Workspace.programs.appendingPathComponent("liteos.sh"),
      options: ["--root", root.path])
    assertStatus(outcome, 0)
    let answers = outcome.output.components(separatedBy: "$ ").dropFirst().map { part in
      part.split(separator: "\n").map(String.init)
    }
    // What a command printed, and its status.
    let answer = Dictionary(
      uniqueKeysWithValues: answers.map { ($0[0], $0.dropFirst().dropLast()) })
    let status = Dictionary(uniqueKeysWithValues: answers.map { ($0[0], $0.last) })
    func rows(_ command: String) -> [[String]] {
      (answer[command] ?? []).map { $0.split(separator: " ").map(String.init) }
    }
    XCTAssertEqual(rows("task").prefix(3).map { $0[1] }, ["name", "idle", "init"])
    XCTAssertEqual(rows("task 1").map { $0[1] }, ["name", "init"])
    XCTAssertEqual(rows("task 1").last?[2], "waiting")
    XCTAssertEqual(rows("cpup").first, ["id", "name", "cpu%"])
    XCTAssertEqual(rows("cpup").last?[0], "cpu0:")
    XCTAssertEqual(rows("cpup 1").map(\.count), [3, 3])
    XCTAssertEqual(rows("mutex"), [["id", "name"]])
    XCTAssertTrue(rows("hwi").contains { $0.last == "arch_timer" }, outcome.output)
    for (command, kind) in [("sem", "semaphore"), ("queue", "queue"), ("swtmr", "timer")] {
      XCTAssertEqual(rows(command), [[kind]])  // This kernel has no C code.
      XCTAssertEqual(status["\(command) 3"], "1")
    }
    XCTAssertEqual(rows("vmm").first, ["process", "1", "init"])
    XCTAssertTrue(rows("vmm 1").contains { $0.last == "[vdso]" }, outcome.output)
    XCTAssertEqual(rows("vmm 1").filter { $0[0] == "process" }.count, 1)
    XCTAssertGreaterThan(rows("vmm").filter { $0[0] == "process" }.count, 1)
    XCTAssertEqual(rows("pmm").prefix(3).map { $0[0] }, ["MemTotal:", "MemFree:", "MemAvailable:"])
    XCTAssertEqual(rows("systeminfo").map { $0[0] }, ["Module", "Task", "Sem", "Queue", "SwTmr"])
    for unknown in ["task 99", "hwi 999", "vmm 99"] {
      let command = unknown.split(separator: " ")
      XCTAssertEqual(answer[unknown], ["\(command[0]): there is no number \(command[1])"])
      XCTAssertEqual(status[unknown], "1")
    }
    for wrong in ["task x", "task 1 2", "task -1", "vmm 4294967296", "pmm 1"] {
      XCTAssertEqual(status[wrong], "2", wrong)
      XCTAssertEqual(answer[wrong]?.first?.hasPrefix("usage: "), true, wrong)
    }
    for command in ["task", "cpup", "hwi", "sem", "mutex", "queue", "swtmr", "vmm", "pmm"] {
      XCTAssertEqual(status[command], "0", command)
    }
  }

  /// The objects of C code, in the kernel that has some.
  func testCommandsOfLiteOSListObjectsOfCCode() throws {
    guard Workspace.board == "virt" else { throw XCTSkip("the test kernel is built for virt") }
    let root = try root()
    defer { try? FileManager.default.removeItem(at: root) }
    let outcome = try Machine.run(
      program: Workspace.programs.appendingPathComponent("liteos_objects.sh"),
      arguments: ["0", "show"], options: ["--root", root.path, "--icount"], append: "nohz=off",
      environment: ["APUS_KERNEL": try Workspace.product("test-kernel.bin").path])
    assertStatus(outcome, 0)
    XCTAssertEqual(
      outcome.lines.prefix(7),
      [
        "semaphore", "0: count 3, waiting 0", "queue", "0: messages 1 of 5, waiting 0",
        "0: messages 1 of 5, waiting 0", "timer", "0: ticks left",
      ])
    assertOneLine(outcome, "Sem        1")
    assertOneLine(outcome, "Queue      1")
    assertOneLine(outcome, "SwTmr      1")
  }
}
