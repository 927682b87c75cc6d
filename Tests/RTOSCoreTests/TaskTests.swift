// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class TaskTests: ObjectTestCase {
  private let stranger = TaskNumber(rawValue: 15)
  private let beyond = TaskNumber(rawValue: 16)
  private let idle = TaskNumber(rawValue: 0)

  func testSuspendedTaskRestsUntilItIsResumed() throws {
    let tasks = try start(9, 10)
    try scheduler.suspend(tasks[0])
    XCTAssertEqual(running, 2, "it suspended itself")
    XCTAssertEqual(state(1), .suspended)
    try scheduler.resume(tasks[0])
    XCTAssertEqual(running, 1, "a resumed task runs at once")
    try scheduler.suspend(tasks[1])
    scheduler.block()
    XCTAssertEqual(running, 0)
  }

  func testSuspensionsDoNotNest() throws {
    let tasks = try start(9, 10)
    try scheduler.suspend(tasks[1])
    refuses(TaskError.alreadySuspended) { try self.scheduler.suspend(tasks[1]) }
    try scheduler.resume(tasks[1])
    refuses(TaskError.notSuspended) { try self.scheduler.resume(tasks[1]) }
  }

  func testWaitContinuesUnderASuspension() throws {
    let tasks = try start(9, 10)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .ticks(5)) }
    try scheduler.suspend(tasks[0])
    XCTAssertEqual(state(1), .blocked)
    try scheduler.give(semaphore)
    XCTAssertEqual(running, 2)
    XCTAssertEqual(state(1), .suspended, "its wait has ended and it stays suspended")
    XCTAssertEqual(outcome(1), .satisfied)
    try scheduler.resume(tasks[0])
    XCTAssertEqual(running, 1)
  }

  func testResumeDoesNotEndAWait() throws {
    let tasks = try start(9, 10)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .ticks(5)) }
    try scheduler.suspend(tasks[0])
    try scheduler.resume(tasks[0])
    XCTAssertEqual(state(1), .blocked)
    try scheduler.suspend(tasks[0])
    tick(to: 5)
    XCTAssertEqual(state(1), .suspended)
    XCTAssertEqual(outcome(1), .timedOut)
  }

  func testDelaysEndAtTheirTick() throws {
    try start(9, 10)
    blocks { try self.scheduler.delay(ticks: 2) }
    blocks { try self.scheduler.delay(ticks: 1) }
    tick(to: 1)
    XCTAssertEqual(running, 2)
    tick(to: 2)
    XCTAssertEqual(running, 1)
    XCTAssertEqual(outcome(1), .satisfied)
  }

  func testDelayOfZeroYields() throws {
    try start(9, 9)
    try scheduler.delay(ticks: 0)
    XCTAssertEqual(running, 2)
  }

  func testDelayIsRefusedWhereNoTaskCouldRun() throws {
    refuses(TaskError.systemTask) { try self.scheduler.delay(ticks: 1) }
    try start(9)
    scheduler.lockPreemption()
    refuses(TaskError.preemptionLocked) { try self.scheduler.delay(ticks: 1) }
    refuses(TaskError.preemptionLocked) { try self.scheduler.suspend(self.scheduler.current) }
    refuses(TaskError.preemptionLocked) { try self.scheduler.delete(self.scheduler.current) }
    scheduler.unlockPreemption()
    Context.isInInterrupt = true
    refuses(TaskError.inInterrupt) { try self.scheduler.delay(ticks: 1) }
    refuses(TaskError.inInterrupt) { try self.scheduler.suspend(self.scheduler.current) }
    refuses(TaskError.inInterrupt) { try self.scheduler.delete(self.scheduler.current) }
    refuses(TaskError.inInterrupt) { _ = try self.scheduler.join(self.idle) }
    Context.isInInterrupt = false
  }

  func testPreemptionLocksNest() throws {
    let tasks = try start(9)
    let other = try bench.create(2, priority: 3)
    scheduler.lockPreemption()
    scheduler.lockPreemption()
    scheduler.wake(other)
    scheduler.reschedule()
    scheduler.unlockPreemption()
    XCTAssertEqual(running, tasks[0].rawValue)
    scheduler.unlockPreemption()
    XCTAssertEqual(running, 2)
    scheduler.unlockPreemption()
    XCTAssertEqual(bench.records[2].preemptionLocks, 0, "one too many does nothing")
  }

  func testJoinReturnsTheResultAndFreesTheRecord() throws {
    let tasks = try start(9, 10)
    try scheduler.makeJoinable(tasks[1])
    blocks { _ = try self.scheduler.join(tasks[1]) }
    XCTAssertEqual(running, 2)
    end(77)
    XCTAssertEqual(running, 1)
    XCTAssertEqual(bench.records[1].received, 77)
    XCTAssertEqual(outcome(1), .satisfied)
    XCTAssertEqual(state(2), .free)
  }

  func testResultIsKeptForALateJoin() throws {
    let tasks = try start(10, 9)
    try scheduler.makeJoinable(tasks[1])
    end(78)
    XCTAssertEqual(state(2), .exited)
    refuses(TaskError.exited) { try self.scheduler.suspend(tasks[1]) }
    refuses(TaskError.exited) { try self.scheduler.delete(tasks[1]) }
    refuses(TaskError.exited) { try self.scheduler.setPriority(.user, of: tasks[1]) }
    XCTAssertEqual(try scheduler.join(tasks[1]), 78)
    XCTAssertEqual(state(2), .free)
    refuses(TaskError.noSuchTask) { _ = try self.scheduler.join(tasks[1]) }
  }

  func testDetachedTaskFreesItsRecord() throws {
    let tasks = try start(10, 9)
    try scheduler.makeJoinable(tasks[1])
    try scheduler.detach(tasks[1])
    refuses(TaskError.notJoinable) { try self.scheduler.detach(tasks[1]) }
    refuses(TaskError.notJoinable) { _ = try self.scheduler.join(tasks[0]) }
    end(1)
    XCTAssertEqual(state(2), .free)
    XCTAssertEqual(running, 1)
  }

  func testEndedTaskCanBeDetached() throws {
    let tasks = try start(10, 9)
    try scheduler.makeJoinable(tasks[1])
    end(1)
    try scheduler.detach(tasks[1])
    XCTAssertEqual(state(2), .free)
  }

  func testJoinsInACycleAreRefused() throws {
    let tasks = try start(9, 10, 11)
    for task in tasks { try scheduler.makeJoinable(task) }
    refuses(TaskError.deadlock) { _ = try self.scheduler.join(tasks[0]) }
    blocks { _ = try self.scheduler.join(tasks[1]) }
    blocks { _ = try self.scheduler.join(tasks[2]) }
    refuses(TaskError.deadlock) { _ = try self.scheduler.join(tasks[0]) }
    refuses(TaskError.notJoinable) { _ = try self.scheduler.join(tasks[1]) }
  }

  func testJoinTimeoutAdmitsAnotherJoin() throws {
    let tasks = try start(9, 10)
    try scheduler.makeJoinable(tasks[1])
    refuses(TaskError.timedOut) { _ = try self.scheduler.join(tasks[1], .noWait) }
    blocks { _ = try self.scheduler.join(tasks[1], .ticks(3)) }
    tick(to: 3)
    XCTAssertEqual(outcome(1), .timedOut)
    blocks { _ = try self.scheduler.join(tasks[1]) }
    try scheduler.delete(tasks[1])
    XCTAssertEqual(outcome(1), .deleted)
    XCTAssertEqual(state(2), .free)
  }

  func testDeletedTaskLeavesEveryQueue() throws {
    let tasks = try start(9, 10, 11)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .ticks(5)) }
    try scheduler.makeJoinable(tasks[2])
    blocks { _ = try self.scheduler.join(tasks[2]) }
    try scheduler.delete(tasks[0])
    try scheduler.delete(tasks[1])
    try scheduler.give(semaphore)
    XCTAssertEqual(scheduler.count(of: semaphore), 1)
    tick(to: 5)
    XCTAssertEqual([state(1), state(2)], [.free, .free])
    XCTAssertEqual(bench.records[3].joining, .joinable)
    XCTAssertEqual(running, 3)
  }

  func testIdleTaskCannotBeChanged() throws {
    let idle = idle
    refuses(TaskError.systemTask) { try self.scheduler.suspend(idle) }
    refuses(TaskError.systemTask) { try self.scheduler.delete(idle) }
    refuses(TaskError.systemTask) { try self.scheduler.setPriority(.user, of: idle) }
    refuses(TaskError.systemTask) { try self.scheduler.setPolicy(.fifo, of: idle) }
    refuses(TaskError.systemTask) { try self.scheduler.setAffinity(.all, of: idle) }
  }

  func testInvalidTaskNumbersAreRefused() throws {
    try start(9)
    for task in [stranger, beyond, TaskNumber(rawValue: .max)] {
      refuses(TaskError.noSuchTask) { try self.scheduler.suspend(task) }
      refuses(TaskError.noSuchTask) { try self.scheduler.resume(task) }
      refuses(TaskError.noSuchTask) { try self.scheduler.delete(task) }
      refuses(TaskError.noSuchTask) { try self.scheduler.detach(task) }
      refuses(TaskError.noSuchTask) { _ = try self.scheduler.join(task) }
      refuses(TaskError.noSuchTask) { try self.scheduler.setPriority(.user, of: task) }
      refuses(TaskError.noSuchTask) { try self.scheduler.setAffinity(.all, of: task) }
      refuses(TaskError.noSuchTask) { _ = try self.scheduler.info(of: task) }
    }
  }

  func testPriorityChangeReschedules() throws {
    let tasks = try start(9, 10)
    try scheduler.setPriority(try XCTUnwrap(Priority(rawValue: 8)), of: tasks[1])
    XCTAssertEqual(running, 2)
    try scheduler.setPriority(try XCTUnwrap(Priority(rawValue: 12)), of: tasks[1])
    XCTAssertEqual(running, 1)
    XCTAssertEqual(try scheduler.info(of: tasks[1]).priority.rawValue, 12)
  }

  func testPriorityChangeReordersWaiters() throws {
    let tasks = try start(9, 10)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .forever) }
    blocks { try self.scheduler.take(semaphore, .forever) }
    try scheduler.setPriority(try XCTUnwrap(Priority(rawValue: 3)), of: tasks[1])
    try scheduler.give(semaphore)
    XCTAssertEqual(running, 2)
  }

  func testTaskRunsOnlyOnCPUsOfItsAffinity() throws {
    let tasks = try start(9)
    let elsewhere = CpuMask(rawValue: 0b10)
    refuses(TaskError.noCpu) { try self.scheduler.setAffinity(elsewhere, of: tasks[0]) }
    refuses(TaskError.noCpu) { try self.scheduler.setAffinity(CpuMask(rawValue: 0), of: tasks[0]) }
    try scheduler.setAffinity(CpuMask(rawValue: 0b11), of: tasks[0])
    XCTAssertEqual(try scheduler.info(of: tasks[0]).affinity.rawValue, 0b11)
  }

  func testUserDataStaysWithItsTask() throws {
    let tasks = try start(9, 10)
    scheduler.setUserData(0xdead_beef, of: tasks[0])
    XCTAssertEqual(scheduler.userData(of: tasks[0]), 0xdead_beef)
    XCTAssertEqual(scheduler.userData(of: tasks[1]), 0)
  }

  func testBlockEndsWithItsTicks() throws {
    let tasks = try start(9)
    XCTAssertEqual(scheduler.block(.noWait), .timedOut)
    blocks { _ = self.scheduler.block(.ticks(3)) }
    tick(to: 3)
    XCTAssertEqual(outcome(1), .timedOut)
    scheduler.wake(tasks[0])
    XCTAssertEqual(scheduler.block(.forever), .satisfied, "the wake came before")
  }

  func testWakeDoesNotEndAWaitForAnotherObject() throws {
    let tasks = try start(9)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .forever) }
    scheduler.wake(tasks[0])
    XCTAssertEqual(state(1), .blocked)
    try scheduler.give(semaphore)
    XCTAssertEqual(scheduler.block(.forever), .satisfied, "it is kept for the next block")
  }

  /// Ends the running task as `exit` does, which does not return.
  private func end(_ result: UInt32) {
    scheduler.withState { state in
      state.end(Context.runningTask, result: result, .satisfied)
      Scheduler<ThreadProcessor, RecordingContext>.switchAway(&state)
    }
  }
}
