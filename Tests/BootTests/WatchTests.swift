// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The kernel's reports about itself, and the debug kernel, which checks its locks.
final class WatchTests: BootTestCase {
  private func debugKernel() throws -> [String: String] {
    guard Workspace.board == "virt" else { throw XCTSkip("the debug kernel is built for virt") }
    return ["APUS_KERNEL": try Workspace.product("debug-kernel.bin").path]
  }

  func testTasksLocksAndTraceAreCorrect() throws {
    let program = try Programs.build("watch", ["-pthread"])
    let debug = try debugKernel()
    let outcomes = try Machine.runAll([
      Machine.Boot(program: program, arguments: ["2"], options: ["--smp", "2"]),
      Machine.Boot(
        program: program, arguments: ["2", "debug"], options: ["--smp", "2"], environment: debug),
    ])
    for outcome in outcomes { assertStatus(outcome, 0) }
  }

  func testLongestSectionWithPreemptionOffHasItsPlace() throws {
    let program = try Programs.build("watch", ["-pthread"])
    let outcomes = try Machine.runAll([
      Machine.Boot(program: program, arguments: ["latency"], options: ["--icount"]),
      Machine.Boot(
        program: program, arguments: ["latency", "debug"], options: ["--icount"],
        environment: debugKernel()),
    ])
    for outcome in outcomes { assertStatus(outcome, 0) }
  }

