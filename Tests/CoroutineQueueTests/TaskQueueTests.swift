// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import CoroutineQueue

/// Which coroutine is next.
final class TaskQueueTests: XCTestCase {
  private let records = UnsafeMutablePointer<TaskRecord>.allocate(capacity: 16)

  override func setUp() { records.initialize(repeating: TaskRecord(), count: 16) }

  override func tearDown() {
    records.deinitialize(count: 16)
    records.deallocate()
  }

  private func queue(_ policy: TaskPolicy, _ priorities: [UInt8]) -> TaskQueue {
    var queue = TaskQueue(records, policy)
    for (task, priority) in priorities.enumerated() {
      records[task].priority = priority
      queue.append(Int32(task))
    }
    return queue
  }

  private func order(_ queue: inout TaskQueue) -> [Int32] {
    var order: [Int32] = []
    while queue.mostUrgent < 32 { order.append(queue.takeFirst()) }
    XCTAssertEqual(queue.takeFirst(), -1)
    return order
  }

  func testMostUrgentIsFirstAndEqualOnesAreInOrder() {
    for policy in [TaskPolicy.fifo, .fair] {
      var queue = queue(policy, [9, 31, 9, 0, 31, 9])
      XCTAssertEqual(queue.mostUrgent, 0)
      XCTAssertEqual(order(&queue), [3, 0, 2, 5, 1, 4])
    }
  }

  func testTaskIsRemovedFromAnyPlace() {
    for removed in 0..<3 as Range<Int32> {
      var queue = queue(.fifo, [4, 4, 4])
      queue.remove(removed)
      XCTAssertEqual(order(&queue), [0, 1, 2].filter { $0 != removed })
      XCTAssertEqual(queue.priorities, 0)
    }
  }

  func testExchangeAppendsATaskAndRemovesTheFirst() {
    for policy in [TaskPolicy.fifo, .fair] {
      records[15].priority = 5
      var many = queue(policy, [5, 5, 5, 9])
      XCTAssertEqual(many.exchange(15), 0)
      XCTAssertEqual(many.exchange(0), 1)
      many.remove(0)
      XCTAssertEqual(order(&many), [2, 15, 3])
      var one = queue(policy, [5])
      XCTAssertEqual(one.exchange(15), 0)
      XCTAssertEqual(order(&one), [15])
      var lesser = queue(policy, [9])
      XCTAssertEqual(lesser.exchange(15), 15)
      XCTAssertEqual(order(&lesser), [0])
      var urgent = queue(policy, [3, 5])
      XCTAssertEqual(urgent.exchange(15), 0)
      XCTAssertEqual(order(&urgent), [1, 15])
    }
  }

  func testTurnEndsForAnEqualTaskAndNotForALesserOne() {
    records[15].priority = 9
    XCTAssertTrue(queue(.fifo, [9]).isTurnOver(15))
    XCTAssertTrue(queue(.fifo, [8]).isTurnOver(15))
    XCTAssertFalse(queue(.fifo, [10]).isTurnOver(15))
    XCTAssertFalse(queue(.fifo, []).isTurnOver(15))
    records[15].share = 100
    records[0].share = 101
    XCTAssertFalse(queue(.fair, [9]).isTurnOver(15))
    records[0].share = 100
    XCTAssertTrue(queue(.fair, [9]).isTurnOver(15))
  }

  func testSharesFollowTheWeights() {
    for (task, weight) in [100, 300, 600].enumerated() {
      records[task].weight = UInt32(weight)
    }
    var queue = queue(.fair, [5, 5, 5])
    var turns = [0, 0, 0]
    for _ in 0..<10_000 {
      let task = queue.takeFirst()
      turns[Int(task)] += 1
      queue.charge(task, 1000)
      queue.append(task)
    }
    for (count, expected) in zip(turns, [1000, 3000, 6000]) {
      XCTAssertEqual(count, expected, accuracy: 60)
    }
  }

  /// The shares of a priority are its own: what runs at another one leaves them alone.
  func testWeightsHoldBelowABusyPriority() {
    (records[0].weight, records[1].weight) = (100, 300)
    var queue = queue(.fair, [9, 9, 1])
    var turns = [0, 0, 0]
    for round in 0..<8000 {
      let task = queue.takeFirst()
      turns[Int(task)] += 1
      queue.charge(task, task == 2 ? 1_000_000 : 1000)
      // The urgent one is ready for every other turn.
      if task != 2 { queue.append(task) }
      if round % 2 == 1 { queue.append(2) }
    }
    XCTAssertEqual(turns[2], 4000, accuracy: 2)
    XCTAssertEqual(turns[0], 1000, accuracy: 20)
    XCTAssertEqual(turns[1], 3000, accuracy: 20)
  }

  func testTaskOfAnotherPriorityBeginsWhereTheOthersAre() {
    var queue = queue(.fair, [9, 5])
    queue.charge(0, 10_000_000_000)
    queue.setPriority(5, of: 0, isQueued: true)
    var turns = [0, 0]
    for _ in 0..<100 {
      let task = queue.takeFirst()
      turns[Int(task)] += 1
      queue.charge(task, 1000)
      queue.append(task)
    }
    XCTAssertEqual(turns, [50, 50])
  }

  func testWeightsDifferAndSharesNeverWrap() {
    let queue = queue(.fair, [5, 5])
    (records[0].weight, records[1].weight) = (1023, 1024)
    for task in 0..<2 as Range<Int32> { queue.charge(task, 1_000_000) }
    XCTAssertGreaterThan(records[0].share, records[1].share)
    records[0].weight = 1
    for _ in 0..<3 { queue.charge(0, .max) }
    XCTAssertEqual(records[0].share, .max)
  }

  func testNameOfATaskIsNotThatOfALaterOne() {
    let first = TaskID(3, 0)
    for use in [1, 1 << 12, 1 << 20, UInt32.max] as [UInt32] {
      XCTAssertNotEqual(TaskID(3, use), first)
      XCTAssertEqual(TaskID(3, use).index, 3)
    }
    XCTAssertEqual(TaskID(4095, .max).index, 4095)
  }

  func testSleeperHasNoClaimToMore() {
    var queue = queue(.fair, [5, 5])
    let sleeper = queue.takeFirst()
    for _ in 0..<1000 {
      let task = queue.takeFirst()
      queue.charge(task, 1000)
      queue.append(task)
    }
    queue.append(sleeper)
    var turns = 0
    for _ in 0..<100 {
      let task = queue.takeFirst()
      turns += task == sleeper ? 1 : 0
      queue.charge(task, 1000)
      queue.append(task)
    }
    XCTAssertEqual(turns, 50, accuracy: 2)
  }
}
