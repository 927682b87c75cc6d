import XCTest

/// The kernel with C code in it: what the LiteOS interface does on the target, tasks that preempt each
/// other and interrupts included.
final class TestKernelTests: BootTestCase {
  func testCodeInCUsesEveryObjectAndEveryCheckHolds() throws {
    guard Workspace.board == "virt" else { throw XCTSkip("the test kernel is built for virt") }
    let kernel = try Workspace.product("test-kernel.bin")
    let outcome = try Machine.run(
      program: try Workspace.product("init"), options: ["--icount"], append: "nohz=off",
      environment: ["APUS_KERNEL": kernel.path])
    assertStatus(outcome, 0)
    for part in ["tasks", "waiting", "mutexes", "messages", "timers", "interrupts", "memory"] {
      assertOneLine(outcome, "\(part): done")
    }
    assertOneLine(outcome, "failed 0")
    XCTAssertEqual(outcome.lines(with: "FAILED"), [])
  }
}
