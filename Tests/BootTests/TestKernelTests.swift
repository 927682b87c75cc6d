// SPDX-License-Identifier: Apache-2.0
import Foundation
import VmRegionMocks
import XCTest

/// The kernel with C code: the LiteOS interface on the target, with tasks that preempt each other
/// and interrupts.
final class TestKernelTests: BootTestCase {
  override func setUpWithError() throws {
    guard Workspace.board == "virt" else { throw XCTSkip("the test kernel is built for virt") }
    try super.setUpWithError()
  }

  private func kernel(_ name: String = "test-kernel.bin") throws -> [String: String] {
    ["APUS_KERNEL": try Workspace.product(name).path]
  }

  func testCCodeUsesEveryObjectAndAllChecksHold() throws {
    let outcome = try Machine.runVerbosely(
      program: try Programs.build("c_code"), options: ["--icount"], append: "nohz=off",
      environment: kernel())
    assertStatus(outcome, 0)
    for part in [
      "tasks", "waiting", "mutexes", "messages", "timers", "interrupts", "nesting", "work",
      "memory", "kits", "refusals",
    ] {
      assertOneLine(outcome, "\(part): done")
    }
    assertOneLine(outcome, "failed 0")
    XCTAssertEqual(outcome.lines(with: "FAILED"), [])
    // The lines of C code in /proc/interrupts, and the one without a handler.
    let level = try NSRegularExpression(pattern: "^ 20[0-5]: +1  level$")
    let levels = outcome.lines.filter {
      level.firstMatch(in: $0, range: NSRange($0.startIndex..., in: $0)) != nil
    }
    XCTAssertEqual(levels.count, 6, outcome.output)
    assertOneLine(outcome, "  arch_timer")
    assertOneLine(outcome, "  Spurious interrupts")
    assertOneLine(outcome, "interrupts: line 222: no handler, disabled")
  }

  func testKernelCodeCallsNoKitOfTheInitrd() throws {
    let root = try Workspace.scratchFile("kits-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = root.appendingPathComponent("lib/kits")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(KitFile("box").bytes).write(to: folder.appendingPathComponent("box.kit"))
    let outcome = try Machine.runVerbosely(
      program: try Programs.build("c_code"), options: ["--icount", "--root", root.path],
      append: "nohz=off", environment: kernel())
    assertStatus(outcome, 0)
    assertOneLine(outcome, "box: not built into the kernel")
    assertOneLine(outcome, "kits: done")
  }

  /// The same boot runs a program, which lists the tasks and the objects of the C code.
  func testProgramListsTheTasksObjectsAndLinesOfCCode() throws {
    let outcome = try Machine.run(
      program: try Programs.build("c_code"), arguments: ["0", "show"], options: ["--icount"],
      append: "nohz=off", environment: kernel())
    assertStatus(outcome, 0)
    let rows = outcome.lines.map { $0.split(separator: " ").map(String.init) }
    let tasks = rows.filter { $0.count == 13 && $0[0] != "id" }
    XCTAssertEqual(tasks.first { $0[1] == "test" }?[2...3], ["waiting", "delay"], outcome.output)
    XCTAssertEqual(tasks.first { $0[1] == "init" }?[2], "running", outcome.output)
    assertOneLine(outcome, "semaphore 0: count 3, waiting 0")
    assertOneLine(outcome, "queue 0: messages 1 of 5, waiting 0")
    assertOneLine(outcome, "timer 0: ticks left 1000000")
    assertOneLine(outcome, " 200:           0  listed")
  }

  /// With the audit of locks on.
  func testDebugKernelFindsTheLocksOfCCodeInOrder() throws {
    let outcome = try Machine.run(
      program: try Programs.build("c_code"), options: ["--icount"], append: "nohz=off",
      environment: kernel("debug-test-kernel.bin"))
    assertStatus(outcome, 0)
    assertOneLine(outcome, "failed 0")
  }

  func testLinesInterruptTheirTargetCPUs() throws {
    let outcome = try Machine.run(
      program: try Programs.build("c_code"), options: ["--icount", "--smp", "3"],
      append: "nohz=off", environment: kernel())
    assertStatus(outcome, 0)
    assertOneLine(outcome, "lines across: done")
    assertOneLine(outcome, "failed 0")
  }

  func testPanicInANestedHandlerIsTracedToTheTask() throws {
    let outcome = try Machine.run(
      program: try Programs.build("c_code"), append: "crash=nested", environment: kernel())
    assertStatus(outcome, 125)
    assertOneLine(outcome, "panic: undefined instruction, cpu 0, task ")
    let trace = try XCTUnwrap(outcome.lines(with: "backtrace:").first).split(separator: " ")
    // Both interrupts enter through the same instruction of the vectors.
    let seen = Dictionary(grouping: trace.dropFirst(2)) { $0 }.mapValues(\.count)
    XCTAssertEqual(seen.values.filter { $0 == 2 }.count > 0, true, outcome.output)
    XCTAssertGreaterThan(trace.count, 2 + 8, "down to the task")
  }
}
