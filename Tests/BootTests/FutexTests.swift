// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Futexes with an owner, which inherits priority, and waits for several futexes at once.
final class FutexTests: BootTestCase {
  /// Compares the output of a program with that on Linux 6.1, which is in a file beside it.
  private func assertAnswersAsLinux(_ name: String, _ flags: [String] = ["-pthread"]) throws {
    let answers = Workspace.programs.appendingPathComponent(name + ".txt")
    let expected = try String(contentsOf: answers, encoding: .utf8)
    let program = try Programs.build(name, flags + ["-w"])
    let boots = ["1", "4"].map { Machine.Boot(program: program, options: ["--smp", $0]) }
    for outcome in try Machine.runAll(boots) {
      assertStatus(outcome, 0)
      XCTAssertEqual(outcome.output, expected)
    }
  }

  func testCallsAnswerAsOnLinux() throws { try assertAnswersAsLinux("owned_futex") }

  func testVectorsAnswerAsOnLinux() throws { try assertAnswersAsLinux("futex_vector") }

  func testMuslsMutexesInherit() throws { try assertAnswersAsLinux("inherit_mutex") }

  func testGlibcsMutexesInherit() throws {
    try assertAnswersAsLinux("inherit_mutex", ["-pthread", "-glibc"])
  }

  func testUrgentThreadIsNotDelayedAtTheEndOfAChain() throws {
    let program = try Programs.build("futex_chain", ["-pthread"])
    let boots = [1, 2, 4].map {
      Machine.Boot(
        program: program, arguments: ["\($0)"],
        options: ["--smp", "\($0)"] + ($0 == 1 ? ["--icount"] : []))
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  func testNothingIsLostWhenOwnersAreKilled() throws {
    let program = try Programs.build("futex_kills", ["-pthread"])
    let boots = [1, 2, 4].map {
      Machine.Boot(program: program, arguments: ["200"], options: ["--smp", "\($0)"])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }
}
