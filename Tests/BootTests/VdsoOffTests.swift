// SPDX-License-Identifier: Apache-2.0
import XCTest

/// `vdso=off`: no image, and the same answers by system call.
final class VdsoOffTests: BootTestCase {
  func testProgramsSeeNoImageAndGetTheSameAnswers() throws {
    for program in ["clocks_agree", "resolution"] {
      let outcome = try Machine.runVerbosely(
        program: try Programs.build(program), append: "vdso=off")
      assertStatus(outcome, 0, program)
      assertOneLine(outcome, "vdso: absent", program)
      assertOneLine(outcome, "kit: vdso: refused: ", program)
      assertOneLine(outcome, "resolution: 1000000 ns", program)
    }
  }

  func testDateIsTheSameWithAndWithoutAVdso() throws {
    let program = try Programs.build("date")
    let clock = ["APUS_QEMU": "-rtc base=2031-05-06T07:08:09,clock=vm"]
    for options in [[], ["--icount"]] {
      let with = try Machine.run(program: program, options: options, environment: clock)
      let without = try Machine.run(
        program: program, options: options, append: "vdso=off", environment: clock)
      assertStatus(with, 0)
      assertStatus(without, 0)
      XCTAssertTrue(with.output.hasPrefix("2031-05-06 07:08:"), with.output)
      XCTAssertTrue(without.output.hasPrefix("2031-05-06 07:08:"), without.output)
    }
  }

  func testMapsAndProcFilesShowThatTheVdsoIsOff() throws {
    let off = try Machine.run(program: try Programs.build("maps"), append: "vdso=off")
    assertStatus(off, 0)
    XCTAssertEqual(off.lines(with: "[v"), [])
    let on = try Machine.run(program: try Programs.build("maps"))
    XCTAssertEqual(on.lines(with: "[v").count, 2)
  }
}
