// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

final class TimeoutQueueTests: XCTestCase {
  private func withQueue(_ capacity: Int, _ body: (inout TimeoutQueue) throws -> Void) rethrows {
    let slots = UnsafeMutableBufferPointer<TimeoutQueue.Slot>.allocate(capacity: capacity)
    defer { slots.deallocate() }
    var queue = TimeoutQueue(in: slots)
    try body(&queue)
  }

  func testEqualDeadlinesExpireInTheOrderOfTheirStarts() throws {
    try withQueue(64) { queue in
      for token in UInt32(0)..<64 { _ = try queue.insert(deadline: 5, token: token) }
      for token in UInt32(0)..<64 { XCTAssertEqual(queue.takeExpired(at: 5), token) }
      XCTAssertNil(queue.takeExpired(at: .max))
    }
  }

  func testNothingExpiresBeforeItsDeadline() throws {
    try withQueue(4) { queue in
      _ = try queue.insert(deadline: 100, token: 1)
      _ = try queue.insert(deadline: .max, token: 2)
      XCTAssertNil(queue.takeExpired(at: 99))
      XCTAssertEqual(queue.takeExpired(at: 100), 1)
      XCTAssertNil(queue.takeExpired(at: .max - 1))
      XCTAssertEqual(queue.takeExpired(at: .max), 2)
    }
  }

  func testFullQueueRefusesAndIsUnchanged() throws {
    try withQueue(2) { queue in
      _ = try queue.insert(deadline: 2, token: 2)
      _ = try queue.insert(deadline: 1, token: 1)
      XCTAssertThrowsError(try queue.insert(deadline: 0, token: 0))
      XCTAssertEqual(queue.count, 2)
      XCTAssertEqual(queue.takeExpired(at: 9), 1)
      _ = try queue.insert(deadline: 0, token: 0)
      XCTAssertEqual(queue.takeExpired(at: 9), 0)
      XCTAssertEqual(queue.takeExpired(at: 9), 2)
    }
  }

  func testHandleNamesItsOwnTimeoutOnly() throws {
    try withQueue(1) { queue in
      let first = try queue.insert(deadline: 1, token: 1)
      XCTAssertTrue(queue.cancel(first))
      XCTAssertFalse(queue.cancel(first))
      let second = try queue.insert(deadline: 1, token: 2)
      XCTAssertNotEqual(first, second)
      XCTAssertFalse(queue.cancel(first))
      XCTAssertEqual(queue.takeExpired(at: 1), 2)
      XCTAssertFalse(queue.cancel(second))
    }
    // A handle from a larger queue is none here.
    try withQueue(8) { large in
      var handle = try large.insert(deadline: 1, token: 1)
      for _ in 0..<7 { handle = try large.insert(deadline: 1, token: 1) }
      try withQueue(2) { small in
        _ = try small.insert(deadline: 1, token: 1)
        XCTAssertFalse(small.cancel(handle))
      }
    }
  }

  func testRandomOperationsAgreeWithASortedList() throws {
    struct Entry {
      let deadline: UInt64
      let order: Int
      let token: UInt32
      let handle: TimeoutHandle
    }
    var dice = Dice(seed: 51)
    for capacity in [1, 2, 3, 7, 50, 300] {
      try withQueue(capacity) { queue in
        var model: [Entry] = []
        var stale: [TimeoutHandle] = []
        var now = UInt64(0)
        for turn in 0..<20_000 {
          switch Int.random(in: 0..<10, using: &dice) {
          case 0...4:
            let deadline = now + .random(in: 0..<40, using: &dice)
            let token = UInt32(turn)
            if model.count == capacity {
              XCTAssertThrowsError(try queue.insert(deadline: deadline, token: token))
            } else {
              let handle = try queue.insert(deadline: deadline, token: token)
              model.append(
                Entry(deadline: deadline, order: turn, token: token, handle: handle))
            }
          case 5...6:
            guard let index = model.indices.randomElement(using: &dice) else { break }
            let entry = model.remove(at: index)
            XCTAssertTrue(queue.cancel(entry.handle))
            stale.append(entry.handle)
          case 7:
            guard let handle = stale.randomElement(using: &dice) else { break }
            XCTAssertFalse(queue.cancel(handle))
          default:
            now += .random(in: 0..<10, using: &dice)
            let first = model.min { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
            let isDue = first.map { $0.deadline <= now } ?? false
            XCTAssertEqual(queue.takeExpired(at: now), isDue ? first?.token : nil)
            if isDue, let first {
              model.removeAll { $0.handle == first.handle }
              stale.append(first.handle)
            }
          }
          XCTAssertEqual(Int(queue.count), model.count)
          XCTAssertEqual(queue.first?.deadline, model.map(\.deadline).min())
        }
      }
    }
  }
}
