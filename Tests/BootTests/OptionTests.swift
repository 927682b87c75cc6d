// SPDX-License-Identifier: Apache-2.0
import XCTest

/// The kernel's command line.
final class OptionTests: BootTestCase {
  func testUnknownOptionIsAWarning() throws {
    let outcome = try Machine.runVerbosely(
      program: seven(), append: "nonsense other=1 \"two words\"")
    assertStatus(outcome, 7)
    for word in ["nonsense", "other=1", "two words"] {
      assertOneLine(outcome, "options: unknown option \(word), ignored")
    }
  }

  func testKnownOptionsAreNoWarning() throws {
    let outcome = try Machine.runVerbosely(
      program: seven(), append: "tick=100 vdso=off nohz=off init=/init console=ttyAMA0")
    assertStatus(outcome, 7)
    XCTAssertEqual(outcome.lines(with: "unknown"), [])
  }

  func testTickTakesTenToTenThousandHertz() throws {
    let program = try Programs.build("resolution")
    for (hertz, nanoseconds) in [(10, 100_000_000), (100, 10_000_000), (10_000, 100_000)] {
      let outcome = try Machine.runVerbosely(program: program, append: "tick=\(hertz)")
      assertStatus(outcome, 0, "\(hertz) Hz")
      assertOneLine(outcome, "resolution: \(nanoseconds) ns")
      assertOneLine(outcome, "tick: \(hertz) Hz, counter")
      XCTAssertEqual(outcome.lines(with: "is not").count, 0, outcome.output)
    }
  }

  func testTickDefaultsToAThousandHertz() throws {
    let outcome = try Machine.runVerbosely(program: try Programs.build("resolution"))
    assertStatus(outcome, 0)
    assertOneLine(outcome, "resolution: 1000000 ns")
    assertOneLine(outcome, "tick: 1000 Hz, counter")
  }

  func testBadTickIsReportedAndTheDefaultUsed() throws {
    let program = try Programs.build("resolution")
    let values = ["0", "9", "10001", "abc", "", "-100", "4294967396", "1e3", "100Hz"]
    let outcomes = try Machine.runAll(
      values.map {
        Machine.Boot(program: program, options: ["--verbose"], append: "tick=\($0)")
      })
    for (value, outcome) in zip(values, outcomes) {
      assertStatus(outcome, 0, "tick=\(value)")
      assertOneLine(outcome, "tick: tick=\(value) is not 10 to 10000 Hz, using 1000 Hz")
      assertOneLine(outcome, "resolution: 1000000 ns", "tick=\(value)")
    }
  }

  func testQuietHidesTheKernelsLinesAndVerboseShowsThem() throws {
    XCTAssertEqual(try Machine.run(program: seven()).output, "")
    let lines = try Machine.runVerbosely(program: seven()).lines
    let subjects = lines.map { String($0.prefix { $0 != ":" }) }
    XCTAssertEqual(
      subjects.filter { $0 != "processors" }, ["boot", "tick", "memory", "kit", "kit", "kit"])
    let processors = try BoardTree.read(for: seven()).processors
    XCTAssertEqual(subjects.contains("processors"), processors > 1, "\(processors) of them")
  }
}
