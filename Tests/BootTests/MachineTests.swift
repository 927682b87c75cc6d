// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// Machines of every size that is promised.
final class MachineTests: BootTestCase {
  func testMemorySizesFromSixteenMebibytesToAGibibyteBoot() throws {
    let sizes = [16, 17, 32, 64, 256, 1024]
    try check(sizes.map { ($0, $0) })
  }

  func testMemoryBeyondAGibibyteIsReportedAndUnused() throws {
    try check([(1025, 1024), (2048, 1024), (3072, 1024)])
  }

  private func check(_ sizes: [(installed: Int, used: Int)]) throws {
    let program = try Programs.build("resolution")
    let outcomes = try Machine.runAll(
      sizes.map {
        Machine.Boot(program: program, options: ["--verbose", "--memory", "\($0.installed)"])
      })
    for (size, outcome) in zip(sizes, outcomes) {
      assertStatus(outcome, 0, "\(size.installed) MiB")
      assertOneLine(outcome, "memory: \(size.used) MiB at 0x40000000", "\(size.installed) MiB")
      assertOneLine(outcome, "kit: vdso, version ", "\(size.installed) MiB")
      let rest = "memory: \(size.installed - size.used) MiB more cannot be mapped and are not used"
      XCTAssertEqual(
        outcome.lines(with: "cannot be mapped"), size.installed > size.used ? [rest] : [])
    }
  }

  func testBothProcessorTypesAndQEMUsMaximumBoot() throws {
    let program = try Programs.build("clocks_agree")
    for cpu in ["cortex-a7", "cortex-a15", "max"] {
      assertStatus(try Machine.run(program: program, options: ["--cpu", cpu]), 0, cpu)
    }
  }

  func testAllProcessorsStartAndTheLogCountsThem() throws {
    for count in [1, 4, 8] {
      let outcome = try Machine.runVerbosely(program: seven(), options: ["--smp", "\(count)"])
      assertStatus(outcome, 7)
      assertOneLine(outcome, "boot: Apus, ARMv7-A, CPUs \(count), RAM 0x40000000")
      if count > 1 { assertOneLine(outcome, "processors: \(count) of \(count) run") }
    }
  }

  func testProcessorThatCannotBeStartedIsLeftOut() throws {
    let tree = try DeviceTreeFile.make(for: seven(), processors: 3)
    let folder = try Workspace.scratchFile("tree-of-three")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try Machine.runVerbosely(
      program: seven(), options: ["--smp", "2"],
      environment: ["APUS_QEMU": DeviceTreeFile.options(tree, in: folder)])
    assertStatus(outcome, 7)
    assertOneLine(outcome, "processors: 2 is left out: firmware refuses")
    assertOneLine(outcome, "processors: 2 of 3 run")
  }

  func testLoaderInHypervisorOrSecureModeBoots() throws {
    for mode in ["virtualization=on", "secure=on"] {
      let outcome = try Machine.run(
        program: seven(), environment: ["APUS_QEMU": "-M virt,\(mode)"])
      assertStatus(outcome, 7, mode)
    }
  }

  func testTwoRunsUnderIcountAreEqual() throws {
    let clock = ["APUS_QEMU": "-M dtb-randomness=off -rtc base=2031-05-06T07:08:09,clock=vm"]
    let program = try Workspace.product("init")
    let first = try Machine.runVerbosely(
      program: program, options: ["--icount"], environment: clock)
    let second = try Machine.runVerbosely(
      program: program, options: ["--icount"], environment: clock)
    assertStatus(first, 0)
    XCTAssertEqual(first.output, second.output)
  }

  func testEndlessProgramIsStoppedWith124() throws {
    let outcome = try Command.run(
      Workspace.root.appendingPathComponent("tools/run"),
      ["--timeout", "1", try Programs.build("forever").path])
    assertStatus(outcome, 124)
    XCTAssertEqual(outcome.errors, "run: stopped after 1 s\n")
  }

  /// The time-out's test, by a signal to tools/run once the program runs.
  func testKilledRunEndsWith143Silently() throws {
    let script = """
      coproc machine { exec "$0" --verbose "$1"; }
      while read -r line <&"${machine[0]}" && [[ $line != kit:* ]]; do :; done
      kill -TERM "$machine_PID"
      wait "$machine_PID"
      """
    let outcome = try Command.run(
      URL(fileURLWithPath: "/bin/bash"),
      [
        "-c", script, Workspace.root.appendingPathComponent("tools/run").path,
        Programs.build("forever").path,
      ])
    assertStatus(outcome, 143)
    XCTAssertEqual(outcome.errors, "")
  }

  func testReasonOfTheKernelIsOneLineOnStandardError() throws {
    let text = try Workspace.scratchFile("text-\(UUID().uuidString)")
    try Data(String(repeating: "no program\n", count: 20).utf8).write(to: text)
    defer { try? FileManager.default.removeItem(at: text) }
    let fault = try Programs.build("fault")
    let boots: [(Machine.Boot, Int32, String)] = [
      (Machine.Boot(program: text), 126, "init: /init: not an ELF file"),
      (Machine.Boot(program: fault, append: "init=/nope"), 127, "init: /nope: not found"),
      (
        Machine.Boot(program: fault, arguments: ["null-read"]), 139,
        "init: SIGSEGV at 0x00000000 (no mapping), pc 0x"
      ),
      (
        Machine.Boot(program: try Programs.build("exit_with"), arguments: ["0", "6"]), 134,
        "init: ended by signal 6\n"
      ),
      (Machine.Boot(program: try seven()), 7, ""),
    ]
    for ((_, status, reason), outcome) in zip(boots, try Machine.runAll(boots.map(\.0))) {
      assertStatus(outcome, status, reason)
      XCTAssertEqual(outcome.output, "", reason)
      XCTAssertTrue(outcome.errors.hasPrefix(reason), outcome.errors)
      XCTAssertEqual(outcome.errors.filter { $0 == "\n" }.count, reason.isEmpty ? 0 : 1, reason)
    }
  }

  /// `swift run` passes the linked kernel to the toolset's debugger.
  func testToolsetsDebuggerBootsAKernelLinkedBySwiftPM() throws {
    let folder = Workspace.root.appendingPathComponent("image")
    let toolset = try JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.appendingPathComponent("toolset.json")))
    let entry = (toolset as? [String: Any])?["debugger"] as? [String: String]
    let runner = folder.appendingPathComponent(try XCTUnwrap(entry?["path"]))
    let linked = try Workspace.product("kernel.elf").path
    let outcome = try Command.run(runner, [linked, seven().path])
    assertStatus(outcome, 7)
    assertOneLine(outcome, "boot: Apus")
    assertStatus(try Command.run(runner, []), 2)
  }

  func testWrongOptionIsOneLineWithAHint() throws {
    let run = Workspace.root.appendingPathComponent("tools/run")
    let wrong = try Command.run(run, ["--smp", "9", "program"])
    assertStatus(wrong, 2)
    XCTAssertEqual(
      wrong.errors,
      "run: --smp takes a number from 1 to 8, not '9'\nrun: tools/run --help lists the options\n")
    let help = try Command.run(run, ["--help"])
    assertStatus(help, 0)
    XCTAssertTrue(help.output.hasPrefix("usage: tools/run [OPTION"), help.output)
  }
}
