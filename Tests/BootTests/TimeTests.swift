// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The calls about time on the machine.
final class TimeTests: BootTestCase {
  /// time_answers.txt is the output of the same program on Linux 6.1.
  func testEveryClockAnswersEveryCallAsOnLinux() throws {
    let expected = try String(
      contentsOf: Workspace.programs.appendingPathComponent("time_answers.txt"), encoding: .utf8)
    let program = try Programs.build("time_answers")
    for outcome in try Machine.runAll([
      Machine.Boot(program: program, options: ["--icount"]),
      Machine.Boot(program: program, options: ["--icount"], append: "vdso=off"),
    ]) {
      assertStatus(outcome, 0)
      let answers = outcome.output.split(separator: "\n")
      let wanted = expected.split(separator: "\n")
      XCTAssertEqual(answers.count, wanted.count)
      for (answer, want) in zip(answers, wanted) { XCTAssertEqual(answer, want) }
    }
  }
}

/// The counter at boot.
final class TimeCounterTests: BootTestCase {
  /// QEMU's counter really runs at the frequency in `cntfrq`.
  private func counter(at hertz: Int) -> [String: String] {
    ["APUS_QEMU": "-global arm-cpu.cntfrq=\(hertz)"]
  }

  func testFineTimeWorksWithCountersOfAMegahertzToAGigahertz() throws {
    let program = try Programs.build("time_counter")
    let rates = [1_000_000, 24_000_000, 1_000_000_000]
    let outcomes = try Machine.runAll(
      rates.map {
        Machine.Boot(program: program, options: ["--verbose"], environment: counter(at: $0))
      })
    for (rate, outcome) in zip(rates, outcomes) {
      assertStatus(outcome, 0, "\(rate)")
      assertOneLine(outcome, "tick: 1000 Hz, counter \(rate) Hz")
      XCTAssertEqual(outcome.lines(with: "not used"), [], outcome.output)
      assertOneLine(outcome, "counter: used")
    }
  }

  func testSlowCounterLeavesFineTimeToTheCall() throws {
    let program = try Programs.build("time_counter")
    for append in [nil, "vdso=off"] {
      let outcome = try Machine.runVerbosely(
        program: program, append: append, environment: counter(at: 100_000))
      assertStatus(outcome, 0)
      assertOneLine(
        outcome,
        "tick: 1000 Hz, counter 100000 Hz is not used for fine time: it does not run at 1 MHz")
      assertOneLine(outcome, "counter: not used: it does not run at 1 MHz to 1 GHz")
    }
  }

  func testCounterTooSlowForTicksStopsTheBoot() throws {
    let outcome = try Machine.run(program: seven(), environment: counter(at: 10_000))
    assertStatus(outcome, 125)
    assertOneLine(outcome, "unsupported counter frequency")
  }

  /// The tree says 24 MHz, the register 62.5.
  func testTreeThatContradictsCNTFRQLeavesFineTimeToTheCall() throws {
    let program = try Programs.build("time_counter")
    var tree = try DeviceTreeFile.make(for: program)
    try DeviceTreeFile.setTimerFrequency(24_000_000, in: &tree)
    let outcome = try boot(program, with: tree)
    assertStatus(outcome, 0)
    assertOneLine(
      outcome, "counter 24000000 Hz is not used for fine time: firmware and device tree")
    assertOneLine(outcome, "counter: not used: firmware and device tree name different")
  }

  func testTreeThatAgreesWithCNTFRQChangesNothing() throws {
    let program = try Programs.build("time_counter")
    var tree = try DeviceTreeFile.make(for: program)
    try DeviceTreeFile.setTimerFrequency(62_500_000, in: &tree)
    let outcome = try boot(program, with: tree)
    assertStatus(outcome, 0)
    assertOneLine(outcome, "counter: used")
  }

  private func boot(_ program: URL, with tree: Data) throws -> Outcome {
    let folder = try Workspace.scratchFile("trees-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try Machine.runVerbosely(
      program: program,
      environment: ["APUS_QEMU": try DeviceTreeFile.options(tree, in: folder)])
  }
}

