// SPDX-License-Identifier: Apache-2.0
import XCTest

/// The kernel with C code: the LiteOS interface on the target, with tasks that preempt each other
/// and interrupts.
final class TestKernelTests: BootTestCase {
  func testCCodeUsesEveryObjectAndAllChecksHold() throws {
    guard Workspace.board == "virt" else { throw XCTSkip("the test kernel is built for virt") }
    let kernel = try Workspace.product("test-kernel.bin")
    let outcome = try Machine.runVerbosely(
      program: try Workspace.product("init"), options: ["--icount"], append: "nohz=off",
      environment: ["APUS_KERNEL": kernel.path])
    assertStatus(outcome, 0)
    for part in [
      "tasks", "waiting", "mutexes", "messages", "timers", "interrupts", "nesting", "work",
      "memory", "refusals",
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

  func testLinesInterruptTheirTargetCPUs() throws {
    guard Workspace.board == "virt" else { throw XCTSkip("the test kernel is built for virt") }
    let kernel = try Workspace.product("test-kernel.bin")
    let outcome = try Machine.run(
      program: try Workspace.product("init"), options: ["--icount", "--smp", "3"],
      append: "nohz=off", environment: ["APUS_KERNEL": kernel.path])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "lines across: done")
    assertOneLine(outcome, "failed 0")
  }

  func testPanicInANestedHandlerIsTracedToTheTask() throws {
    guard Workspace.board == "virt" else { throw XCTSkip("the test kernel is built for virt") }
    let outcome = try Machine.run(
      program: try Workspace.product("init"), append: "crash=nested",
      environment: ["APUS_KERNEL": try Workspace.product("test-kernel.bin").path])
    assertStatus(outcome, 125)
    assertOneLine(outcome, "panic: undefined instruction, cpu 0, task ")
    let trace = try XCTUnwrap(outcome.lines(with: "backtrace:").first).split(separator: " ")
    // Both interrupts enter through the same instruction of the vectors.
    let seen = Dictionary(grouping: trace.dropFirst(2)) { $0 }.mapValues(\.count)
    XCTAssertEqual(seen.values.filter { $0 == 2 }.count > 0, true, outcome.output)
    XCTAssertGreaterThan(trace.count, 2 + 8, "down to the task")
  }
}
