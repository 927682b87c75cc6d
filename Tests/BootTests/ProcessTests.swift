// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Several processes and threads on the booted kernel. Each program passes on Linux 6.1 as well.
final class ProcessTests: BootTestCase {
  func testLongCallsLetAMoreUrgentThreadRun() throws {
    let outcome = try Machine.run(
      program: try Programs.build("give_way"), arguments: ["6000"], options: ["--icount"])
    assertStatus(outcome, 0)
  }

  func testThreadsChangeTheSameMemoryAtOnce() throws {
    let program = try Programs.build("space_races", ["-pthread"])
    let boots = [1, 2, 4].map {
      Machine.Boot(program: program, arguments: ["200"], options: ["--smp", "\($0)"])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  func testRacingProcessesAreKilledBesideEachOther() throws {
    let program = try Programs.build("space_races", ["-pthread"])
    let boots = [1, 2, 4].map {
      Machine.Boot(program: program, arguments: ["30", "20"], options: ["--smp", "\($0)"])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  func testForkCopiesTheMemoryAndWaitReportsTheEnd() throws {
    let outcome = try Machine.run(program: try Programs.build("proc_fork"), arguments: ["bomb"])
    assertStatus(outcome, 0)
  }

  func testStockThreadsRun() throws {
    assertStatus(try Machine.run(program: try Programs.build("proc_threads", ["-pthread"])), 0)
  }

  func testCPUTimeIsTheSumOverThreadsAndChildren() throws {
    assertStatus(try Machine.run(program: try Programs.build("cpu_time", ["-pthread"])), 0)
  }

  func testExecReplacesTheProgramOrLeavesItUnchanged() throws {
    for flags in [["-pthread"], ["-pthread", "-static-pie"]] {
      assertStatus(try Machine.run(program: try Programs.build("proc_exec", flags)), 0)
    }
  }

  func testSchedulingCallsAnswerAsOnLinux() throws { try assertAnswersAsLinux("proc_schedule") }

  func testNiceValuesAndAttributesAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("sched_calls")
  }

  func testFutexCallsAnswerAsOnLinux() throws { try assertAnswersAsLinux("proc_futex") }

  func testExecAndWaitAnswerAsOnLinux() throws { try assertAnswersAsLinux("proc_calls") }

  func testGroupsSessionsSelectAndPrctlAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("sessions")
  }

  func testDescriptorsShareTheirFilesAsOnLinux() throws {
    try assertAnswersAsLinux("open_files")
  }

  func testProcessesInProcAreAsOnLinux() throws { try assertAnswersAsLinux("proc_pid") }

  func testProcIsReadWhileProcessesComeAndGo() throws {
    let program = try Programs.build("proc_churn")
    let boots = [1, 2, 4].map {
      Machine.Boot(program: program, arguments: ["3"], options: ["--smp", "\($0)"])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  func testPipesAnswerAsOnLinux() throws { try assertAnswersAsLinux("pipes") }
  func testPairsOfSocketsAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("sockets", [[], ["--smp", "4"]])
  }

  func testMessagesOfSocketsAreAsOnLinux() throws {
    try assertAnswersAsLinux("messages", [[], ["--smp", "4"]])
  }

  func testSplicesAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("splices", [[], ["--smp", "4"]])
  }

  func testMountsAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("mounts", [[], ["--smp", "4"]])
  }

  func testRootDirectoriesAreAsOnLinux() throws {
    try assertAnswersAsLinux("roots", [[], ["--smp", "4"]])
  }

  func testProgramsOfDescriptorsRunAsOnLinux() throws { try assertAnswersAsLinux("execute_at") }

  func testCapabilitiesAndShortIdentitiesAreAsOnLinux() throws {
    try assertAnswersAsLinux("identities")
  }

  func testBarriersAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("barriers", [[], ["--smp", "2"], ["--smp", "4"]])
  }

