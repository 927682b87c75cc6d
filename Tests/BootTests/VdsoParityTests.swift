// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The same answers with the vDSO and without, whatever keeps it or its clocks away. The reasons that
/// are flaws of the image have their boots in VdsoImageTests.
final class VdsoParityTests: BootTestCase {
  /// The output that does not depend on whether there is an image.
  private func answers(_ outcome: Outcome) -> [String] {
    ["gettime", "getres", "getcpu"].flatMap { outcome.lines(with: $0) }
  }

  func testEveryFunctionAnswersAsItsSystemCall() throws {
    let program = try Programs.build("vdso_parity")
    // As it is; by the command line; a counter that fine time is not made from, with both.
    let slow = ["APUS_QEMU": "-global arm-cpu.cntfrq=100000"]
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

  /// The kernel with each write to CNTKCTL replaced by nothing; the register resets to no access.
  func testUnreadableCounterChangesNoAnswer() throws {
    var image = try Data(contentsOf: Workspace.product("kernel.bin"))
    var count = 0
    for place in stride(from: 0, to: image.count - 4, by: 2) {
      // mcr p15, 0, Rt, c14, c1, 0 in Thumb (ARM DDI 0406C, A8.8.98 and B4.1.26); then nop.w.
      guard image[place..<place + 2] == Data([0x0e, 0xee]), image[place + 2] == 0x11,
        image[place + 3] & 0x0f == 0x0f
      else { continue }
      image.replaceSubrange(place..<place + 4, with: [0xaf, 0xf3, 0x00, 0x80])
      count += 1
    }
    XCTAssertGreaterThan(count, 0)
    let kernel = try Workspace.scratchFile("kernel-\(UUID().uuidString).bin")
    try image.write(to: kernel)
    let program = try Programs.build("vdso_parity")
    let outcomes = try Machine.runAll([
      Machine.Boot(program: program),
      Machine.Boot(program: program, environment: ["APUS_KERNEL": kernel.path]),
    ])
    for outcome in outcomes { assertStatus(outcome, 0) }
    XCTAssertEqual(answers(outcomes[0]), answers(outcomes[1]))
  }

  func testPointersAreAnsweredAsByTheSystemCall() throws {
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
  func testMillionsOfReadsAcrossClockStepsAreNeverTorn() throws {
    let outcome = try Machine.run(
      program: try Programs.build("vdso_torn_set"), options: ["--icount"], append: "tick=10000")
    assertStatus(outcome, 0)
    assertOneLine(outcome, "torn: 0 of 2000000 reads")
  }
}

/// The files about the vDSO.
final class VdsoFileTests: BootTestCase {
  func testImageCanBeReadByteForByte() throws {
    let program = try Programs.build("copy")
    let outcome = try Machine.run(program: program, arguments: ["/proc/vdso.so"])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.bytes, try Data(contentsOf: Workspace.product("vdso.so")))
    let without = try Machine.run(
      program: program, arguments: ["/proc/vdso.so"], append: "vdso=off")
    assertStatus(without, 0)
    XCTAssertEqual(without.bytes, Data())
  }

  func testPageIsNeverOlderThanATickNotEvenAfterIdle() throws {
    let outcome = try Machine.run(
      program: try Programs.build("vdso_age"), options: ["--icount"])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "vdso_age: ")
  }
}
