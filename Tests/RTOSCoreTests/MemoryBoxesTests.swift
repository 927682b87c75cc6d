// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import RTOSCore

final class MemoryBoxesTests: XCTestCase {
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  override func setUp() { memory = .allocate(byteCount: 1024, alignment: 64) }

  override func tearDown() { memory.deallocate() }

  func testCreateUsesAllTheRoom() throws {
    let boxes = try XCTUnwrap(MemoryBoxes(in: memory, boxSize: 20))
    XCTAssertEqual(boxes.boxSize, 24)
    XCTAssertEqual(boxes.count, (1024 - 40) / 24)
    let taken = (0..<boxes.count).compactMap { _ in boxes.allocate() }
    XCTAssertEqual(Set(taken).count, Int(boxes.count))
    XCTAssertNil(boxes.allocate())
    XCTAssertEqual(boxes.used, boxes.count)
    let last = try XCTUnwrap(taken.last)
    XCTAssertLessThanOrEqual(last + 24, try XCTUnwrap(memory.baseAddress) + 1024)
    XCTAssertTrue(boxes.free(last))
    XCTAssertEqual(boxes.allocate(), last)
  }

  func testFreeRefusesABoxThatIsNotAllocated() throws {
    let boxes = try XCTUnwrap(MemoryBoxes(in: memory, boxSize: 16))
    let box = try XCTUnwrap(boxes.allocate())
    let start = try XCTUnwrap(memory.baseAddress)
    for foreign in [box + 1, box + 8, box + 16, box - 16, start, start + 1024, start - 16] {
      XCTAssertFalse(boxes.free(foreign))
      XCTAssertFalse(boxes.clear(foreign))
    }
    XCTAssertEqual(boxes.used, 1)
    XCTAssertTrue(boxes.free(box))
    XCTAssertFalse(boxes.free(box), "twice")
    XCTAssertFalse(boxes.clear(box))
    XCTAssertEqual(boxes.used, 0)
    XCTAssertEqual(boxes.peak, 1)
  }

  func testClearZeroesOneBox() throws {
    let boxes = try XCTUnwrap(MemoryBoxes(in: memory, boxSize: 8))
    let (first, second) = (try XCTUnwrap(boxes.allocate()), try XCTUnwrap(boxes.allocate()))
    for box in [first, second] { box.storeBytes(of: .max, as: UInt64.self) }
    XCTAssertTrue(boxes.clear(first))
    XCTAssertEqual(first.load(as: UInt64.self), 0)
    XCTAssertEqual(second.load(as: UInt64.self), .max)
  }

  func testCreateRefusesMemoryWithoutRoom() throws {
    XCTAssertNil(MemoryBoxes(in: memory, boxSize: 0))
    XCTAssertNil(MemoryBoxes(in: memory, boxSize: 1000))
    XCTAssertNil(MemoryBoxes(in: memory, boxSize: .max))
    XCTAssertNil(MemoryBoxes(in: .init(rebasing: memory[4..<1000]), boxSize: 8))
    XCTAssertNil(MemoryBoxes(in: .init(rebasing: memory[0..<40]), boxSize: 8))
    XCTAssertEqual(MemoryBoxes(in: .init(rebasing: memory[0..<48]), boxSize: 8)?.count, 1)
    let start = try XCTUnwrap(memory.baseAddress)
    XCTAssertEqual(MemoryBoxes(at: start)?.count, 1)
    XCTAssertNil(MemoryBoxes(at: start + 8))
    XCTAssertNil(MemoryBoxes(at: start + 4))
  }

  func testRandomCallsAgreeWithAModel() throws {
    var dice = Dice(seed: 52)
    let boxes = try XCTUnwrap(MemoryBoxes(in: memory, boxSize: 12))
    var taken: [UnsafeMutableRawPointer] = []
    for step in 0..<5000 {
      if Bool.random(using: &dice) {
        let box = boxes.allocate()
        XCTAssertEqual(box == nil, taken.count == Int(boxes.count), "step \(step)")
        guard let box else { continue }
        XCTAssertFalse(taken.contains(box))
        taken.append(box)
        box.storeBytes(of: UInt64(UInt(bitPattern: box)), as: UInt64.self)
      } else if let place = taken.indices.randomElement(using: &dice) {
        let box = taken.remove(at: place)
        XCTAssertEqual(box.load(as: UInt64.self), UInt64(UInt(bitPattern: box)))
        XCTAssertTrue(boxes.free(box))
        XCTAssertFalse(boxes.free(box))
      }
      XCTAssertEqual(Int(boxes.used), taken.count)
    }
  }
}