  func testMessageQueuesAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("queues", [[], ["--smp", "4"]])
  }

  func testSocketsSurviveSignalsAndTheEndsOfThreads() throws {
    let program = try Programs.build("socket_races", ["-pthread", "-w"])
    let boots = [1, 2, 4].map {
      Machine.Boot(program: program, arguments: ["12", "memory"], options: ["--smp", "\($0)"])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  func testFifosAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("fifos", [[], ["--smp", "4"]])
  }

  func testFilesAreChangedAsOnLinux() throws { try assertAnswersAsLinux("tree") }

  func testMappedFilesAnswerAsOnLinux() throws { try assertAnswersAsLinux("mapped") }

  func testScriptsRunAsOnLinux() throws { try assertAnswersAsLinux("scripts") }

  func testEventPollAnswersAsOnLinux() throws { try assertAnswersAsLinux("event_poll") }

  func testTimerSignalAndLockFilesAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("event_files")
  }

  func testWatchesOfFilesAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("watched", [[], ["--smp", "4"]])
  }

  func testRecordLocksAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("record_locks", [[], ["--smp", "4"]])
  }

  func testSealsAnswerAsOnLinux() throws { try assertAnswersAsLinux("seals") }

  func testOpenByRulesAnswersAsOnLinux() throws { try assertAnswersAsLinux("open_how") }

  func testCloneByRecordAnswersAsOnLinux() throws {
    try assertAnswersAsLinux("clone_args", [[], ["--smp", "4"]])
  }

  func testHelpersOfTheVectorsPageAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("user_helpers", [[], ["--smp", "4"]])
  }

  func testResourceLimitsAnswerAsOnLinux() throws { try assertAnswersAsLinux("limits") }

  func testProcessesStopAndContinueAsOnLinux() throws {
    try assertAnswersAsLinux("job_control", [[], ["--smp", "2"], ["--smp", "4"]])
  }

  func testHandlesOfProcessesAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("pidfds", [[], ["--smp", "4"]])
  }

  func testPseudoTerminalsAnswerAsOnLinux() throws {
    try assertAnswersAsLinux("pseudo")
  }

  func testBackgroundUsesTheTerminalAsOnLinux() throws {
    try assertAnswersAsLinux("terminal_jobs")
  }

  /// Compares the output of a program with that on Linux 6.1, which is in a file beside it, for
  /// each of the options.
  private func assertAnswersAsLinux(_ name: String, _ options: [[String]] = [[]]) throws {
    let answers = Workspace.programs.appendingPathComponent(name + ".txt")
    let program = try Programs.build(name, ["-pthread", "-w"])
    for outcome in try Machine.runAll(options.map { Machine.Boot(program: program, options: $0) }) {
      assertStatus(outcome, 0)
      XCTAssertEqual(outcome.output, try String(contentsOf: answers, encoding: .utf8))
    }
  }

  func testProcFileReadsAreNeverTorn() throws {
    assertStatus(try Machine.run(program: try Programs.build("proc_reads", ["-w"])), 0)
  }

  func testOutOfMemoryLeavesNothingBehind() throws {
    let outcome = try Machine.run(
      program: try Programs.build("proc_short"), options: ["--memory", "16"])
    assertStatus(outcome, 0)
  }

  func testTimersAreThoseOfOneProcessOnly() throws {
    assertStatus(try Machine.run(program: try Programs.build("proc_timers")), 0)
  }

  func testConcurrentEndsOfAProcessHaveOneWinner() throws {
    let program = try Programs.build("proc_races", ["-pthread"])
    let boots = [1, 2, 4].map {
      Machine.Boot(program: program, arguments: ["60", "memory"], options: ["--smp", "\($0)"])
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 0) }
  }

  func testEndSignalsThreadNumbersAndSharedFutexesAreAsOnLinux() throws {
    assertStatus(try Machine.run(program: try Programs.build("proc_ends", ["-pthread"])), 0)
  }
}
