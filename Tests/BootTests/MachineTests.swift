import Foundation
import XCTest

/// Machines of every size that is promised.
final class MachineTests: BootTestCase {
  func testMemoryFromSixteenMebibytesToAGibibyte() throws {
    let sizes = [16, 17, 32, 64, 256, 1024]
    try check(sizes.map { ($0, $0) })
  }

  func testMemoryBeyondAGibibyteIsNotUsedAndTheLogSaysHowMuch() throws {
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
      assertOneLine(outcome, "vdso: on", "\(size.installed) MiB")
      let rest = "memory: \(size.installed - size.used) MiB more cannot be mapped and are not used"
      XCTAssertEqual(
        outcome.lines(with: "cannot be mapped"), size.installed > size.used ? [rest] : [])
    }
  }

  func testBothProcessorsAndQEMUsLargest() throws {
    let program = try Programs.build("clocks_agree")
    for cpu in ["cortex-a7", "cortex-a15", "max"] {
      assertStatus(try Machine.run(program: program, options: ["--cpu", cpu]), 0, cpu)
    }
  }

  func testAllProcessorsAreStartedAndTheLogSaysHowMany() throws {
    for count in [1, 4, 8] {
      let outcome = try Machine.runVerbosely(program: seven(), options: ["--smp", "\(count)"])
      assertStatus(outcome, 7)
      assertOneLine(outcome, "boot: Apus, ARMv7-A, CPUs \(count), RAM 0x40000000")
      if count > 1 { assertOneLine(outcome, "processors: \(count) of \(count) run") }
    }
  }

  func testAProcessorThatCannotBeStartedIsLeftOut() throws {
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

  func testALoaderInHypervisorOrSecureModeIsFineToo() throws {
    for mode in ["virtualization=on", "secure=on"] {
      let outcome = try Machine.run(
        program: seven(), environment: ["APUS_QEMU": "-M virt,\(mode)"])
      assertStatus(outcome, 7, mode)
    }
  }

  func testTwoRunsThatCountInstructionsAreTheSame() throws {
    let clock = ["APUS_QEMU": "-M dtb-randomness=off -rtc base=2031-05-06T07:08:09,clock=vm"]
    let program = try Workspace.product("init")
    let first = try Machine.runVerbosely(
      program: program, options: ["--icount"], environment: clock)
    let second = try Machine.runVerbosely(
      program: program, options: ["--icount"], environment: clock)
    assertStatus(first, 0)
    XCTAssertEqual(first.output, second.output)
  }

  func testAProgramThatNeverEndsIsStoppedWith124() throws {
    let outcome = try Command.run(
      Workspace.root.appendingPathComponent("tools/run"),
      ["--timeout", "1", try Programs.build("forever").path])
    assertStatus(outcome, 124)
  }
}
