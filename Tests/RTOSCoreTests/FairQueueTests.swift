// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class FairQueueTests: XCTestCase {
  private let records = UnsafeMutableBufferPointer<TaskRecord>.allocate(capacity: 64)
  private var tasks: TaskTable { TaskTable(records) }
  private var queue = FairQueue()

  override func setUp() {
    queue = FairQueue()
    records.initialize(repeating: TaskRecord())
  }

  deinit { records.deallocate() }

  /// Inserts a task `buckets` after the present virtual time.
  private func insert(_ task: UInt32, at buckets: Int32, isFirst: Bool = false) {
    records[Int(task)].share.time = VirtualTime(bucket: queue.now).advanced(by: buckets)
    queue.insert(tasks.find(TaskNumber(rawValue: task)), in: tasks, isFirst: isFirst)
  }

  /// Removes the first task, as a CPU that continues with it does.
  private func take() -> UInt32 {
    let task = tasks.find(queue.first)
    queue.removeFirst(task, in: tasks)
    queue.beginTurn(of: task)
    return task.number.rawValue
  }

  /// Removes all tasks in the same way.
  private func drain() -> [UInt32] {
    var order: [UInt32] = []
    while !queue.isEmpty { order.append(take()) }
    return order
  }

  func testTasksLeaveByVirtualTime() {
    for (task, time) in [(0, 7), (1, 0), (2, 29), (3, 1), (4, 15), (5, -1)] {
      insert(UInt32(task), at: Int32(time))
    }
    XCTAssertEqual(drain(), [5, 1, 3, 0, 4, 2])
  }

  func testCircleTurns() {
    let begun = queue.now
    for round in 0..<100 {
      insert(0, at: 3)
      insert(1, at: 17)
      insert(2, at: 5)
      XCTAssertEqual(drain(), [0, 2, 1], "round \(round)")
    }
    XCTAssertEqual(queue.now, begun + 1700)
  }

  func testTasksOfABucketTakeTurns() {
    insert(0, at: 2)
    insert(1, at: 2)
    insert(2, at: 2, isFirst: true)
    XCTAssertEqual(drain(), [2, 0, 1])
    insert(3, at: 0)
    insert(1, at: 0)
    XCTAssertEqual(drain(), [3, 1], "in the same bucket again")
  }

  func testLongSleepCountsAsOneBucket() {
    insert(0, at: -1_000_000)
    XCTAssertEqual(records[0].share.time, queue.earliest)
    insert(1, at: -1)
    let before = queue.now
    XCTAssertEqual(drain(), [0, 1])
    XCTAssertEqual(queue.now, before, "virtual time does not go back")
  }

  func testTaskFarAheadWaitsInTheLastBucketAndKeepsItsTime() {
    insert(0, at: 1000)
    insert(1, at: 29)
    insert(2, at: 2000)
    let before = queue.now
    XCTAssertEqual(records[0].share.time, VirtualTime(bucket: before + 1000))
    XCTAssertEqual([take(), take()], [1, 0])
    XCTAssertEqual(queue.now, before + 30, "others are not behind by 1000")
    XCTAssertEqual(take(), 2)
    XCTAssertEqual(queue.now, before + 2000, "one that is alone takes virtual time with it")
  }

  func testAnyTaskCanBeRemoved() {
    for taken: UInt32 in 0..<4 {
      for (task, time) in [(0, 1), (1, 1), (2, 1), (3, 2)] { insert(UInt32(task), at: Int32(time)) }
      queue.remove(tasks.find(TaskNumber(rawValue: taken)), in: tasks)
      XCTAssertEqual(drain(), [0, 1, 2, 3].filter { $0 != taken })
    }
  }

  func testSearchFindsTheFirstTaskOfACPU() {
    for (task, time) in [(0, 1), (1, 4), (2, 3)] { insert(UInt32(task), at: Int32(time)) }
    records[0].affinity = CpuMask(cpu: 1)
    XCTAssertEqual(queue.search(on: 0, in: tasks), 2)
    XCTAssertEqual(queue.search(on: 1, in: tasks), 0)
    for task in 0..<3 { records[task].affinity = CpuMask(cpu: 1) }
    XCTAssertNil(queue.search(on: 0, in: tasks))
  }
}
