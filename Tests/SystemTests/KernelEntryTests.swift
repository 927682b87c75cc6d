// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import XCTest

@testable import System

final class KernelEntryTests: SystemTestCase {
  private typealias Lock = KernelEntry<MockArchitecture>

  func testOneCPUHasNoLock() {
    Lock.enter()
    XCTAssertFalse(Lock.isHeld)
    XCTAssertNil(Lock.holderNumber)
    var runs = 0
    Lock.around { runs += 1 }
    Lock.leave()
    XCTAssertEqual(runs, 1)
    XCTAssertNil(Lock.holderNumber)
  }

  func testSeveralCPUsAcquireAndReleaseItOnce() {
    Lock.begin()
    TestProcessor.number = 3
    Services.enterKernel()
    XCTAssertTrue(Lock.isHeld)
    XCTAssertEqual(Lock.holderNumber, 3)
    Services.enterKernel()
    XCTAssertTrue(Lock.isHeld, "entering twice is entering once")
    TestProcessor.number = 2
    XCTAssertFalse(Lock.isHeld, "another CPU holds it")
    Lock.leave()
    XCTAssertEqual(Lock.holderNumber, 3, "only its holder releases it")
    TestProcessor.number = 3
    Services.leaveKernel()
    XCTAssertNil(Lock.holderNumber)
    Services.leaveKernel()
    XCTAssertNil(Lock.holderNumber)
    XCTAssertTrue(TestInterrupts.sent.isEmpty, "no CPU waited")
  }

  func testSwitchReleasesItAndTheTaskAcquiresItAgain() throws {
    Lock.begin()
    let task = try makeTask(isUser: true)
    run(task)
    Services.enterKernel()
    var inside: UInt32? = 9
    Lock.around {
      SystemContext<MockArchitecture>.willSwitchOut()
      inside = Lock.holderNumber
    }
    XCTAssertNil(inside)
    XCTAssertTrue(Lock.isHeld)
    Services.leaveKernel()
  }

  func testPreemptionPointSwitchesToAMoreUrgentTask() throws {
    Lock.begin()
    let task = try makeTask(isUser: true)
    run(task)
    Services.enterKernel()
    let urgent = try makeTask(10)
    Services.preemptionPoint()
    XCTAssertEqual(TestContext.runningTask, task, "nothing is due")
    scheduler.wake(urgent)
    TestContext.isRescheduleDue = true
    Services.preemptionPoint()
    XCTAssertEqual(TestContext.runningTask, urgent)
    XCTAssertTrue(Lock.isHeld, "the mock returns at once, as if switched in again")
    Services.leaveKernel()
  }

  func testPreemptionPointKeepsTheWorkBeforeTheReturn() throws {
    let task = try makeTask(isUser: true)
    run(task)
    scheduler.requestUserReturnWork(task)
    TestContext.isRescheduleDue = true
    Services.preemptionPoint()
    XCTAssertTrue(TestContext.isRescheduleDue)
    XCTAssertTrue(scheduler.reschedule())
  }

  func testSwitchDoesNotAcquireItForATaskThatDidNotHoldIt() {
    Lock.begin()
    Lock.around {}
    XCTAssertFalse(Lock.isHeld)
  }

  func testWaitOfTheHolderReleasesIt() throws {
    Lock.begin()
    let task = try makeTask(isUser: true)
    run(task)
    Services.enterKernel()
    Services.yield()
    XCTAssertTrue(Lock.isHeld)
    Services.leaveKernel()
  }
}
