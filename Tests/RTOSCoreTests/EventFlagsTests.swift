// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class EventFlagsTests: ObjectTestCase {
  private func read(
    _ events: ObjectHandle<EventFlags>, _ mask: UInt32, _ mode: EventFlags.Mode,
    clears: Bool = false,
    _ timeout: Timeout = .forever
  ) throws -> UInt32 { try scheduler.read(events, mask, mode, clears: clears, timeout) }

  func testAnyNeedsOneOfTheBits() throws {
    try start(9)
    let events = fixed(EventFlags())
    scheduler.write(events, 0b0110)
    XCTAssertEqual(try read(events, 0b0011, .any), 0b0010)
    XCTAssertEqual(scheduler.bits(of: events), 0b0110)
    XCTAssertEqual(try read(events, 0b0011, .any, clears: true), 0b0010)
    XCTAssertEqual(scheduler.bits(of: events), 0b0100)
  }

  func testAllNeedsEveryBit() throws {
    try start(9)
    let events = fixed(EventFlags())
    scheduler.write(events, 0b01)
    refuses(WaitError.wouldBlock) { _ = try self.read(events, 0b11, .all, .noWait) }
    blocks { _ = try self.read(events, 0b11, .all, clears: true) }
    scheduler.write(events, 0b100)
    XCTAssertEqual(running, 0)
    scheduler.write(events, 0b10)
    XCTAssertEqual(running, 1)
    XCTAssertEqual(bench.records[1].received, 0b11)
    XCTAssertEqual(scheduler.bits(of: events), 0b100)
  }

  func testWriteIsSeenByAllWaitersBeforeBitsAreCleared() throws {
    try start(9, 10, 11)
    let events = fixed(EventFlags())
    blocks { _ = try self.read(events, 0b1, .any, clears: true) }
    blocks { _ = try self.read(events, 0b11, .any, clears: true) }
    blocks { _ = try self.read(events, 0b100, .any) }
    scheduler.write(events, 0b11)
    XCTAssertEqual([outcome(1), outcome(2)], [.satisfied, .satisfied])
    XCTAssertEqual(bench.records[2].received, 0b11)
    XCTAssertEqual(state(3), .blocked)
    XCTAssertEqual(scheduler.bits(of: events), 0)
  }

  func testClearKeepsTheBitsOfTheMask() throws {
    try start(9)
    let events = fixed(EventFlags())
    scheduler.write(events, 0xffff_ffff)
    scheduler.clear(events, 0xffff_0000)
    XCTAssertEqual(scheduler.bits(of: events), 0xffff)
  }

  func testReadTimesOut() throws {
    try start(9)
    let events = fixed(EventFlags())
    scheduler.write(events, 0xffff)
    blocks { _ = try self.read(events, 0x1_0000, .any, .ticks(2)) }
    tick(to: 2)
    XCTAssertEqual(outcome(1), .timedOut)
  }

  func testDeleteWakesAll() throws {
    try start(9, 10)
    let events = fixed(EventFlags())
    blocks { _ = try self.read(events, 1, .any) }
    blocks { _ = try self.read(events, 2, .any, .ticks(2)) }
    scheduler.delete(events)
    XCTAssertEqual([outcome(1), outcome(2)], [.deleted, .deleted])
  }

  func testInvalidCallsAreRefused() throws {
    try start(9)
    let events = fixed(EventFlags())
    refuses(WaitError.invalid) { _ = try self.read(events, 0, .any) }
    Context.isInInterrupt = true
    refuses(WaitError.inInterrupt) { _ = try self.read(events, 1, .any, .noWait) }
    scheduler.write(events, 1)
    Context.isInInterrupt = false
    scheduler.lockPreemption()
    refuses(WaitError.preemptionLocked) { _ = try self.read(events, 2, .any) }
  }
}

final class CompletionTests: ObjectTestCase {
  func testCompletionWakesOneWaiter() throws {
    try start(10, 9)
    let completion = fixed(Completion())
    blocks { try self.scheduler.wait(for: completion, .forever) }
    blocks { try self.scheduler.wait(for: completion, .forever) }
    scheduler.complete(completion)
    XCTAssertEqual(running, 2)
    XCTAssertEqual(state(1), .blocked)
    scheduler.complete(completion)
    scheduler.complete(completion)
    try scheduler.wait(for: completion, .noWait)
    refuses(WaitError.wouldBlock) { try self.scheduler.wait(for: completion, .noWait) }
  }

  func testCompletionForAllLastsUntilReset() throws {
    try start(10, 9)
    let completion = fixed(Completion())
    blocks { try self.scheduler.wait(for: completion, .forever) }
    blocks { try self.scheduler.wait(for: completion, .forever) }
    scheduler.completeAll(completion)
    XCTAssertEqual([outcome(1), outcome(2)], [.satisfied, .satisfied])
    for _ in 0..<3 { try scheduler.wait(for: completion, .noWait) }
    scheduler.reset(completion)
    blocks { try self.scheduler.wait(for: completion, .ticks(1)) }
    tick(to: 1)
    XCTAssertEqual(outcome(2), .timedOut)
    blocks { try self.scheduler.wait(for: completion, .forever) }
    scheduler.delete(completion)
    XCTAssertEqual(outcome(2), .deleted)
  }
}
