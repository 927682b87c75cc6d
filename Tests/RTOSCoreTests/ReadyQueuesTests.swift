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

  private func drain(on cpu: UInt32 = 0) -> [UInt32] {
    var order: [UInt32] = []
    while order.count < 100, let task = queues.removeFirst(on: cpu, in: tasks) {
      order.append(task)
    }
    return order
  }

  private func append(_ tasks: UInt32...) {
    for task in tasks { queues.append(task, in: self.tasks) }
  }

  func testAnEmptySetHasNobody() {
    XCTAssertEqual(queues.mostUrgent(in: tasks), .least)
    XCTAssertNil(queues.removeFirst(on: 0, in: tasks))
  }

  func testEveryPriorityHasItsPlace() throws {
    for priority: UInt8 in 0..<32 {
      append(UInt32(priority) * 2)
      let urgency = Urgency(try XCTUnwrap(Priority(rawValue: priority)))
      XCTAssertEqual(queues.mostUrgent(in: tasks), urgency)
      XCTAssertEqual(queues.removeFirst(on: 0, in: tasks), UInt32(priority) * 2)
      XCTAssertEqual(queues.mostUrgent(in: tasks), .least)
    }
  }

  func testTheyComeOutByPriorityAndThenInOrder() {
    for task: UInt32 in (0..<64).reversed() { append(task) }
    // Two of each priority went in, the higher number first.
    XCTAssertEqual(drain(), (0..<64).map { $0 ^ 1 })
    XCTAssertEqual(queues.mostUrgent(in: tasks), .least)
  }

  func testAQueueThatRanEmptyTakesTasksAgain() {
    for _ in 0..<3 {
      append(4, 5)
      XCTAssertEqual(queues.removeFirst(on: 0, in: tasks), 4)
      append(4)
      XCTAssertEqual(drain(), [5, 4])
    }
  }

  func testOnePutInFrontIsTheNextOfItsPriority() {
    append(4, 2)
    queues.prepend(5, in: tasks)
    queues.prepend(3, in: tasks)
    queues.prepend(9, in: tasks)
    XCTAssertEqual(drain(), [3, 2, 5, 4, 9])
  }

  func testAnyTaskCanBeTakenOut() {
    for taken: UInt32 in 0..<4 {
      for task: UInt32 in 0..<4 { records[Int(task)].urgency = Urgency(.user) }
      append(0, 1, 2, 3)
      queues.remove(taken, in: tasks)
      XCTAssertEqual(drain(), [0, 1, 2, 3].filter { $0 != taken })
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

  func testATaskThatMayNotRunHereIsPassedBy() {
    records[2].affinity = CpuMask(rawValue: 0b10)
    records[4].affinity = CpuMask(rawValue: 0b10)
    records[10].urgency = Urgency(deadline: 9)
    records[10].affinity = CpuMask(rawValue: 0b10)
    append(2, 3, 4, 10)
    XCTAssertEqual(queues.first(on: 0, in: tasks), 3)
    XCTAssertEqual(drain(), [3])
    XCTAssertEqual(drain(on: 1), [10, 2, 4])
  }

  func testTheLengthOfAQueueIsCountedUpToALimit() {
    append(8, 9)
    let priority = Priority(rawValue: 4) ?? .idle
    XCTAssertEqual(queues.count(of: priority, upTo: 20, in: tasks), 2)
    XCTAssertEqual(queues.count(of: priority, upTo: 1, in: tasks), 1)
    XCTAssertEqual(queues.count(of: .idle, upTo: 20, in: tasks), 0)
  }
}
