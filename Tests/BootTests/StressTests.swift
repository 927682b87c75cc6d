// SPDX-License-Identifier: Apache-2.0
import XCTest

/// The test kernel's stress: sixty tasks in C on every object of the LiteOS interface at once, with
/// one CPU and with several. It counts at both ends of each object, checks each second that every
/// task makes progress, and compares timers, sleeps and deadlines with the ticks.
final class StressTests: BootTestCase {
  override func setUpWithError() throws {
    guard Workspace.board == "virt" else { throw XCTSkip("the test kernel is built for virt") }
    try super.setUpWithError()
  }

  /// A boot of this many virtual seconds: an instruction takes 128 ns, which slows the machine.
  private func stress(_ cpus: Int, seconds: Int, seed: Int, append: String) throws -> Machine.Boot {
    Machine.Boot(
      program: try Programs.build("c_code"), arguments: [String(seconds), String(seed)],
      options: ["--icount", "--smp", String(cpus)], append: append,
      environment: [
        "APUS_KERNEL": try Workspace.product("test-kernel.bin").path,
        "APUS_QEMU": "-icount shift=7",
      ])
  }

  private func assertNothingLost(_ outcome: Outcome, _ cpus: Int, seconds: Int) {
    assertStatus(outcome, 0, "\(cpus) CPUs")
    XCTAssertEqual(outcome.lines(with: "FAILED"), [])
    for line in ["cpus \(cpus)", "seconds \(seconds)", "failed 0"] {
      assertOneLine(outcome, line)
    }
  }

  func testTenMinutesOfLoadLoseNoWakeUpTimerOrDeadline() throws {
    let counts = [4, 2, 1]
    let boots = try counts.map {
      try stress($0, seconds: 600, seed: $0, append: $0 == 2 ? "tick=50" : "nohz=off tick=50")
    }
    var rounds = 0
    for (cpus, outcome) in zip(counts, try Machine.runAll(boots)) {
      assertNothingLost(outcome, cpus, seconds: 600)
      let line = try XCTUnwrap(outcome.lines(with: "rounds ").last, outcome.output)
      rounds += try XCTUnwrap(line.split(separator: " ").last.flatMap { Int($0) })
    }
    // Each is one random operation on an object, or several.
    XCTAssertGreaterThan(rounds, 1_000_000)
  }

  func testLoadIsRepeatableUnderIcount() throws {
    let boot = try stress(4, seconds: 10, seed: 9, append: "tick=100")
    let outcomes = try Machine.runAll([boot, boot])
    for outcome in outcomes { assertNothingLost(outcome, 4, seconds: 10) }
    XCTAssertEqual(outcomes[0].output, outcomes[1].output)
  }

  /// The host's speed decides the order of events; every order must be correct.
  func testParallelProcessorsLoseNothing() throws {
    let outcome = try Machine.runAll([
      Machine.Boot(
        program: try Programs.build("c_code"), arguments: ["3", "1", "1"],
        options: ["--smp", "4"], append: "tick=100",
        environment: ["APUS_KERNEL": try Workspace.product("test-kernel.bin").path])
    ])[0]
    assertNothingLost(outcome, 4, seconds: 3)
  }
}
