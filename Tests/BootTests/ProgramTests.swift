// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Stock musl programs run from start to exit.
final class ProgramTests: BootTestCase {
  func testExitStatusIsPassedOn() throws {
    let outcome = try Machine.run(program: seven())
    assertStatus(outcome, 7)
    XCTAssertEqual(outcome.output, "")
  }

  func testEveryExitStatusIsPassedOn() throws {
    let program = try Programs.build("exit_with")
    let statuses = ["0", "1", "42", "124", "125", "126", "127", "128", "200", "255"]
    let outcomes = try Machine.runAll(
      statuses.map { Machine.Boot(program: program, arguments: [$0]) })
    XCTAssertEqual(outcomes.map { String($0.status) }, statuses)
  }

  func testStandardOutputIsExactlyTheProgramsBytes() throws {
    let outcome = try Machine.run(program: try Programs.build("bytes"))
    assertStatus(outcome, 0)
    var expected = Data()
    for _ in 0..<40 { expected.append(contentsOf: 0...255) }
    XCTAssertEqual(outcome.bytes, expected)
  }

  func testStdioAndMalloc() throws {
    let outcome = try Machine.run(
      program: try Programs.build("hello_printf_malloc"), arguments: ["one", "two"])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.lines.first, "hello, /init, with 2 arguments")
    XCTAssertEqual(outcome.lines.count, 2)
  }

  func testClocksAgree() throws {
    let outcome = try Machine.run(program: try Programs.build("clocks_agree"))
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.lines.first, "vdso: present")
    assertOneLine(outcome, "coarse resolution: 1000000 ns")
  }

  /// extremes.txt is the output of the same program on Linux 6.1.
  func testExtremeNumbersAnswerAsOnLinux() throws {
    let expected = try String(
      contentsOf: Workspace.programs.appendingPathComponent("extremes.txt"), encoding: .utf8)
    let outcome = try Machine.run(program: try Programs.build("extremes"))
    assertStatus(outcome, 0)
    let wanted = expected.split(separator: "\n").map(String.init)
    XCTAssertEqual(outcome.lines.count, wanted.count)
    for (line, want) in zip(outcome.lines, wanted) { XCTAssertEqual(line, want) }
  }

  func testEveryBadPointerIsEFAULT() throws {
    assertStatus(try Machine.run(program: try Programs.build("efault")), 0)
  }

  func testUnknownCallIsENOSYSAndKeepsTheRegisters() throws {
    assertStatus(try Machine.run(program: try Programs.build("enosys")), 0)
  }

  func testSleepIsNeverShort() throws {
    assertStatus(try Machine.run(program: try Programs.build("nanosleep")), 0)
  }

  func testMapsShowEveryRegion() throws {
    assertStatus(try Machine.run(program: try Programs.build("maps")), 0)
  }

  func testInitrdFilesAreReadable() throws {
    let outcome = try Machine.run(
      program: try Programs.build("files"),
      options: ["--root", Workspace.programs.appendingPathComponent("Files").path])
    assertStatus(outcome, 0)
  }

  func testThumbProgram() throws {
    let program = try Programs.build("hello_printf_malloc", ["-mthumb"])
    assertStatus(try Machine.run(program: program), 0)
  }

  func testPositionIndependentProgram() throws {
    let programs = try ["hello_printf_malloc", "maps", "clocks_agree"].map {
      try Programs.build($0, ["-static-pie"])
    }
    for outcome in try Machine.runAll(programs.map { Machine.Boot(program: $0) }) {
      assertStatus(outcome, 0)
    }
  }

  func testSwiftProgram() throws {
    let outcome = try Machine.run(program: try Programs.build("birds"))
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.output, "martin, swallow, apus\n12 letters, 3 times a\n")
  }
}
