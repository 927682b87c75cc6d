// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class MessageQueueTests: ObjectTestCase {
  /// Where tasks that wait keep their bytes.
  private let buffers = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)

  deinit { buffers.deallocate() }

  private func queue(_ capacity: UInt32, _ size: UInt32 = 6) -> ObjectHandle<MessageQueue> {
    let count = Int(MessageQueue.byteCount(capacity: capacity, messageSize: size))
    let storage = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 4)
    addTeardownBlock { storage.deallocate() }
    return fixed(MessageQueue(capacity: capacity, messageSize: size, in: storage))
  }

  /// The 16 bytes of the task with index `place`.
  private func buffer(_ place: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: buffers[place * 16..<place * 16 + 16])
  }

  private func send(
    _ text: String, to queue: ObjectHandle<MessageQueue>, isUrgent: Bool = false,
    from place: Int = 0,
    _ timeout: Timeout = .noWait
  ) throws {
    let buffer = buffer(place)
    buffer.copyBytes(from: text.utf8)
    try scheduler.send(
      UnsafeRawBufferPointer(rebasing: buffer[0..<text.utf8.count]), to: queue,
      isUrgent: isUrgent, timeout)
  }

  private func receive(
    _ queue: ObjectHandle<MessageQueue>, into place: Int = 0, _ timeout: Timeout = .noWait
  ) throws -> String {
    let count = try scheduler.receive(into: buffer(place), from: queue, timeout)
    return text(place, count)
  }

  private func text(_ place: Int, _ count: Int) -> String {
    String(decoding: buffer(place).prefix(count), as: UTF8.self)
  }

  func testMessagesArriveInOrderAndUrgentOnesFirst() throws {
    try start(9)
    let queue = queue(4)
    for text in ["one", "two"] { try send(text, to: queue) }
    try send("urgent", to: queue, isUrgent: true)
    try send("now", to: queue, isUrgent: true)
    refuses(WaitError.wouldBlock) { try self.send("more", to: queue) }
    for text in ["now", "urgent", "one", "two"] { XCTAssertEqual(try receive(queue), text) }
    refuses(WaitError.wouldBlock) { _ = try self.receive(queue) }
  }

  func testRingWrapsManyTimes() throws {
    try start(9)
    let queue = queue(3)
    for turn in 0..<50 {
      try send("a\(turn)", to: queue)
      try send("b\(turn)", to: queue, isUrgent: turn % 2 == 0)
      let order = turn % 2 == 0 ? ["b\(turn)", "a\(turn)"] : ["a\(turn)", "b\(turn)"]
      XCTAssertEqual([try receive(queue), try receive(queue)], order)
    }
    XCTAssertEqual(scheduler.count(of: queue), 0)
  }

  func testMessageGoesDirectlyToAWaiter() throws {
    try start(10, 9)
    let queue = queue(1)
    blocks { _ = try self.receive(queue, into: 2, .forever) }
    blocks { _ = try self.receive(queue, into: 1, .forever) }
    try send("first", to: queue)
    XCTAssertEqual(running, 2)
    XCTAssertEqual(text(2, Int(bench.records[2].received)), "first")
    XCTAssertEqual(scheduler.count(of: queue), 0)
    try send("then", to: queue)
    XCTAssertEqual(text(1, Int(bench.records[1].received)), "then")
  }

  func testSenderThatWaitsForRoomKeepsItsTurn() throws {
    try start(10, 9, 8)
    let queue = queue(1)
    try send("full", to: queue)
    blocks { try self.send("low", to: queue, from: 3, .forever) }
    blocks { try self.send("high", to: queue, from: 2, .forever) }
    blocks { try self.send("urgent", to: queue, isUrgent: true, from: 1, .ticks(5)) }
    XCTAssertEqual(try receive(queue), "full")
    XCTAssertEqual(running, 3, "the most urgent is in")
    XCTAssertEqual(try receive(queue), "low")
    XCTAssertEqual(try receive(queue), "high")
    XCTAssertEqual(try receive(queue), "urgent")
    tick(to: 5)
    XCTAssertEqual(outcome(1), .satisfied)
  }

  func testSendAndReceiveTimeOut() throws {
    try start(10, 9)
    let (empty, full) = (queue(1), queue(1))
    try send("full", to: full)
    blocks { _ = try self.receive(empty, into: 2, .ticks(2)) }
    blocks { try self.send("more", to: full, from: 1, .ticks(2)) }
    tick(to: 2)
    XCTAssertEqual([outcome(2), outcome(1)], [.timedOut, .timedOut])
  }

  func testDeleteWakesSendersAndReceivers() throws {
    try start(10, 9)
    let (empty, full) = (queue(1), queue(1))
    try send("full", to: full)
    blocks { _ = try self.receive(empty, into: 2, .ticks(2)) }
    blocks { try self.send("more", to: full, from: 1, .forever) }
    scheduler.delete(full)
    XCTAssertEqual(outcome(1), .deleted)
    scheduler.delete(empty)
    XCTAssertEqual(outcome(2), .deleted)
  }

  func testInvalidCallsAreRefused() throws {
    try start(9)
    let queue = queue(2)
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    refuses(WaitError.invalid) { try self.scheduler.send(empty, to: queue, .noWait) }
    refuses(WaitError.invalid) { try self.send("", to: queue) }
    refuses(WaitError.invalid) { try self.send("7 bytes", to: queue) }
    let short = UnsafeMutableRawBufferPointer(rebasing: buffers[0..<5])
    refuses(WaitError.invalid) {
      _ = try self.scheduler.receive(into: short, from: queue, .noWait)
    }
    Context.isInInterrupt = true
    refuses(WaitError.inInterrupt) { _ = try self.receive(queue, .forever) }
    refuses(WaitError.inInterrupt) { try self.send("wait", to: queue, .ticks(1)) }
    try send("isr", to: queue)
    XCTAssertEqual(try receive(queue), "isr")
    Context.isInInterrupt = false
  }
}