  func testLockOrderHoldsUnderLoadOnOneProcessorAndOnFour() throws {
    let program = try Programs.build("smp", ["-pthread"])
    let debug = try debugKernel()
    let boots = ["1", "4"].map {
      Machine.Boot(
        program: program, arguments: [$0], options: ["--smp", $0], environment: debug)
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  /// With all processes, threads and timers that the machine has room for. A nanosecond is an
  /// instruction; those of the audit are included.
  func testProcessTableMasksInterruptsForTwentyMicrosecondsAtMost() throws {
    let outcome = try Machine.run(
      program: try Programs.build("proc_masked", ["-pthread"]), arguments: ["20000"],
      options: ["--icount"], environment: debugKernel())
    assertStatus(outcome, 0)
  }

  func testLockViolationPanicsWithBothPlaces() throws {
    let program = try seven()
    let debug = try debugKernel()
    let here = "PortARMv7A/CrashDrill.swift:"
    let drills = [
      ("order", "frames is taken out of order: first random at \(here)", here),
      ("recursion", "random is taken twice: first random at \(here)", here),
      (
        "release", "scheduler is released but not held: first scheduler at RTOSCore/",
        here
      ),
    ]
    let outcomes = try Machine.runAll(
      drills.map {
        Machine.Boot(program: program, append: "crash=\($0.0)", environment: debug)
      })
    for ((kind, first, second), outcome) in zip(drills, outcomes) {
      assertStatus(outcome, 125, kind)
      assertOneLine(outcome, "panic: lock \(first)", kind)
      let line = outcome.lines(with: "panic: lock ").first ?? ""
      let places = line.matches(of: /at [A-Za-z0-9+\/]+\.swift:[1-9][0-9]*/).map {
        String($0.output)
      }
      XCTAssertEqual(places.count, 2, line)
      XCTAssertNotEqual(places.first, places.last, line)
      XCTAssertTrue(places.last?.contains(second) == true, line)
    }
  }

  func testLockAuditCanBeTurnedOff() throws {
    let outcome = try Machine.run(
      program: seven(), append: "crash=order lockcheck=off", environment: debugKernel())
    assertStatus(outcome, 7)
  }

  // The tool that draws.

  private func draw(_ recording: String, _ options: [String] = []) throws -> (Outcome, String) {
    let text = try Workspace.scratchFile("recording.txt")
    let picture = try Workspace.scratchFile("recording.svg")
    try? FileManager.default.removeItem(at: picture)
    try recording.write(to: text, atomically: true, encoding: .utf8)
    let outcome = try Command.run(
      Workspace.root.appendingPathComponent("tools/trace"),
      options + ["--out", picture.path, "--draw", text.path])
    return (outcome, (try? String(contentsOf: picture, encoding: .utf8)) ?? "")
  }

  /// Two CPUs at 1 MHz: task 1 runs and wakes task 2 on the other CPU, which moves to the first.
  private static let recording = """
    # trace 1, counter 1000000 Hz
    # reason 3 semaphore
    # reason 32 ready
    # reason 34 over
    # cpu 0: 8 events, 3 lost, task 2
    # cpu 1: 3 events, 0 lost, task 5
    # task 0 idle
    # task 1 one<two
    # task 5 idle
    0 0000000000000064 away    0000 00200001
    0 000000000000006e irq     0000 0000001b
    0 000000000000006e tick    0000 00000007
    0 0000000000000070 end     0000 0000001b
    0 0000000000000073 wake    0002 00000001
    0 00000000000000c8 away    0001 00030002
    0 00000000000000c8 migrate 0002 00000001
    0 00000000006f7774 name    0002 00000000
    1 0000000000000074 away    0005 00200002
    1 00000000000000b4 away    0002 00200005
    1 000000000000012c irq     0000 0000001b

    """

  func testRecordingBecomesAPictureOfRows() throws {
    let (outcome, picture) = try draw(Self.recording)
    assertStatus(outcome, 0)
    for part in [
      ">2 CPUs, 200 µs<", ">CPU 0<", ">CPU 1<", ">3 older events lost<",
      "one&lt;two (task 1): 0.0 to 100.0 µs, then waits: semaphore</title>",
      "two (task 2): 16.0 to 80.0 µs, then is preempted or yields</title>",
      "two (task 2): 100.0 to 200.0 µs</title>",
      "interrupt of line 27 at 10.0 µs", "two is woken at 15.0 µs",
      "two migrates to this CPU at 100.0 µs", "task 2, 164 µs, 82.0 %<",
      "task 1, 100 µs, 50.0 %<",
      ">100 % busy<", ">32 % busy<",
    ] {
      XCTAssertTrue(picture.contains(part), "\(part) is not in\n\(picture)")
    }
    XCTAssertFalse(picture.contains("(task 5)"), "idle is a gap")
    let tags = picture.matches(of: /<(\/?)([a-z]+)[^>]*?(\/?)>/)
    XCTAssertEqual(
      tags.count { $0.output.1.isEmpty && $0.output.3.isEmpty },
      tags.count { !$0.output.1.isEmpty }, "every element is closed")
    let (part, window) = try draw(Self.recording, ["--from", "150", "--to", "190"])
    assertStatus(part, 0)
    XCTAssertTrue(window.contains(">2 CPUs, 40 µs<"), window)
    XCTAssertFalse(window.contains("interrupt of line"), window)
  }

  func testDamagedRecordingIsRefused() throws {
    let lines = Self.recording.split(separator: "\n").map(String.init)
    let cases: [(String, String)] = [
      ("", "the recording is empty"),
      ("hello\n", "line 1: not a recording"),
      (lines.dropFirst().joined(separator: "\n"), "line 1: not a recording"),
      (lines.prefix(9).joined(separator: "\n"), "the recording is empty"),
      (lines.prefix(9).joined(separator: "\n") + "\n0 64 away 0 1\n", "line 10: not an event"),
      (Self.recording + "0 0000000000000001 tick    0000 00000000\n", "line 21: time goes back"),
      (Self.recording + "1 0000000000000fff boom    0000 00000000\n", "line 21: an event of an"),
      (Self.recording + "# whatever\n", "line 21: an unknown header"),
      (Self.recording + "9 0000000000000fff tick    0000 00000000\n", "line 21: not an event"),
    ]
    for (text, reason) in cases {
      let (outcome, picture) = try draw(text)
      assertStatus(outcome, 1, reason)
      XCTAssertTrue(outcome.errors.contains("trace: \(reason)"), "\(reason): \(outcome.errors)")
      XCTAssertEqual(picture, "", reason)
    }
  }

  func testProgramIsTracedFromBeginningToEnd() throws {
    let picture = try Workspace.scratchFile("trace.svg")
    let outcome = try Command.run(
      Workspace.root.appendingPathComponent("tools/trace"),
      ["--out", picture.path, "--smp", "2", try seven().path], environment: debugKernel())
    assertStatus(outcome, 7)
    let text = try String(contentsOf: picture, encoding: .utf8)
    for part in [">CPU 0<", ">CPU 1<", "init (task 1)", "is woken at"] {
      XCTAssertTrue(text.contains(part), part)
    }
  }
}
