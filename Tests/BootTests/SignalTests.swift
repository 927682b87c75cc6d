// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Signals on the booted kernel. The programs pass on Linux 6.1 as well.
final class SignalTests: BootTestCase {
  func testHandlersRunAndReturnAsOnLinux() throws {
    let program = try Programs.build("signal_handlers")
    // With the libc's sigreturn trampoline; with the image's; and with none.
    assertStatus(try Machine.run(program: program), 0)
    assertStatus(try Machine.run(program: program, arguments: ["bare"]), 0)
    assertStatus(try Machine.run(program: program, arguments: ["bare"], append: "vdso=off"), 0)
  }

  func testInterruptedCallsAndSentSignalsAreAsOnLinux() throws {
    // Under -icount, so that its milliseconds are exact however busy the host is.
    let program = try Programs.build("signal_calls", ["-pthread"])
    assertStatus(try Machine.run(program: program, options: ["--icount"]), 0)
  }

  func testForgedFramesAndStormsEndTheirProcessAlone() throws {
    assertStatus(try Machine.run(program: try Programs.build("signal_attack")), 0)
  }
}
