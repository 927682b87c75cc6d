// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class SemaphoreTests: ObjectTestCase {
  func testSemaphoreCountsDownAndUp() throws {
    try start(9)
    let semaphore = fixed(Semaphore(count: 2))
    try scheduler.take(semaphore, .noWait)
    try scheduler.take(semaphore, .forever)
    refuses(WaitError.wouldBlock) { try self.scheduler.take(semaphore, .noWait) }
    try scheduler.give(semaphore)
    XCTAssertEqual(scheduler.count(of: semaphore), 1)
  }

  func testPostStopsAtTheLimit() throws {
    try start(9)
    let binary = fixed(Semaphore(count: 1, limit: 1))
    refuses(WaitError.overflow) { try self.scheduler.give(binary) }
    XCTAssertEqual(scheduler.count(of: binary), 1)
    let full = fixed(Semaphore(count: Semaphore.mostCount))
    refuses(WaitError.overflow) { try self.scheduler.give(full) }
  }

  func testPostWakesTheMostUrgentWaiterThenTheFirst() throws {
    try start(12, 11, 12)
    let semaphore = fixed(Semaphore(count: 0))
    for _ in 0..<3 { blocks { try self.scheduler.take(semaphore, .forever) } }
    XCTAssertEqual(running, 0)
    for expected: UInt32 in [2, 1, 3] {
      try scheduler.give(semaphore)
      XCTAssertEqual(running, expected, "the poster is preempted")
      XCTAssertEqual(outcome(expected), .satisfied)
      scheduler.block()
    }
  }

  func testPostedUnitCannotBeTakenFromItsWaiter() throws {
    try start(10, 9)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .forever) }
    scheduler.lockPreemption()
    try scheduler.give(semaphore)
    XCTAssertEqual(running, 1, "preemption is locked")
    refuses(WaitError.wouldBlock) { try self.scheduler.take(semaphore, .noWait) }
    scheduler.unlockPreemption()
    XCTAssertEqual(running, 2)
    XCTAssertEqual(outcome(2), .satisfied)
  }

  func testWaitsTimeOutInTheOrderOfTheirStarts() throws {
    try start(10, 10, 10)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .ticks(7)) }
    blocks { try self.scheduler.take(semaphore, .ticks(5)) }
    blocks { try self.scheduler.take(semaphore, .ticks(7)) }
    tick(to: 4)
    XCTAssertEqual(running, 0)
    tick(to: 5)
    XCTAssertEqual(running, 2)
    XCTAssertEqual(outcome(2), .timedOut)
    scheduler.block()
    tick(to: 7)
    XCTAssertEqual([outcome(1), outcome(3)], [.timedOut, .timedOut])
    XCTAssertEqual(running, 1)
    scheduler.block()
    XCTAssertEqual(running, 3)
    try scheduler.give(semaphore)
    XCTAssertEqual(scheduler.count(of: semaphore), 1, "no task waits any more")
  }

  func testPostAtTheLastMomentWins() throws {
    try start(10)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .ticks(5)) }
    tick(to: 4)
    try scheduler.give(semaphore)
    tick(to: 5)
    XCTAssertEqual(outcome(1), .satisfied)
  }

  func testDeleteWakesAllWithItsStatus() throws {
    try start(10, 11)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .forever) }
    blocks { try self.scheduler.take(semaphore, .ticks(9)) }
    scheduler.delete(semaphore)
    XCTAssertEqual([outcome(1), outcome(2)], [.deleted, .deleted])
    XCTAssertEqual(running, 1)
    tick(to: 9)
    XCTAssertEqual(outcome(2), .deleted, "its timeout ended with its wait")
  }

  func testInterruptMayPostButNotWait() throws {
    try start(10)
    let semaphore = fixed(Semaphore(count: 0))
    blocks { try self.scheduler.take(semaphore, .forever) }
    Context.isInInterrupt = true
    refuses(WaitError.inInterrupt) { try self.scheduler.take(semaphore, .noWait) }
    try scheduler.give(semaphore)
    XCTAssertEqual(running, 0, "no switch inside of an interrupt")
    Context.isInInterrupt = false
    XCTAssertTrue(Context.isRescheduleDue)
    scheduler.reschedule()
    XCTAssertEqual(running, 1)
  }

  func testWaitUnderAPreemptionLockIsRefused() throws {
    try start(10)
    let semaphore = fixed(Semaphore(count: 1))
    scheduler.lockPreemption()
    try scheduler.take(semaphore, .forever)
    refuses(WaitError.preemptionLocked) { try self.scheduler.take(semaphore, .forever) }
    refuses(WaitError.wouldBlock) { try self.scheduler.take(semaphore, .noWait) }
  }

  func testTicksBeyond32BitsAreCounted() throws {
    try start(10)
    let semaphore = fixed(Semaphore(count: 0))
    tick(to: 0xffff_fffd)
    blocks { try self.scheduler.take(semaphore, .ticks(5)) }
    tick(to: 0x1_0000_0001)
    XCTAssertEqual(state(1), .blocked)
    tick(to: 0x1_0000_0002)
    XCTAssertEqual(outcome(1), .timedOut)
    blocks { try self.scheduler.take(semaphore, .ticks(.max - 1)) }
    tick(to: 0x2_0000_0000)
    XCTAssertEqual(outcome(1), .timedOut)
  }
}
