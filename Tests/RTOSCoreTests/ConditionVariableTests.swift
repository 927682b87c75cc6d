// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class ConditionVariableTests: ObjectTestCase {
  /// Task 1 waits, with the mutex locked `depth` times; task 2 runs.
  private func startWaiting(
    _ condition: ObjectHandle<ConditionVariable>, _ mutex: ObjectHandle<Mutex>, depth: Int = 1,
    _ timeout: Timeout = .forever
  ) throws {
    try start(9, 10)
    for _ in 0..<depth { try scheduler.lock(mutex, .forever) }
    blocks { try self.scheduler.wait(for: condition, mutex, timeout) }
    XCTAssertNil(scheduler.owner(of: mutex))
    XCTAssertEqual(running, 2)
  }

  func testSignalReturnsTheMutexAtItsFormerDepth() throws {
    let (condition, mutex) = (fixed(ConditionVariable()), fixed(Mutex()))
    try startWaiting(condition, mutex, depth: 3)
    scheduler.signal(condition)
    XCTAssertEqual(running, 1)
    XCTAssertEqual(outcome(1), .satisfied)
    for _ in 0..<3 { try scheduler.unlock(mutex) }
    XCTAssertNil(scheduler.owner(of: mutex))
  }

  func testSignalUnderTheMutexMakesTheWaiterWaitForTheMutex() throws {
    let (condition, mutex) = (fixed(ConditionVariable()), fixed(Mutex()))
    try startWaiting(condition, mutex)
    try scheduler.lock(mutex, .forever)
    scheduler.signal(condition)
    XCTAssertEqual(state(1), .blocked)
    XCTAssertEqual(effective(2), 9, "the owner inherits from the waiter for the mutex")
    try scheduler.unlock(mutex)
    XCTAssertEqual(running, 1)
    XCTAssertEqual(outcome(1), .satisfied)
    XCTAssertEqual(scheduler.owner(of: mutex)?.rawValue, 1)
  }

  func testTimeoutReturnsWithTheMutex() throws {
    let (condition, mutex) = (fixed(ConditionVariable()), fixed(Mutex()))
    try startWaiting(condition, mutex, .ticks(4))
    try scheduler.lock(mutex, .forever)
    tick(to: 4)
    XCTAssertEqual(state(1), .blocked)
    scheduler.signal(condition)
    XCTAssertEqual(state(1), .blocked, "it does not wait for the condition any more")
    try scheduler.unlock(mutex)
    XCTAssertEqual(outcome(1), .timedOut)
    XCTAssertEqual(scheduler.owner(of: mutex)?.rawValue, 1)
  }

  func testBroadcastWakesAllOneAfterTheOther() throws {
    let (condition, mutex) = (fixed(ConditionVariable()), fixed(Mutex()))
    try start(11, 10, 10)
    for _ in 0..<3 {
      try scheduler.lock(mutex, .forever)
      blocks { try self.scheduler.wait(for: condition, mutex, .forever) }
    }
    scheduler.broadcast(condition)
    for expected: UInt32 in [2, 3, 1] {
      XCTAssertEqual(scheduler.owner(of: mutex)?.rawValue, expected)
      XCTAssertEqual(running, expected)
      try scheduler.unlock(mutex)
      scheduler.block()
    }
  }

  func testSignalWithoutWaitersIsLost() throws {
    let (condition, mutex) = (fixed(ConditionVariable()), fixed(Mutex()))
    scheduler.signal(condition)
    scheduler.broadcast(condition)
    try startWaiting(condition, mutex)
    XCTAssertEqual(state(1), .blocked)
  }

  func testDeleteWakesAllWithTheirMutex() throws {
    let (condition, mutex) = (fixed(ConditionVariable()), fixed(Mutex()))
    try startWaiting(condition, mutex)
    scheduler.delete(condition)
    XCTAssertEqual(outcome(1), .deleted)
    XCTAssertEqual(scheduler.owner(of: mutex)?.rawValue, 1)
  }

  func testOwnerDeathIsReportedToTheReturningWaiter() throws {
    let (condition, mutex) = (fixed(ConditionVariable()), fixed(Mutex(isRobust: true)))
    try startWaiting(condition, mutex)
    try scheduler.lock(mutex, .forever)
    try scheduler.delete(TaskNumber(rawValue: 2))
    scheduler.signal(condition)
    XCTAssertEqual(outcome(1), .ownerDied)
  }

  func testRefusedWaitLeavesTheMutexLocked() throws {
    let (condition, mutex) = (fixed(ConditionVariable()), fixed(Mutex()))
    try start(9)
    refuses(WaitError.notOwner) { try self.scheduler.wait(for: condition, mutex, .forever) }
    try scheduler.lock(mutex, .forever)
    refuses(WaitError.wouldBlock) { try self.scheduler.wait(for: condition, mutex, .noWait) }
    scheduler.lockPreemption()
    refuses(WaitError.preemptionLocked) {
      try self.scheduler.wait(for: condition, mutex, .forever)
    }
    XCTAssertEqual(scheduler.owner(of: mutex)?.rawValue, 1)
  }
}
