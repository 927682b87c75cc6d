// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Several processes and threads on the booted kernel. Each program passes on Linux 6.1, too.
final class ProcessTests: BootTestCase {
  func testChildrenAreCopiesAndTheirEndsAreTold() throws {
    let outcome = try Machine.run(program: try Programs.build("proc_fork"), arguments: ["bomb"])
    assertStatus(outcome, 0)
  }

  func testStockThreadsRun() throws {
    assertStatus(try Machine.run(program: try Programs.build("proc_threads", ["-pthread"])), 0)
  }

  func testTheTimeOfACPUIsTheSumOverThreadsAndChildren() throws {
    assertStatus(try Machine.run(program: try Programs.build("cpu_time", ["-pthread"])), 0)
  }

  func testAProgramIsReplacedOrLeftAsItWas() throws {
    for flags in [["-pthread"], ["-pthread", "-static-pie"]] {
      assertStatus(try Machine.run(program: try Programs.build("proc_exec", flags)), 0)
    }
  }

  /// What Linux 6.1 prints stands in a file beside each program.
  func testExecWaitFutexesRobustListsAndSchedulingAnswerAsLinuxDoes() throws {
    try assertAnswersAsLinux("proc_schedule", "proc_futex", "proc_calls")
  }

  func testGroupsSessionsSelectAndPrctlAnswerAsLinuxDoes() throws {
    try assertAnswersAsLinux("sessions")
  }

  func testLimitsAreKeptInheritedAndEnforcedAsOnLinux() throws {
    try assertAnswersAsLinux("limits")
  }

  private func assertAnswersAsLinux(_ names: String...) throws {
    for name in names {
      let answers = Workspace.programs.appendingPathComponent(name + ".txt")
      let outcome = try Machine.run(program: try Programs.build(name, ["-pthread", "-w"]))
      assertStatus(outcome, 0)
      XCTAssertEqual(outcome.output, try String(contentsOf: answers, encoding: .utf8))
    }
  }

  func testATextInProcEndsWhereItEndedAndIsNotTorn() throws {
    assertStatus(try Machine.run(program: try Programs.build("proc_reads", ["-w"])), 0)
  }

  func testWhatCannotBeMadeForLackOfMemoryLeavesNothingBehind() throws {
    let outcome = try Machine.run(
      program: try Programs.build("proc_short"), options: ["--memory", "16"])
    assertStatus(outcome, 0)
  }

  func testTimersOfOneProcessLeaveThoseOfOthers() throws {
    assertStatus(try Machine.run(program: try Programs.build("proc_timers")), 0)
  }

  func testOneOfSeveralEndsOfAProcessWinsAndTheOthersWaitForNothing() throws {
    let program = try Programs.build("proc_races", ["-pthread"])
    let boots = [1, 2, 4].map {
      Machine.Boot(program: program, arguments: ["60", "memory"], options: ["--smp", "\($0)"])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  func testEndSignalsNumbersOfThreadsAndSharedFutexesAreLinuxs() throws {
    assertStatus(try Machine.run(program: try Programs.build("proc_ends", ["-pthread"])), 0)
  }
}
