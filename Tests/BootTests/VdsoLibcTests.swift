// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Stock libcs, linked into programs as Debian ships them, read the time from the image: a thousand
/// reads of any clock make no system call, as /proc/self/counters shows.
final class VdsoLibcTests: BootTestCase {
  private func check(_ name: String, _ flags: [String]) throws {
    let program = try Programs.build("libc_time", flags)
    let outcomes = try Machine.runAll([
      Machine.Boot(program: program),
      Machine.Boot(program: program, arguments: ["calls"], append: "vdso=off"),
    ])
    for (outcome, calls) in zip(outcomes, [0, 1000]) {
      assertStatus(outcome, 0, name)
      assertOneLine(outcome, "\(name), \(calls) calls each")
    }
  }

  func testMuslReadsTheTimeWithoutASystemCall() throws { try check("musl", []) }

  func testGlibcReadsTheTimeWithoutASystemCall() throws { try check("glibc", ["-glibc"]) }
}
