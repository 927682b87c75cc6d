import VmRegionMocks
import XCTest

@testable import RTOSCore

final class TimeoutHeapTests: XCTestCase {
  private let records = UnsafeMutablePointer<TaskRecord>.allocate(capacity: 1000)

  override func setUp() { records.initialize(repeating: TaskRecord(), count: 1000) }

  deinit { records.deallocate() }

  private func drain(_ heap: inout TimeoutHeap<TaskRecord>, at tick: UInt64) -> [UInt32] {
    var order: [UInt32] = []
    while let node = heap.takeExpired(at: tick) { order.append(node) }
    return order
  }

  func testNothingIsTakenEarly() {
    var heap = TimeoutHeap(nodes: records)
    XCTAssertEqual(heap.earliest, .max)
    heap.insert(3, deadline: 10)
    XCTAssertEqual(heap.earliest, 10)
    XCTAssertNil(heap.takeExpired(at: 9))
    XCTAssertEqual(heap.takeExpired(at: 10), 3)
    XCTAssertNil(heap.takeExpired(at: .max))
  }

  func testEqualDeadlinesLeaveInTheOrderInWhichTheyCame() {
    var heap = TimeoutHeap(nodes: records)
    for node: UInt32 in (0..<100).reversed() { heap.insert(node, deadline: 7) }
    XCTAssertEqual(drain(&heap, at: 7), Array((0..<100).reversed()))
  }

  func testRandomOperationsDoWhatASortedListDoes() {
    for seed: UInt64 in 1...4 {
      var dice = Dice(seed: seed)
      var heap = TimeoutHeap(nodes: records)
      var model: [(deadline: UInt64, order: Int, node: UInt32)] = []
      var now: UInt64 = UInt64(UInt32.max) - 500
      for order in 0..<2500 {
        let node = UInt32.random(in: 0..<200, using: &dice)
        if let place = model.firstIndex(where: { $0.node == node }) {
          model.remove(at: place)
          heap.remove(node)
          XCTAssertFalse(records[Int(node)].timeout.isSet)
          heap.remove(node)  // Once more changes nothing.
        } else {
          let deadline = now + UInt64.random(in: 0..<60, using: &dice)
          heap.insert(node, deadline: deadline)
          model.append((deadline, order, node))
        }
        model.sort { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
        XCTAssertEqual(heap.earliest, model.first?.deadline ?? .max)
        guard order % 16 == 0 else { continue }
        now += UInt64.random(in: 0..<10, using: &dice)
        let due = model.filter { $0.deadline <= now }.map(\.node)
        model.removeAll { $0.deadline <= now }
        guard drain(&heap, at: now) == due else { return XCTFail("seed \(seed), \(order)") }
      }
    }
  }
}