/// Sleeping and waiting without a tick.
final class TimeIdleTests: BootTestCase {
  private func number(_ name: String, _ outcome: Outcome) throws -> Int {
    let line = try XCTUnwrap(outcome.lines(with: "\(name): ").first, outcome.output)
    return try XCTUnwrap(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
  }

  /// A second's sleep takes no interrupt of the tick, which time counts all the same.
  func testIdleMachineTakesNoTicksAndHasFreshTime() throws {
    let program = try Programs.build("time_idle")
    let outcome = try Machine.run(
      program: program, arguments: ["10000"], options: ["--icount"])
    assertStatus(outcome, 0)
    XCTAssertEqual(try number("ticks", outcome), 2000, accuracy: 2)
    XCTAssertLessThanOrEqual(try number("interrupts", outcome), 2)
    assertStatus(try Machine.run(program: program), 0)
  }

  func testNohzOffKeepsEveryTickAndWakesInTime() throws {
    let outcome = try Machine.run(
      program: try Programs.build("time_idle"), arguments: ["60000"], options: ["--icount"],
      append: "nohz=off")
    assertStatus(outcome, 0)
    XCTAssertEqual(
      try number("ticks", outcome), try number("interrupts", outcome), accuracy: 1)
  }
}

/// The time of CPUs.
final class TimeSplitTests: BootTestCase {
  /// The program passes on Linux 6.1 as well. Under -icount, so that ticks are evenly spaced.
  func testUserAndSystemTimeAreSeparate() throws {
    let outcome = try Machine.run(
      program: try Programs.build("cpu_split", ["-pthread"]), options: ["--icount"])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.output, "cpu_split: 6024 checks, 0 failed\n")
  }
}

/// Time while it is changed, and where its numbers end.
final class TimeChangeTests: BootTestCase {
  func testMillionsOfReadsAcrossClockChangesNeverGoBack() throws {
    let program = try Programs.build("time_changes")
    for (reads, options, append) in [
      (60_000, [], nil), (5000, ["--icount"], nil), (5000, [], "nohz=off"), (3000, [], "vdso=off"),
    ] as [(Int, [String], String?)] {
      let outcome = try Machine.run(
        program: program, arguments: [String(reads)], options: options, append: append)
      assertStatus(outcome, 0)
      assertOneLine(outcome, "reads: \(reads * 7 * 6)")
      assertOneLine(outcome, "backwards: 0")
    }
  }

  /// Counted instructions, because on a busy host the sleeper may look at the clock after the step.
  func testLeapSecondStepsTheWallClockOnce() throws {
    let outcome = try Machine.run(program: try Programs.build("time_leap"), options: ["--icount"])
    assertStatus(outcome, 0)
  }

  func testWallClockSleepersWakeAtADeletedSecond() throws {
    let outcome = try Machine.run(
      program: try Programs.build("time_leap"), arguments: ["late"], options: ["--icount"])
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.output, "time_leap late: 10 checks, 0 failed\n")
  }

  func testNarrowCallsOverflowAfter2038AndWideOnesWork() throws {
    let program = try Programs.build("time_ends")
    assertStatus(try Machine.run(program: program), 0)
    assertStatus(try Machine.run(program: program, append: "vdso=off"), 0)
  }

  func testSleepOfTwoDaysAndAnHourIsExact() throws {
    let outcome = try Machine.run(
      program: try Programs.build("time_ends"), arguments: ["2"], options: ["--icount"])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "seconds since boot: 1764")
  }
}

/// Timers that raise signals. Under -icount, so that a busy host cannot make a signal late or a
/// timer expire before it is cancelled.
final class TimeTimerTests: BootTestCase {
  /// time_timers.txt is the output of the same program on Linux 6.1.
  func testTimersAnswerAsOnLinux() throws {
    let expected = try String(
      contentsOf: Workspace.programs.appendingPathComponent("time_timers.txt"), encoding: .utf8)
    let outcome = try Machine.run(
      program: try Programs.build("time_timers"), options: ["--icount"])
    assertStatus(outcome, 0)
    let answers = outcome.output.split(separator: "\n")
    let wanted = expected.split(separator: "\n")
    XCTAssertEqual(answers.count, wanted.count)
    for (answer, want) in zip(answers, wanted) { XCTAssertEqual(answer, want) }
  }

  func testTimersCountCPUTimeAndFollowAClockThatIsSet() throws {
    let program = try Programs.build("time_follow", ["-pthread"])
    assertStatus(try Machine.run(program: program, options: ["--icount"]), 0)
  }

  func testTimerSignalEndsAProgramInAnyState() throws {
    let program = try Programs.build("time_timers")
    // Spinning, sleeping, calling, ignored, blocked, cancelled, timer_create's, in a futex.
    let ends: [Int32] = [142, 142, 142, 7, 142, 7, 138, 142]
    let outcomes = try Machine.runAll(
      ends.indices.map {
        Machine.Boot(program: program, arguments: [String($0)], options: ["--icount"])
      })
    for (way, outcome) in outcomes.enumerated() { assertStatus(outcome, ends[way], "way \(way)") }
  }
}
