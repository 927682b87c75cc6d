import Foundation
import XCTest

/// Memory under attack, memory that runs out, and addresses that nobody can guess.
final class MemoryTests: BootTestCase {
  func testEverySystemCallAgainstTheVdsoIsRefusedAndChangesNothing() throws {
    let program = try Programs.build("vm_attack")
    // 50 is brk, which answers with the old end; 51 is a system call that would write to [vvar].
    let ways = Array(0...26) + [50, 51]
    let outcomes = try Machine.runAll(
      ways.map { Machine.Boot(program: program, arguments: [String($0)]) })
    for (way, outcome) in zip(ways, outcomes) { assertStatus(outcome, 0, "way \(way)") }
  }

  func testEveryForbiddenAccessEndsInASegmentationFault() throws {
    let program = try Programs.build("vm_attack")
    let ways = Array(100...110)
    let outcomes = try Machine.runAll(
      ways.map { Machine.Boot(program: program, arguments: [String($0)]) })
    for (way, outcome) in zip(ways, outcomes) {
      assertStatus(outcome, 139, "way \(way)")
      XCTAssertEqual(outcome.output, "")
    }
  }

  /// vm_calls.txt is what Linux 6.1 prints for the same program.
  func testSystemCallsOfMemoryAnswerAsLinuxDoes() throws {
    let expected = try String(
      contentsOf: Workspace.programs.appendingPathComponent("vm_calls.txt"), encoding: .utf8)
    let outcome = try Machine.run(program: try Programs.build("vm_calls"))
    assertStatus(outcome, 0)
    let answers = outcome.output.split(separator: "\n")
    let wanted = expected.split(separator: "\n")
    XCTAssertEqual(answers.count, wanted.count)
    for (answer, want) in zip(answers, wanted) { XCTAssertEqual(answer, want) }
  }

  func testAMachineOf16MiBRunsOutOfMemoryAndRecovers() throws {
    let outcome = try Machine.run(
      program: try Programs.build("vm_exhaust"), options: ["--memory", "16"])
    assertStatus(outcome, 0)
  }

  func testAddressesDifferBetweenBootsAndNotWithNorandomize() throws {
    let program = try Programs.build("vm_maps", ["-static-pie"])
    let random = Machine.Boot(program: program)
    let fixed = Machine.Boot(program: program, append: "norandomize")
    let outcomes = try Machine.runAll([random, random, random, fixed, fixed])
    for outcome in outcomes { assertStatus(outcome, 0) }
    for name in ["/init", "[heap]", "[vvar]", "[vdso]", "[stack]", "mmap"] {
      let bases = outcomes.map { outcome in
        outcome.lines(with: name).first.map { String($0.prefix { $0 != "-" }) } ?? "none"
      }
      XCTAssertGreaterThan(Set(bases[..<3]).count, 1, "\(name): \(bases)")
      XCTAssertEqual(bases[3], bases[4], name)
    }
    XCTAssertEqual(outcomes[3].output, outcomes[4].output)
  }

  func testInstructionsAreCountedTheSameInEveryRun() throws {
    let program = try Programs.build("vm_maps")
    let boot = Machine.Boot(program: program, options: ["--icount"])
    let outcomes = try Machine.runAll([boot, boot])
    XCTAssertEqual(outcomes[0].output, outcomes[1].output)
  }
}
