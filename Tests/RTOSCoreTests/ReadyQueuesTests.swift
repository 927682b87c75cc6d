import XCTest

@testable import RTOSCore

final class ReadyQueuesTests: XCTestCase {
  private let records = UnsafeMutableBufferPointer<TaskRecord>.allocate(capacity: 64)
  private var queues = ReadyQueues()

  override func setUp() {
    queues = ReadyQueues()
    records.initialize(repeating: TaskRecord())
    for place in records.indices {
      records[place].priority = Priority(rawValue: UInt8(place / 2)) ?? .idle
    }
  }

  deinit { records.deallocate() }

  private func drain() -> [UInt32] {
    var order: [UInt32] = []
    while order.count < 100, let task = queues.removeFirst(in: records) { order.append(task) }
    return order
  }

  func testAnEmptySetHasNobody() {
    XCTAssertNil(queues.mostUrgent)
    XCTAssertNil(queues.removeFirst(in: records))
  }

  func testEveryPriorityHasItsPlace() {
    for priority: UInt8 in 0..<32 {
      queues.append(UInt32(priority) * 2, in: records)
      XCTAssertEqual(queues.mostUrgent, priority)
      XCTAssertEqual(queues.removeFirst(in: records), UInt32(priority) * 2)
      XCTAssertNil(queues.mostUrgent)
    }
  }

  func testTheyComeOutByPriorityAndThenInOrder() {
    for task: UInt32 in (0..<64).reversed() { queues.append(task, in: records) }
    // Two of each priority went in, the higher number first.
    XCTAssertEqual(drain(), (0..<64).map { $0 ^ 1 })
    XCTAssertNil(queues.mostUrgent)
  }

  func testAQueueThatRanEmptyTakesTasksAgain() {
    for _ in 0..<3 {
      queues.append(4, in: records)
      queues.append(5, in: records)
      XCTAssertEqual(queues.removeFirst(in: records), 4)
      queues.append(4, in: records)
      XCTAssertEqual(drain(), [5, 4])
    }
  }
}
