// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class ReadWriteLockTests: ObjectTestCase {
  func testReadersShareAndAWriterIsAlone() throws {
    let tasks = try start(12, 11, 10)
    let lock = fixed(ReadWriteLock())
    try scheduler.lockReading(lock, .forever)
    scheduler.block()
    try scheduler.lockReading(lock, .forever)
    refuses(WaitError.wouldBlock) { try self.scheduler.lockWriting(lock, .noWait) }
    scheduler.block()
    blocks { try self.scheduler.lockWriting(lock, .forever) }
    preempt(by: tasks[1])
    try scheduler.unlock(lock)
    XCTAssertEqual(state(1), .blocked)
    preempt(by: tasks[2])
    try scheduler.unlock(lock)
    XCTAssertEqual(outcome(1), .satisfied)
    refuses(WaitError.wouldBlock) { try self.scheduler.lockReading(lock, .noWait) }
    XCTAssertEqual(lock.object.pointee.writer, 1)
  }

  func testReaderWaitsAfterAWriterThatIsAtLeastAsUrgent() throws {
    try start(10, 9, 10, 8)
    let lock = fixed(ReadWriteLock())
    scheduler.block()
    try scheduler.lockReading(lock, .forever)
    scheduler.block()
    blocks { try self.scheduler.lockWriting(lock, .forever) }
    blocks { try self.scheduler.lockReading(lock, .forever) }
    preempt(by: TaskNumber(rawValue: 4))
    try scheduler.lockReading(lock, .noWait)
    XCTAssertEqual(lock.object.pointee.readers, 2)
  }

  func testReadersEnterWhenTheWriterBeforeThemTimesOut() throws {
    let tasks = try start(9, 10, 11, 12)
    for ending in 0..<2 {
      let lock = fixed(ReadWriteLock())
      try scheduler.lockReading(lock, .forever)
      scheduler.block()
      blocks { try self.scheduler.lockWriting(lock, .ticks(5)) }
      blocks { try self.scheduler.lockReading(lock, .forever) }
      XCTAssertEqual(running, 4)
      if ending == 0 {
        tick(to: 5)
        XCTAssertEqual(outcome(2), .timedOut)
      } else {
        try scheduler.delete(tasks[1])
      }
      XCTAssertEqual(outcome(3), .satisfied)
      XCTAssertEqual(lock.object.pointee.readers, 2)
      preempt(by: tasks[0])
    }
  }

  func testWriterNests() throws {
    try start(9)
    let lock = fixed(ReadWriteLock())
    try scheduler.lockWriting(lock, .forever)
    try scheduler.lockWriting(lock, .noWait)
    refuses(WaitError.deadlock) { try self.scheduler.lockReading(lock, .noWait) }
    try scheduler.unlock(lock)
    XCTAssertEqual(lock.object.pointee.writer, 1)
    try scheduler.unlock(lock)
    refuses(WaitError.notOwner) { try self.scheduler.unlock(lock) }
    try scheduler.lockWriting(lock, .noWait)
    lock.object.pointee.depth = .max
    refuses(WaitError.overflow) { try self.scheduler.lockWriting(lock, .noWait) }
  }

  func testDeleteWakesAll() throws {
    try start(8, 9, 10)
    let lock = fixed(ReadWriteLock())
    try scheduler.lockWriting(lock, .forever)
    scheduler.block()
    blocks { try self.scheduler.lockReading(lock, .forever) }
    blocks { try self.scheduler.lockWriting(lock, .ticks(9)) }
    scheduler.delete(lock)
    XCTAssertEqual([outcome(2), outcome(3)], [.deleted, .deleted])
  }

  func testInterruptsCannotUseReadWriteLocks() throws {
    try start(9)
    let lock = fixed(ReadWriteLock())
    try scheduler.lockReading(lock, .noWait)
    Context.isInInterrupt = true
    refuses(WaitError.inInterrupt) { try self.scheduler.lockReading(lock, .noWait) }
    refuses(WaitError.inInterrupt) { try self.scheduler.lockWriting(lock, .noWait) }
    refuses(WaitError.inInterrupt) { try self.scheduler.unlock(lock) }
    Context.isInInterrupt = false
  }
}
