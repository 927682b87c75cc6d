// SPDX-License-Identifier: Apache-2.0
import XCTest

/// A faulting program is killed with Linux's signal, and the kernel continues.
final class FaultTests: BootTestCase {
  /// The faults of fault.c, and the signals that Linux sends for them.
  private static let signals: [(name: String, signal: Int32)] = [
    ("null-read", 11), ("null-write", 11), ("null-jump", 11), ("text-write", 11),
    ("constant-write", 11), ("data-jump", 11), ("stack-jump", 11), ("unmapped-read", 11),
    ("kernel-read", 11), ("kernel-write", 11), ("kernel-jump", 11), ("device-read", 11),
    ("vectors-write", 11), ("undefined", 4), ("privileged", 4), ("breakpoint", 5),
    ("exclusive-unaligned", 7), ("stack-pointer-lost", 11), ("stack-overflow", 11),
    ("vvar-write", 11), ("vvar-jump", 11), ("vdso-write", 11),
  ]
  private static let names: [Int32: String] = [
    4: "SIGILL", 5: "SIGTRAP", 7: "SIGBUS", 11: "SIGSEGV",
  ]

  func testListCoversEveryFaultOfTheProgram() throws {
    let outcome = try Machine.run(program: try Programs.build("fault"))
    let listed = outcome.lines.sorted()
    XCTAssertEqual(listed, Self.signals.map { "\($0.name) \($0.signal)" }.sorted())
  }

  func testFaultKillsTheProgramWithOneReasonAndNotTheKernel() throws {
    try check(flags: [])
  }

  func testFaultInThumbCodeKillsTheProgram() throws {
    try check(flags: ["-mthumb"])
  }

  private func check(flags: [String]) throws {
    let program = try Programs.build("fault", flags)
    let outcomes = try Machine.runAll(
      Self.signals.map {
        Machine.Boot(program: program, arguments: [$0.name], options: ["--verbose"])
      })
    for ((name, signal), outcome) in zip(Self.signals, outcomes) {
      assertStatus(outcome, 128 + signal, name)
      assertOneLine(outcome, "init: \(Self.names[signal] ?? "") at 0x", name)
      XCTAssertFalse(outcome.output.contains("panic"), "\(name)\n\(outcome.output)")
      XCTAssertFalse(outcome.output.contains("was allowed"), name)
    }
  }

  /// alignment.txt is the output of the same program on Linux 6.1.
  func testMisalignedMultipleTransfersAreMadeAsOnLinux() throws {
    let expected = try String(
      contentsOf: Workspace.programs.appendingPathComponent("alignment.txt"), encoding: .utf8)
    let outcome = try Machine.run(program: try Programs.build("alignment", ["-marm"]))
    assertStatus(outcome, 0)
    let answers = outcome.output.split(separator: "\n")
    let wanted = expected.split(separator: "\n")
    XCTAssertEqual(answers.count, wanted.count)
    for (answer, want) in zip(answers, wanted) { XCTAssertEqual(answer, want) }
  }

  func testKilledProgramWritesNothingToStandardOutput() throws {
    let outcome = try Machine.run(
      program: try Programs.build("fault"), arguments: ["vvar-write"])
    assertStatus(outcome, 139)
    XCTAssertEqual(outcome.output, "")
  }

  func testReasonNamesTheAddress() throws {
    let program = try Programs.build("fault")
    let reasons = [
      "kernel-read": "at 0xc0010000 (no mapping)", "null-write": "at 0x00000000 (no mapping)",
      "text-write": "(no permission)", "vvar-write": "(no permission)",
      "vvar-jump": "(no permission)", "vdso-write": "(no permission)",
      "exclusive-unaligned": "(misaligned)", "undefined": "(undefined)",
    ]
    for (name, reason) in reasons {
      let outcome = try Machine.runVerbosely(program: program, arguments: [name])
      assertOneLine(outcome, reason, name)
    }
  }
}
