// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// Mutexes that other tasks give away, and whose waiters can be woken without them.
final class MutexProxyTests: ObjectTestCase {
  /// The least urgent of three tasks owns the mutex, and the others have waited for a wake.
  private func begin() throws -> ([TaskNumber], ObjectHandle<Mutex>) {
    let tasks = try start(20, 15, 5)
    let mutex = fixed(Mutex(.normal))
    scheduler.block()
    scheduler.block()
    scheduler.setOwner(tasks[0], of: mutex)
    return (tasks, mutex)
  }

  func testOwnerInheritsFromTheTaskThatBlocks() throws {
    let (tasks, mutex) = try begin()
    XCTAssertNil(scheduler.firstWaiter(for: mutex))
    preempt(by: tasks[2])
    blocks { try self.scheduler.block(for: mutex) }
    XCTAssertEqual([running, UInt32(effective(1))], [1, 5])
    XCTAssertEqual(scheduler.firstWaiter(for: mutex), tasks[2])
    scheduler.wake(tasks[1])
    scheduler.reschedule()
    XCTAssertEqual(running, 1, "the middle one does not come before it")
  }

  func testWakeEndsTheWaitAndTheInheritance() throws {
    let (tasks, mutex) = try begin()
    preempt(by: tasks[2])
    blocks { try self.scheduler.block(for: mutex) }
    scheduler.wake(tasks[2])
    XCTAssertEqual(effective(1), 20)
    XCTAssertNil(scheduler.firstWaiter(for: mutex))
    XCTAssertEqual(scheduler.owner(of: mutex), tasks[0])
    scheduler.reschedule()
    XCTAssertEqual(running, 3)
  }

  func testWakeBeforeTheWaitLetsItReturnAtOnce() throws {
    let (tasks, mutex) = try begin()
    preempt(by: tasks[2])
    scheduler.wake(tasks[2])
    try scheduler.block(for: mutex)
    XCTAssertEqual(running, 3)
    blocks { try self.scheduler.block(for: mutex) }
  }

  func testNewOwnerInheritsAndTheOldOneDoesNot() throws {
    let (tasks, mutex) = try begin()
    preempt(by: tasks[2])
    blocks { try self.scheduler.block(for: mutex) }
    scheduler.setOwner(tasks[1], of: mutex)
    XCTAssertEqual([effective(1), effective(2)], [20, 5])
    XCTAssertEqual(running, 1, "the switch waits")
    XCTAssertTrue(Context.isRescheduleDue || scheduler.owner(of: mutex) == tasks[1])
    scheduler.setOwner(nil, of: mutex)
    XCTAssertEqual([effective(1), effective(2)], [20, 15])
    XCTAssertNil(scheduler.owner(of: mutex))
    XCTAssertEqual(scheduler.firstWaiter(for: mutex), tasks[2])
    scheduler.wake(tasks[2])
  }

  func testSleepingTaskIsMovedToTheMutex() throws {
    let (tasks, mutex) = try begin()
    try scheduler.move(tasks[2], to: mutex)
    try scheduler.move(tasks[1], to: mutex)
    XCTAssertEqual(effective(1), 5)
    XCTAssertEqual(scheduler.firstWaiter(for: mutex), tasks[2], "the most urgent one")
    scheduler.wake(tasks[2])
    XCTAssertEqual(effective(1), 15)
    try scheduler.move(tasks[2], to: mutex)
    XCTAssertEqual(state(3), .ready, "it was woken meanwhile")
    XCTAssertEqual(scheduler.firstWaiter(for: mutex), tasks[1])
  }

  func testCycleOfProxiesIsRefused() throws {
    let (tasks, first) = try begin()
    let (second, third) = (fixed(Mutex(.normal)), fixed(Mutex(.normal)))
    scheduler.setOwner(tasks[1], of: second)
    scheduler.setOwner(tasks[2], of: third)
    try scheduler.move(tasks[1], to: first)
    try scheduler.move(tasks[2], to: second)
    XCTAssertEqual([effective(1), effective(2)], [5, 5])
    refuses(WaitError.deadlock) { try self.scheduler.block(for: third) }
    refuses(WaitError.deadlock) { try self.scheduler.block(for: first) }
    scheduler.wake(tasks[1])
    XCTAssertEqual([effective(1), effective(2)], [20, 5], "the chain is open")
  }

  func testDeletedWaiterLeavesTheMutex() throws {
    let (tasks, mutex) = try begin()
    try scheduler.move(tasks[2], to: mutex)
    XCTAssertEqual(effective(1), 5)
    try scheduler.delete(tasks[2])
    XCTAssertEqual(effective(1), 20)
    XCTAssertNil(scheduler.firstWaiter(for: mutex))
  }
}
