// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Programs on several CPUs at the same time.
final class ProcessorTests: BootTestCase {
  func testThreadsAndProcessesRunOnAllProcessors() throws {
    let program = try Programs.build("smp", ["-pthread"])
    let counts = [1, 2, 4, 8]
    let outcomes = try Machine.runAll(
      counts.map {
        Machine.Boot(program: program, arguments: ["\($0)"], options: ["--smp", "\($0)"])
      })
    for (count, outcome) in zip(counts, outcomes) {
      assertStatus(outcome, 0, "\(count) CPUs")
      // Readers through the vDSO on all of them, while each has ticks.
      assertOneLine(outcome, "torn 0, backwards 0", "\(count) CPUs")
    }
  }

  func testProgramsForOneProcessorRunOnFour() throws {
    let boots = try ["proc_fork", "proc_threads", "proc_exec"].map {
      Machine.Boot(
        program: try Programs.build($0, ["-pthread"]), arguments: $0 == "proc_fork" ? ["bomb"] : [],
        options: ["--smp", "4"])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  func testTourHoldsOnFourProcessorsUnderIcount() throws {
    let outcome = try Machine.run(
      program: try Workspace.product("init"), options: ["--smp", "4", "--icount"])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "All of it held.")
  }

  func testSleeperBesideABusyCPUWakesUnderIcount() throws {
    let program = try Programs.build("smp_sleep")
    let boots = ["2", "4"].map {
      Machine.Boot(program: program, options: ["--icount", "--smp", $0])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }
}
