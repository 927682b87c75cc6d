// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

final class UserServicesTests: SystemTestCase {
  override var commandLine: String { "norandomize vdso=off" }

  private func info(_ task: TaskNumber) throws -> TaskInfo {
    try scheduler.info(of: task)
  }

  func testCommandLineIsReadOnce() {
    XCTAssertFalse(Services.randomizesAddresses)
    XCTAssertTrue(A.system.options.isVdsoForbidden)
    XCTAssertEqual(Services.commandLine.text.count, 20)
  }

  func testUserTaskKnowsItsThread() throws {
    let task = try makeTask(isUser: true)
    run(task)
    XCTAssertEqual(Services.task, task)
    XCTAssertEqual(Services.thread, Services.processes.thread(of: task))
  }

  func testWaitEndsAtItsDeadline() throws {
    let task = try makeTask(isUser: true)
    run(task)
    Services.wait(until: 500)
    XCTAssertEqual(TestContext.runningTask.rawValue, 0, "it has no CPU")
    XCTAssertEqual(try info(task).waitName == nil, false)
  }

  func testTimeoutOfAWaitWakesItsTask() throws {
    let task = try makeTask(isUser: true)
    _ = try A.system.ticks.schedule(at: 2_000_000, token: TimeoutToken.task(task).rawValue)
    tick()
    XCTAssertFalse(isReady(task))
    tick()
    XCTAssertTrue(isReady(task))
  }

  func testWaitForThePastReturnsAtOnce() throws {
    let task = try makeTask(isUser: true)
    run(task)
    pass(1000)
    Services.wait(until: 1000)
    XCTAssertEqual(Services.sleep(until: 7), 1000)
    XCTAssertEqual(TestContext.runningTask, task)
  }

  func testWakeBeforeTheWaitEndsIt() throws {
    let task = try makeTask(isUser: true)
    run(task)
    Services.wake(task)
    Services.wait(until: .max)
    XCTAssertEqual(TestContext.runningTask, task)
  }

  func testProcessTimerIsScheduledAndCancelled() throws {
    let handle = try XCTUnwrap(Services.scheduleTimer(3, at: 1_000_000))
    Services.cancelTimer(handle)
    tick(2)
    let capacity = UInt32(ProcessTable<Services>.timerCapacity) + TestSpace.stackCount
    for number in 0..<capacity {
      XCTAssertNotNil(Services.scheduleTimer(number, at: .max), "\(number)")
    }
    XCTAssertNil(
      Services.scheduleTimer(capacity, at: .max), "a place for each timer and each task")
  }

  func testNewTaskHasItsFrameAffinityAndPolicy() throws {
    Services.setAffinity(CpuMask(cpu: 0), of: TaskNumber(rawValue: 0))
    var scheduling = Scheduling()
    let task = try Services.makeTask(ARMRegisters(), threadPointer: 0x1234, scheduling)
    XCTAssertEqual(TestRegisters.prepared.map(\.threadPointer), [0x1234])
    XCTAssertEqual(Services.affinity(of: task), CpuMask(cpu: 0))
    XCTAssertEqual(try info(task).policy, .roundRobin)
    XCTAssertEqual(try info(task).priority, .user)
    scheduling.policy = .fifo
    scheduling.priority = 99
    let urgent = try Services.makeTask(ARMRegisters(), threadPointer: 0, scheduling)
    XCTAssertEqual(try info(urgent).policy, .fifo)
    XCTAssertEqual(try info(urgent).priority.rawValue, 11)
    Services.freeTask(urgent)
    Services.freeTask(task)
    XCTAssertEqual(A.system.frames.freeCount, freeAtFirst)
  }

  func testLinuxPrioritiesMapToLiteOSs() throws {
    let task = try makeTask(isUser: true)
    let wanted: [(SchedulingPolicy, UInt8, UInt8)] = [
      (.fifo, 1, 19), (.fifo, 11, 19), (.fifo, 12, 18), (.roundRobin, 50, 15),
      (.roundRobin, 99, 11),
      (.other, 0, 20), (.idle, 0, 30),
    ]
    for (policy, priority, level) in wanted {
      try Services.schedule(task, Scheduling(policy: policy, priority: priority))
      XCTAssertEqual(try info(task).priority.rawValue, level, "\(policy) \(priority)")
      XCTAssertEqual(try info(task).policy, policy == .fifo ? .fifo : .roundRobin)
    }
  }

  func testFullTableIsEAGAIN() throws {
    while (try? makeTask()) != nil {}
    XCTAssertThrowsError(try Services.makeTask(ARMRegisters(), threadPointer: 0, Scheduling())) {
      XCTAssertEqual($0 as? Errno, .tryAgain)
    }
  }

  func testTaskWithoutAnAddressSpaceActivatesNone() throws {
    run(try makeTask(isUser: true))
    Services.activate(nil)
    XCTAssertEqual(TestContext.activations, [0])
  }

  func testRegistersArePassedOn() {
    Services.setThreadPointer(5)
    XCTAssertEqual(Services.threadPointer, 5)
    Services.resetRegisters()
    XCTAssertEqual(TestRegisters.resets, 1)
    var state = ARMEABI.FloatState(repeating: 7)
    Services.loadFloats(from: &state)
    state[0] = 0
    Services.storeFloats(to: &state)
    XCTAssertEqual(state[0], 7)
  }

  func testClocksAreTheTimekeepers() throws {
    XCTAssertEqual(Services.time(.realtime).seconds, 1_700_000_000)
    pass(2_500_000_000)
    XCTAssertEqual(Services.time(.monotonic), Timespec(seconds: 2, nanoseconds: 500_000_000))
    XCTAssertEqual(Services.monotonicNanoseconds(), 2_500_000_000)
    XCTAssertEqual(Services.counter, 2_500_000_000)
    XCTAssertEqual(Services.resolution(.monotonicCoarse).nanoseconds, 1_000_000)
    XCTAssertTrue(Services.setRealtime(Timespec(seconds: 1_800_000_000, nanoseconds: 0)))
    XCTAssertEqual(Services.time(.realtime).seconds, 1_800_000_000)
    XCTAssertFalse(Services.setRealtime(Timespec(seconds: 0, nanoseconds: -1)))
    tick()
    XCTAssertEqual(Services.tickStatistics.interrupts, 1)
  }

  func testEndOfTheFirstProcessEndsTheMachine() {
    Services.end(.exited(7))
    Services.end(.signalled(.kill))
    XCTAssertEqual(TestControl.powerOffs, [7, 137])
  }

  func testRandomBytesDiffer() {
    var words = [UInt64](repeating: 0, count: 2)
    for index in words.indices {
      withUnsafeMutableBytes(of: &words[index]) {
        var span = MutableRawSpan(_unsafeBytes: $0)
        Services.fillRandom(&span)
      }
    }
    XCTAssertNotEqual(words[0], words[1])
  }
}
