// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Defects of LiteOS-A that a program would see, by their number in the list. Those below the system
/// calls are in VdsoModuleTests and TickHandlerTests.
final class LiteOSDefectTests: BootTestCase {
  /// Runs the program's part of a defect with the vDSO and, unless it needs it, without.
  private func check(
    _ number: Int, _ more: [String] = [], options: [String] = ["--icount"],
    appends: [String?] = [nil]
  ) throws {
    let program = try Programs.build("liteos_defects")
    for append in appends {
      let outcome = try Machine.run(
        program: program, arguments: ["\(number)"] + more, options: options, append: append)
      assertStatus(outcome, 0, append ?? "with the vDSO")
      assertOneLine(outcome, ", 0 failed")
    }
  }

  func testDefect5CoarseTimeIsFreshAfterIdle() throws { try check(5) }

  func testDefect6ClockChangesArePublishedAtOnce() throws { try check(6) }

  func testDefect7CoarseClocksExistAsSystemCalls() throws {
    try check(7, appends: [nil, "vdso=off"])
  }

  func testDefect12TimeContainersDoNotExist() throws { try check(12) }

  func testDefect13OldCallsWriteEightBytes() throws {
    try check(13, appends: [nil, "vdso=off"])
  }

  func testDefect14AuxiliaryVectorHasRandomBytesAndCapabilities() throws {
    let program = try Programs.build("liteos_defects")
    let outcomes = try Machine.runAll(
      [0, 1].map { _ in Machine.Boot(program: program, arguments: ["14"]) })
    for outcome in outcomes {
      assertStatus(outcome, 0)
      XCTAssertEqual(outcome.lines(with: "random:").first?.split(separator: " ").count, 17)
    }
    XCTAssertNotEqual(outcomes[0].lines(with: "random:"), outcomes[1].lines(with: "random:"))
  }

  func testDefect15AllMemoryIsUsedAndTheFrequencyIsTheMachines() throws {
    for mebibytes in ["48", "200", "600"] {
      try check(15, [mebibytes], options: ["--memory", mebibytes])
    }
  }

  func testDefect16ProgramsReadOnlyTheVirtualCounter() throws {
    try check(16)
    let outcome = try Machine.run(
      program: try Programs.build("liteos_defects"), arguments: ["99"])
    assertStatus(outcome, 128 + 4, "SIGILL")
  }
}
