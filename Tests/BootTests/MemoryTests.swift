// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The memory calls, and a machine that runs out of memory.
final class MemoryTests: BootTestCase {
  /// vm_calls.txt is the output of the same program on Linux 6.1.
  func testMemoryCallsAnswerAsOnLinux() throws {
    let expected = try String(
      contentsOf: Workspace.programs.appendingPathComponent("vm_calls.txt"), encoding: .utf8)
    let outcome = try Machine.run(program: try Programs.build("vm_calls"))
    assertStatus(outcome, 0)
    let answers = outcome.output.split(separator: "\n")
    let wanted = expected.split(separator: "\n")
    XCTAssertEqual(answers.count, wanted.count)
    for (answer, want) in zip(answers, wanted) { XCTAssertEqual(answer, want) }
  }

  /// The program passes on Linux 6.1 as well.
  func testMemoryContentAfterEachCall() throws {
    let outcome = try Machine.run(program: try Programs.build("vm_contents"))
    assertStatus(outcome, 0)
    // It checks each byte after the end of its own file, so the count depends on the file's size.
    let count = outcome.output.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    XCTAssertTrue((8000...12100).contains(count), outcome.output)
    assertOneLine(outcome, " checks, 0 failed")
  }

  func testAHundredForksShareNoWritablePageAndLoseNoFrame() throws {
    let outcome = try Machine.run(program: try Programs.build("vm_fork"))
    assertStatus(outcome, 0)
  }

  /// The program passes on Linux 6.1 as well.
  func testForkWipesOrOmitsAdvisedMemory() throws {
    let outcome = try Machine.run(program: try Programs.build("vm_wipe"))
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.output, "vm_wipe: 72 checks, 0 failed\n")
  }

  func testAHundredExecsGetTheirOwnVdsoAndLoseNoFrame() throws {
    let outcome = try Machine.run(program: try Programs.build("vm_exec"))
    assertStatus(outcome, 0)
  }

  func testMachineWith16MiBRunsOutOfMemoryAndRecovers() throws {
    let outcome = try Machine.run(
      program: try Programs.build("vm_exhaust"), options: ["--memory", "16"])
    assertStatus(outcome, 0)
  }

  /// A program that is linked with the kernel's memory routines instead of libc's.
  func testMemoryRoutinesTouchOnlyTheirRange() throws {
    let folder = Workspace.root.appendingPathComponent("Sources/PortARMv7AAssembly")
    let routines = ["memory.S", "user_copy.S"].map(folder.appendingPathComponent)
    let outcome = try Machine.run(program: try Programs.build("memory_routines", with: routines))
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.output, "memory_routines: 11400 checks, 0 failed\n")
  }

  func testInstructionCountsAreEqualInEveryRun() throws {
    let program = try Programs.build("vm_maps")
    let boot = Machine.Boot(program: program, options: ["--icount"])
    let outcomes = try Machine.runAll([boot, boot])
    XCTAssertEqual(outcomes[0].output, outcomes[1].output)
  }
}
