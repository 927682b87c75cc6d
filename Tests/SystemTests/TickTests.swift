// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

final class TickTests: SystemTestCase {
  func testTokenIsATaskOrATimer() {
    for number: UInt32 in [0, 1, 127, 0x7fff_ffff] {
      let task = TimeoutToken.task(TaskNumber(rawValue: number))
      XCTAssertEqual(task.rawValue, number)
      XCTAssertEqual(TimeoutToken(rawValue: number), task)
      let timer = TimeoutToken.timer(number)
      XCTAssertEqual(timer.rawValue, 0x8000_0000 | number)
      XCTAssertEqual(TimeoutToken(rawValue: timer.rawValue), timer)
    }
  }

  func testTickPublishesThenWakesThenRunsTheTimersOfCCode() throws {
    let task = try makeTask()
    _ = try A.system.ticks.schedule(
      at: 1_500_000, token: TimeoutToken.task(task).rawValue)
    let updates = A.system.publisher.writer.updateCount
    var seen: [String] = []
    TestCode.atTick = {
      seen.append(
        "\(A.system.publisher.writer.updateCount - updates) \(A.system.scheduler.tickCount) "
          + (self.isReady(task) ? "ready" : "waits"))
    }
    tick(2)
    XCTAssertEqual(seen, ["1 1 waits", "2 2 ready"])
    XCTAssertEqual(TestCode.ticks, [1, 2])
  }

  func testTimeoutBetweenTicksWakesItsTaskAndIsNoTick() throws {
    let task = try makeTask()
    _ = try A.system.ticks.schedule(at: 1_400_000, token: TimeoutToken.task(task).rawValue)
    tick()
    XCTAssertEqual(TestClock.deadline, 1_400_000, "it is before the second tick")
    XCTAssertFalse(isReady(task))
    let updates = A.system.publisher.writer.updateCount
    pass(400_000)
    Owner.serveTimer()
    XCTAssertTrue(isReady(task))
    XCTAssertEqual(TestCode.ticks, [1])
    XCTAssertEqual(A.system.publisher.writer.updateCount, updates)
    XCTAssertEqual(TestClock.deadline, 2_000_000)
  }

  func testMissedTickIsCountedByTheNextOne() {
    pass(3_000_000)
    tick()
    XCTAssertEqual(TestCode.ticks, [4])
    XCTAssertEqual(scheduler.tickCount, 4)
  }

  func testTickWakesWallClockWaitersOnceAfterALeap() {
    A.system.publisher.wallClockDidLeap()
    tick()
    XCTAssertFalse(A.system.publisher.takeLeap(), "the tick has taken it")
    A.system.publisher.wallClockDidLeap()
    XCTAssertTrue(A.system.publisher.takeLeap())
    XCTAssertFalse(A.system.publisher.takeLeap())
  }

  func testLeapWakesAFewWaitersAtEachTickUntilNoneIsLeft() throws {
    let tasks = try (0..<6).map { _ in try makeTask(isUser: true) }
    // Of the process only the number of its parent is read.
    let record = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    record.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
    defer { record.deallocate() }
    let process = ProcessReference(
      at: record.assumingMemoryBound(to: UserSpace.Process<Services>.self))
    Services.processes.withLock { table in
      for task in tasks {
        table.enter(
          task, identifier: ThreadID(rawValue: task.rawValue), process: process,
          name: InlineArray(repeating: 0))
        table.thread(task).pointee.wait = .timeOfDay
      }
    }
    A.system.publisher.wallClockDidLeap()
    tick()
    XCTAssertEqual(tasks.filter { isReady($0) }.count, 4)
    XCTAssertTrue(A.system.isWakingWaiters)
    Owner.enterIdle()
    XCTAssertNotNil(TestClock.deadline, "it goes on at the next tick")
    tick()
    XCTAssertEqual(tasks.filter { isReady($0) }.count, 6)
    XCTAssertFalse(A.system.isWakingWaiters)
  }

  func testTickMakesTheInterruptedUserThreadCheckItsCPUTime() throws {
    let task = try makeTask(isUser: true)
    let thread = A.system.processes.thread(of: task)
    Services.watchCPUTime(true)
    tick()
    XCTAssertFalse(thread.pointee.mustCheckTime, "the idle task runs")
    run(task)
    tick()
    XCTAssertTrue(thread.pointee.mustCheckTime)
    thread.pointee.mustCheckTime = false
    Services.watchCPUTime(false)
    tick()
    XCTAssertFalse(thread.pointee.mustCheckTime, "nothing is armed")
  }

  func testIdleCPUHasNoTickAndCatchesUpAfterwards() throws {
    let task = try makeTask()
    _ = try A.system.ticks.schedule(
      at: 5_000_000, token: TimeoutToken.task(task).rawValue)
    Owner.enterIdle()
    let deadline = try XCTUnwrap(TestClock.deadline)
    XCTAssertGreaterThanOrEqual(deadline, 5_000_000, "it waits for the timeout, not for a tick")
    TestClock.count = deadline
    Owner.resumeFromIdle()
    XCTAssertTrue(isReady(task))
    XCTAssertEqual(TestCode.ticks, [5])
    XCTAssertEqual(scheduler.tickCount, 5)
    XCTAssertEqual(A.system.ticks.statistics().idleWaits, 1)
  }

  func testIdleCPUWithoutATimeoutHasNoDeadline() {
    Owner.enterIdle()
    XCTAssertNil(TestClock.deadline)
  }

  func testIdleCPUKeepsItsTickWhileCCodeHasTimers() {
    TestCode.hasTimers = true
    Owner.enterIdle()
    XCTAssertEqual(TestClock.deadline, 1_000_000)
  }

  func testIdleCPUKeepsItsTickWhileATaskCountsTicks() throws {
    run(try makeTask())
    _ = scheduler.block(Timeout(rawValue: 7))
    XCTAssertEqual(TestContext.runningTask.rawValue, 0)
    Owner.enterIdle()
    XCTAssertEqual(TestClock.deadline, 1_000_000)
    tick(7)
    XCTAssertEqual(TestCode.ticks.count, 7)
  }

  func testIdleTimekeepingCPUNotifiesAnotherOne() {
    TestProcessor.number = 1
    A.system.ticks.join()
    TestProcessor.number = 0
    Owner.enterIdle()
    XCTAssertNil(TestClock.deadline)
    XCTAssertEqual(TestInterrupts.sent.count, 1)
    XCTAssertEqual(TestInterrupts.sent[0].0, .timekeeping)
    XCTAssertEqual(TestInterrupts.sent[0].1, CpuMask(cpu: 1))
  }
}
