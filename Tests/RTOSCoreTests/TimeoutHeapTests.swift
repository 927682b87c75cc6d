// SPDX-License-Identifier: Apache-2.0
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

  func testNothingExpiresEarly() {
    var heap = TimeoutHeap(nodes: records)
    XCTAssertEqual(heap.earliest, .max)
    heap.insert(3, deadline: 10)
    XCTAssertEqual(heap.earliest, 10)
    XCTAssertNil(heap.takeExpired(at: 9))
    XCTAssertEqual(heap.takeExpired(at: 10), 3)
    XCTAssertNil(heap.takeExpired(at: .max))
  }

  func testEqualDeadlinesExpireInTheOrderOfInsertion() {
    var heap = TimeoutHeap(nodes: records)
    for node: UInt32 in (0..<100).reversed() { heap.insert(node, deadline: 7) }
    XCTAssertEqual(drain(&heap, at: 7), Array((0..<100).reversed()))
  }

  func testRightSpineIsShortInAnyOrderOfInsertion() {
    var dice = Dice(seed: 7)
    let ways: [(UInt64) -> UInt64] = [
      { $0 }, { 1000 - $0 }, { _ in 5 }, { _ in UInt64.random(in: 0..<300, using: &dice) },
    ]
    for deadline in ways {
      var heap = TimeoutHeap(nodes: records)
      for node: UInt32 in 0..<1000 { heap.insert(node, deadline: deadline(UInt64(node))) }
      XCTAssertEqual(checkedCount(heap.first), 1000)
      for taken: UInt32 in 0..<990 {
        heap.remove(taken % 2 == 0 ? heap.first! : taken)
        guard taken % 90 == 0 else { continue }
        XCTAssertLessThanOrEqual(checkedCount(heap.first), 999)
      }
      _ = drain(&heap, at: .max)
      XCTAssertNil(heap.first)
    }
  }

  /// The number of records below `root`. Each is checked to be no earlier than its parent and no
  /// deeper to the right than to the left; the path to the right end has log2(n + 1) at most.
  private func checkedCount(_ root: UInt32?) -> Int {
    func count(_ node: UInt32, parent: UInt32) -> Int {
      guard node != TimeoutLinks.none else { return 0 }
      let links = records[Int(node)].timeout
      XCTAssertEqual(links.parent, parent)
      if parent != TimeoutLinks.none {
        XCTAssertGreaterThanOrEqual(links.deadline, records[Int(parent)].timeout.deadline)
      }
      let counts = (count(links.left, parent: node), count(links.right, parent: node))
      XCTAssertGreaterThanOrEqual(rank(links.left), rank(links.right))
      XCTAssertEqual(links.rank, rank(links.right) + 1)
      return counts.0 + counts.1 + 1
    }
    let total = count(root ?? TimeoutLinks.none, parent: TimeoutLinks.none)
    XCTAssertLessThanOrEqual(1 << rank(root ?? TimeoutLinks.none), total + 1)
    return total
  }

  private func rank(_ node: UInt32) -> UInt32 {
    node == TimeoutLinks.none ? 0 : records[Int(node)].timeout.rank
  }

  func testRandomOperationsAgreeWithASortedList() {
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
          XCTAssertFalse(records[Int(node)].timeout.isQueued)
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
