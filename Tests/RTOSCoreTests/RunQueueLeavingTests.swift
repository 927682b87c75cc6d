// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// Several CPUs: a task that must leave its CPU leaves it at its next call, and ticks are charged
/// to the task that ran.
final class RunQueueLeavingTests: XCTestCase {
  override func tearDown() {
    ThreadProcessor.silicon.number = 0
    XCTAssertFalse(ThreadProcessor.silicon.isMasked)
  }

  /// Two CPUs that run tasks 2 and 3, which are less urgent than 4; that is blocked.
  private func machine() throws -> ManyProcessors {
    let machine = try ManyProcessors(2, priorities: [20, 20, 10])
    machine.scheduler.wake(machine.tasks[0])
    machine.scheduler.wake(machine.tasks[1])
    machine.settle()
    return machine
  }

  func testAffinityOfTheRunningTaskMovesItAtOnce() throws {
    let machine = try machine()
    let me = TaskNumber(rawValue: machine.running(0))
    try machine.scheduler.setAffinity(CpuMask(rawValue: 0b10), of: me)
    XCTAssertTrue(machine.isIdle(0), "it left in the call")
    machine.settle()
    XCTAssertNil(machine.brokenRule(isSettled: true))
  }

  func testSuspendFromAnotherCPUHoldsAcrossACall() throws {
    let machine = try machine()
    let task = TaskNumber(rawValue: machine.running(1))
    try machine.scheduler.suspend(task)
    // Before the suspension takes effect, it wakes a more urgent task and is preempted.
    machine.on(1) {
      let others = machine.tasks[2]
      machine.scheduler.wake(others)
      machine.scheduler.unlockPreemption()
      machine.scheduler.lockPreemption()
      machine.scheduler.unlockPreemption()
    }
    machine.settle()
    XCTAssertEqual(machine.record(task.rawValue).state, .suspended)
    XCTAssertNil(machine.brokenRule(isSettled: true))
    try machine.scheduler.resume(task)
    machine.settle()
    XCTAssertNotEqual(machine.record(task.rawValue).state, .suspended)
  }

  func testDeleteOfATaskThatIsAboutToStopWaitsUntilItLeaves() throws {
    let machine = try machine()
    let task = TaskNumber(rawValue: machine.running(1))
    try machine.scheduler.suspend(task)
    try machine.scheduler.delete(task)
    XCTAssertEqual(machine.record(task.rawValue).state, .running, "its stack is in use")
    for end in [machine.scheduler.delete, machine.scheduler.suspend] {
      XCTAssertThrowsError(try end(task)) { XCTAssertEqual($0 as? TaskError, .exited) }
    }
    machine.settle()
    XCTAssertEqual(machine.record(task.rawValue).state, .free)
    XCTAssertTrue(machine.isIdle(1))
    XCTAssertNil(machine.brokenRule(isSettled: true))
  }

  func testDeleteUnderAPreemptionLockWaitsForItsUnlock() throws {
    let machine = try machine()
    let task = TaskNumber(rawValue: machine.running(1))
    machine.on(1) { machine.scheduler.lockPreemption() }
    try machine.scheduler.delete(task)
    machine.settle()
    XCTAssertEqual(machine.running(1), task.rawValue, "it keeps its CPU")
    machine.on(1) { machine.scheduler.unlockPreemption() }
    XCTAssertEqual(machine.record(task.rawValue).state, .free)
    XCTAssertTrue(machine.isIdle(1))
    XCTAssertNil(machine.brokenRule(isSettled: true))
  }

  func testTickIsChargedToTheTaskThatRan() throws {
    let machine = try machine()
    let before = machine.running(1)
    let urgent = machine.tasks[2]
    try machine.scheduler.setAffinity(CpuMask(rawValue: 0b10), of: urgent)
    machine.tick(0, isNew: true)
    // A task woken by the tick runs on CPU 1 before that CPU serves its own tick.
    machine.scheduler.wake(urgent)
    machine.settle()
    XCTAssertEqual(machine.running(1), urgent.rawValue)
    machine.tick(1, isNew: false)
    XCTAssertEqual(machine.record(before).ticks, 1)
    XCTAssertEqual(machine.record(urgent.rawValue).ticks, 0)
    machine.tick(0, isNew: true)
    machine.tick(1, isNew: false)
    XCTAssertEqual(machine.record(before).ticks, 1)
    XCTAssertEqual(machine.record(urgent.rawValue).ticks, 1)
  }
}
