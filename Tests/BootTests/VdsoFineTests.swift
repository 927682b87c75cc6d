// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Fine time from the vDSO on the machine: monotone, without system calls, in line with them.
final class VdsoFineTests: BootTestCase {
  func testFineTimeNeverGoesBackAndNeedsNoSystemCall() throws {
    let program = try Programs.build("vdso_fine")
    for options in [[], ["--icount"]] {
      let outcome = try Machine.run(program: program, options: options)
      assertStatus(outcome, 0)
      assertOneLine(outcome, "vdso_fine: ")
      assertOneLine(outcome, "state: on")
    }
  }

  /// The longest update at a tick, in instructions.
  func testPageUpdateOfATickStaysInItsBudget() throws {
    let outcome = try Machine.run(program: try Programs.build("vdso_fine"), options: ["--icount"])
    let line = try XCTUnwrap(outcome.lines(with: "worst update: ").first)
    let worst = try XCTUnwrap(line.split(separator: " ").last.flatMap { Int($0) })
    XCTAssertTrue((1...80).contains(worst), "\(worst)")
  }
}
