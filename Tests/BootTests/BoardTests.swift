// SPDX-License-Identifier: Apache-2.0
import XCTest

/// The behaviour that every board has, and the differences of each.
final class BoardTests: BootTestCase {
  func testBootLineNamesTheMachine() throws {
    let machine = try BoardTree.read(for: seven())
    let outcome = try Machine.runVerbosely(program: seven())
    assertStatus(outcome, 7)
    assertOneLine(
      outcome, "boot: Apus, ARMv7-A, CPUs \(machine.processors), RAM 0x\(machine.ramBase)")
    assertOneLine(outcome, "memory: ")
    assertOneLine(outcome, "tick: 1000 Hz, counter 62500000 Hz")
  }

  func testDebuggerOpensTheBoardsSymbols() throws {
    let commands = try Workspace.scratchFile("gdb-\(UUID().uuidString)")
    try Data("info files\ninfo line port_switch\nkill\nquit\n".utf8).write(to: commands)
    defer { try? FileManager.default.removeItem(at: commands) }
    let outcome = try Command.run(
      Workspace.root.appendingPathComponent("tools/debug"),
      ["--board", Workspace.board, seven().path], input: commands)
    let symbols = try Workspace.product("kernel.elf").path
    XCTAssertTrue(outcome.output.contains("Symbols from \"\(symbols)\""), outcome.output)
    XCTAssertTrue(outcome.output.contains("PortARMv7AAssembly/switch.S\""), outcome.output)
    XCTAssertFalse((outcome.output + outcome.errors).contains(".pcm"), outcome.errors)
    XCTAssertFalse((outcome.output + outcome.errors).contains("warning"), outcome.errors)
  }

  /// Without the debugger that takes the status, the firmware or the board itself switches off.
  func testPowerOffWorksWithoutADebugger() throws {
    let outcome = try Machine.run(
      program: seven(), environment: ["APUS_QEMU": "-semihosting-config enable=off"])
    assertStatus(outcome, 0)
  }

  func testUserCounterAnswersWithoutSystemCalls() throws {
    let outcome = try Machine.run(program: try Programs.build("fallback"))
    assertStatus(outcome, 0)
    assertOneLine(outcome, "fine: 0 system calls")
    assertOneLine(outcome, "coarse: 0 system calls")
  }

  /// A tree that declares that firmware has not set up the counter's registers: the fine clocks
  /// make system calls, the coarse ones do not need to.
  func testFineClocksUseTheKernelWithoutAUserCounter() throws {
    let tree = try BoardTree.file(for: seven())
    defer { try? FileManager.default.removeItem(at: tree) }
    _ = try BoardTree.tool(
      "fdtput", [tree.path, "/timer", "arm,cpu-registers-not-fw-configured"])
    let board = ["APUS_QEMU": "-dtb \(tree.path)"]
    let outcome = try Machine.runVerbosely(
      program: try Programs.build("fallback"), environment: board)
    assertStatus(outcome, 0)
    assertOneLine(outcome, "is not used for fine time: firmware has not configured its registers")
    assertOneLine(outcome, "kit: vdso, version ")
    assertOneLine(outcome, "fine: 1000 system calls")
    assertOneLine(outcome, "coarse: 0 system calls")
    let answers = try Machine.run(program: try Programs.build("clocks_agree"), environment: board)
    assertStatus(answers, 0)
  }
}
