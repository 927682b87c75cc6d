// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class ReadyQueuesTests: XCTestCase {
  private let records = UnsafeMutableBufferPointer<TaskRecord>.allocate(capacity: 64)
  private var tasks: TaskTable { TaskTable(records) }
  private var queues = ReadyQueues()

  override func setUp() {
    queues = ReadyQueues()
    records.initialize(repeating: TaskRecord())
    for place in records.indices {
      records[place].urgency = Urgency(Priority(rawValue: UInt8(place / 2)) ?? .idle)
    }
  }

  deinit { records.deallocate() }

  /// Takes the most urgent task that may run on CPU `cpu`.
  private func removeFirst(on cpu: UInt32) -> TaskNumber? {
    guard let task = queues.first(on: cpu, in: tasks) else { return nil }
    queues.remove(task, in: tasks)
    return task
  }

  private func drain(on cpu: UInt32 = 0) -> [TaskNumber] {
    var order: [TaskNumber] = []
    while order.count < 100, let task = removeFirst(on: cpu) {
      order.append(task)
    }
    return order
  }

  private func append(_ tasks: TaskNumber...) {
    for task in tasks { queues.append(task, in: self.tasks) }
  }

  func testEmptySetHasNoTask() {
    XCTAssertEqual(queues.mostUrgent(in: tasks), .least)
    XCTAssertNil(removeFirst(on: 0))
  }

  func testEveryPriorityHasItsQueue() throws {
    for priority: UInt8 in 0..<32 {
      let task = TaskNumber(index: Int(priority) * 2)
      append(task)
      let urgency = Urgency(try XCTUnwrap(Priority(rawValue: priority)))
      XCTAssertEqual(queues.mostUrgent(in: tasks), urgency)
      XCTAssertEqual(removeFirst(on: 0), task)
      XCTAssertEqual(queues.mostUrgent(in: tasks), .least)
    }
  }

  func testTasksLeaveByPriorityAndThenInOrder() {
    for task in (0..<64).reversed() { append(TaskNumber(index: task)) }
    // Two of each priority went in, the higher number first.
    XCTAssertEqual(drain(), (0..<64).map { TaskNumber(index: $0 ^ 1) })
    XCTAssertEqual(queues.mostUrgent(in: tasks), .least)
  }

  func testEmptiedQueueAcceptsTasksAgain() {
    for _ in 0..<3 {
      append(4, 5)
      XCTAssertEqual(removeFirst(on: 0), 4)
      append(4)
      XCTAssertEqual(drain(), [5, 4])
    }
  }

  func testPrependedTaskIsTheNextOfItsPriority() {
    append(4, 2)
    queues.prepend(tasks.find(5), in: tasks)
    queues.prepend(tasks.find(3), in: tasks)
    queues.prepend(tasks.find(9), in: tasks)
    XCTAssertEqual(drain(), [3, 2, 5, 4, 9])
  }

  /// For every content, `rotate` equals appending `me` and removing the first.
  func testRotateMovesATaskAfterItsPeersAndReturnsTheFirst() {
    for others: [TaskNumber] in [[0], [0, 1], [0, 1, 2], [0, 1, 2, 5]] {
      for task: UInt32 in 0..<6 { records[Int(task)].urgency = Urgency(realTime: 50) }
      for task in others { append(task) }
      append(60)
      var rest = others + [4]
      XCTAssertEqual(queues.rotate(tasks.find(4), in: tasks)?.number, rest.removeFirst())
      XCTAssertEqual(drain(), rest + [60])
    }
  }

  func testRotateNeedsAPeerOfEqualUrgency() {
    XCTAssertNil(queues.rotate(tasks.find(8), in: tasks))
    append(6)
    XCTAssertNil(queues.rotate(tasks.find(8), in: tasks), "a more urgent one is ready")
    XCTAssertNil(queues.rotate(tasks.find(4), in: tasks), "only a less urgent one is ready")
    records[9].urgency = Urgency(deadline: 7)
    append(9)
    XCTAssertNil(queues.rotate(tasks.find(7), in: tasks), "one with a deadline is ready")
    records[8].urgency = Urgency(deadline: 3)
    XCTAssertEqual(drain(), [9, 6])
    append(6)
    XCTAssertNil(queues.rotate(tasks.find(8), in: tasks), "a deadline is no priority")
    XCTAssertEqual(drain(), [6])
  }

  func testMostUrgentIsAboveAllReadyTasks() {
    XCTAssertTrue(queues.isMostUrgent(tasks.find(62)))
    append(6)
    XCTAssertTrue(queues.isMostUrgent(tasks.find(4)))
    XCTAssertFalse(queues.isMostUrgent(tasks.find(7)), "it came first")
    XCTAssertFalse(queues.isMostUrgent(tasks.find(8)))
    records[9].urgency = Urgency(deadline: 1)
    append(9)
    XCTAssertFalse(queues.isMostUrgent(tasks.find(0)))
  }

  func testAnyTaskCanBeRemoved() {
    for taken: TaskNumber in [0, 1, 2, 3] {
      for task: UInt32 in 0..<4 { records[Int(task)].urgency = Urgency(.user) }
      append(0, 1, 2, 3)
      queues.remove(taken, in: tasks)
      XCTAssertEqual(drain(), ([0, 1, 2, 3] as [TaskNumber]).filter { $0 != taken })
    }
  }

  func testDeadlinesComeBeforePrioritiesAndTheEarliestFirst() {
    for (task, deadline) in [(10, 300), (11, 100), (12, 200), (13, 100)] {
      records[task].urgency = Urgency(deadline: UInt64(deadline))
    }
    append(0, 10, 11, 12, 13)
    XCTAssertEqual(queues.mostUrgent(in: tasks), Urgency(deadline: 100))
    queues.remove(12, in: tasks)
    XCTAssertEqual(drain(), [11, 13, 10, 0])
  }

  func testTaskWhoseAffinityExcludesTheCPUIsSkipped() {
    records[2].affinity = CpuMask(rawValue: 0b10)
    records[4].affinity = CpuMask(rawValue: 0b10)
    records[10].urgency = Urgency(deadline: 9)
    records[10].affinity = CpuMask(rawValue: 0b10)
    append(2, 3, 4, 10)
    XCTAssertEqual(queues.first(on: 0, in: tasks), 3)
    XCTAssertEqual(drain(), [3])
    XCTAssertEqual(drain(on: 1), [10, 2, 4])
  }

  func testQueueLengthIsCountedUpToALimit() {
    append(8, 9)
    XCTAssertEqual(queues.count(of: 4, upTo: 20, in: tasks), 2)
    XCTAssertEqual(queues.count(of: 4, upTo: 1, in: tasks), 1)
    XCTAssertEqual(queues.count(of: 5, upTo: 20, in: tasks), 0)
  }
}
