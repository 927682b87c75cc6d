// SPDX-License-Identifier: Apache-2.0
import XCTest

/// The first program, which checks each of its statements.
final class TourTests: BootTestCase {
  private func tour(_ options: [String] = [], append: String? = nil) throws -> Outcome {
    try Machine.run(program: try Workspace.product("init"), options: options, append: append)
  }

  func testTourHolds() throws {
    let outcome = try tour()
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.lines.last, "All of it held.")
    assertOneLine(outcome, "the reads made 0")
    assertOneLine(outcome, "EFAULT, refused")
    XCTAssertEqual(outcome.lines(with: "NOT TRUE"), [])
  }

  func testTourHoldsUnderIcount() throws {
    let outcome = try tour(["--icount"])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.lines.last, "All of it held.")
    assertOneLine(outcome, "counts instructions")
    XCTAssertEqual(outcome.lines(with: " instructions").count, 3, outcome.output)
  }

  func testTourWithoutAVdsoCountsAMillionCalls() throws {
    let outcome = try tour(append: "vdso=off")
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.lines.last, "All of it held.")
    assertOneLine(outcome, "there is none")
    assertOneLine(outcome, "the reads made 1000000")
    XCTAssertTrue(outcome.output.contains("off: "), outcome.output)
  }

  func testTourHoldsInSixteenMebibytes() throws {
    let outcome = try tour(["--memory", "16"])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.lines.last, "All of it held.")
  }
}
