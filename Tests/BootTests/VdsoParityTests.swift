import Foundation
import XCTest

/// The same answers with the vDSO and without, whatever keeps it or its clocks away. The reasons that
/// are flaws of the image have their boots in VdsoImageTests.
final class VdsoParityTests: BootTestCase {
  /// What does not depend on whether there is an image.
  private func answers(_ outcome: Outcome) -> [String] {
    ["gettime", "getres", "getcpu"].flatMap { outcome.lines(with: $0) }
  }

  func testEveryFunctionAnswersAsItsSystemCallWithAndWithoutTheImage() throws {
    let program = try Programs.build("vdso_parity")
    // As it is; by the command line; a counter that fine time is not made from, with both.
    let slow = ["APUS_QEMU": "-global cortex-a7-arm-cpu.cntfrq=100000"]
    let outcomes = try Machine.runAll([
      Machine.Boot(program: program), Machine.Boot(program: program, append: "vdso=off"),
      Machine.Boot(program: program, environment: slow),
      Machine.Boot(program: program, append: "vdso=off", environment: slow),
    ])
    for (outcome, state) in zip(outcomes, ["present", "absent", "present", "absent"]) {
      assertStatus(outcome, 0)
      assertOneLine(outcome, "vdso: \(state)")
      XCTAssertEqual(answers(outcome).count, 35 * 2 + 2)
    }
    XCTAssertEqual(answers(outcomes[0]), answers(outcomes[1]))
    XCTAssertEqual(answers(outcomes[2]), answers(outcomes[3]))
    XCTAssertNotEqual(answers(outcomes[0]), answers(outcomes[2]), "getres says what there is")
  }

  func testPointersOfAllKindsAreAnsweredAsByTheSystemCall() throws {
    let program = try Programs.build("vdso_pointers")
    let outcomes = try Machine.runAll([
      Machine.Boot(program: program), Machine.Boot(program: program, append: "vdso=off"),
    ])
    for outcome in outcomes { assertStatus(outcome, 0) }
    let answers = outcomes.map { $0.lines(with: ", clock_") + $0.lines(with: " others: ") }
    XCTAssertEqual(answers[0].count, 23 * 5)
    XCTAssertEqual(answers[0], answers[1])
    XCTAssertEqual(
      outcomes[0].lines(with: "kernel, clock_gettime64:"),
      ["kernel, clock_gettime64: -14 -14 -14 -14 -14 -14 -14 -14 -14 -22"])
  }

  func testMillionsOfReadsAcrossTicksAreNeverTorn() throws {
    let program = try Programs.build("vdso_torn")
    for options in [[], ["--icount"]] {
      let outcome = try Machine.run(program: program, options: options, append: "tick=10000")
      assertStatus(outcome, 0)
      assertOneLine(outcome, "torn: 0 of ")
      assertOneLine(outcome, "backwards: 0 of ")
    }
  }

  /// Counted instructions, so that the writer's and the reader's turns are as long on any host.
  func testMillionsOfReadsWhileAnotherProcessStepsTheClockAreNeverTorn() throws {
    let outcome = try Machine.run(
      program: try Programs.build("vdso_torn_set"), options: ["--icount"], append: "tick=10000")
    assertStatus(outcome, 0)
    assertOneLine(outcome, "torn: 0 of 2000000 reads")
  }
}

/// The files about the vDSO.
final class VdsoFileTests: BootTestCase {
  func testTheImageCanBeReadByteForByte() throws {
    let program = try Programs.build("copy")
    let outcome = try Machine.run(program: program, arguments: ["/proc/vdso.so"])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.bytes, try Data(contentsOf: Workspace.product("vdso.so")))
    let without = try Machine.run(
      program: program, arguments: ["/proc/vdso.so"], append: "vdso=off")
    assertStatus(without, 0)
    XCTAssertEqual(without.bytes, Data())
  }

  func testThePageIsNeverOlderThanATickNotEvenAfterIdling() throws {
    let outcome = try Machine.run(
      program: try Programs.build("vdso_age"), options: ["--icount"])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "vdso_age: ")
  }
}
