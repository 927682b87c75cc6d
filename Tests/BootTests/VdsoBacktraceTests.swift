// SPDX-License-Identifier: Apache-2.0
import XCTest

/// A stack that is walked out of a signal handler, through the vDSO, by stock libgcc on the target.
/// VdsoModuleTests.UnwindingTests does each instruction on the host; here they are where a timer's
/// interrupt finds the program.
final class VdsoBacktraceTests: BootTestCase {
  private func check(_ flags: [String], _ ways: [String]) throws {
    let program = try Programs.build("vdso_backtrace", ["-funwind-tables"] + flags)
    let outcome = try Machine.run(program: program)
    assertStatus(outcome, 0)
    assertOneLine(outcome, " checks, 0 failed")
    for way in ways { assertOneLine(outcome, "backtrace by \(way): from ") }
  }

  func testUnwindingPassesTheImagesTrampoline() throws {
    try check([], ["the vDSO's way"])
  }

  func testUnwindingPassesGlibcsTrampolineAndTheImage() throws {
    try check(["-glibc"], ["the vDSO's way", "libc's way"])
  }
}
