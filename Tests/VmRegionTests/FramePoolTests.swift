// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

final class FramePoolTests: XCTestCase {
  func testAllFramesOfAnOddRunAreAllocatedAndFreed() throws {
    let pool = MockMemory.makePool(frames: 1000)
    XCTAssertEqual(pool.totalCount, 1000)
    var taken: Set<PhysicalFrame> = []
    while let frame = try? pool.allocate(zeroed: false) {
      XCTAssertTrue(taken.insert(frame).inserted, "a frame was given twice")
    }
    XCTAssertEqual(taken.count, 1000)
    XCTAssertEqual(pool.freeCount, 0)
    var dice = Dice(seed: 1)
    for frame in taken.sorted(by: { $0.number < $1.number }).shuffled(using: &dice) {
      pool.release(frame)
    }
    XCTAssertEqual(pool.freeCount, 1000)
    // The buddies have merged again: the largest block that fits can be allocated.
    let block = try pool.allocate(order: 9, zeroed: false)
    pool.release(block)
  }

  func testRecentFramesMergeIfABlockNeedsThem() throws {
    let pool = MockMemory.makePool(frames: 1024)
    let frames = try (0..<1024).map { _ in try pool.allocate(zeroed: false) }
    for frame in frames { pool.release(frame) }
    // Sixteen are kept; the last of them comes first.
    XCTAssertEqual(try pool.allocate(zeroed: false), frames[15])
    pool.release(frames[15])
    pool.release(try pool.allocate(order: 10, zeroed: false))
    XCTAssertEqual(pool.statistics.freeBlocks[10], 1)
    XCTAssertEqual(pool.statistics.failures, 0)
  }

  func testBlocksAreAlignedToTheirSizeAndDoNotOverlap() throws {
    let pool = MockMemory.makePool(frames: 4096)
    var dice = Dice(seed: 7)
    var owned: [UInt32: Int] = [:]
    for _ in 0..<3000 {
      if Bool.random(using: &dice), let number = owned.keys.sorted().randomElement(using: &dice) {
        owned[number] = nil
        pool.release(PhysicalFrame(number: number))
      } else {
        let order = Int.random(in: 0...10, using: &dice)
        guard let frame = try? pool.allocate(order: order, zeroed: false) else { continue }
        XCTAssertEqual(frame.number & ((1 << UInt32(order)) - 1), 0)
        owned[frame.number] = order
      }
      let used = owned.values.reduce(0) { $0 + (1 << $1) }
      XCTAssertEqual(Int(pool.freeCount), 4096 - used)
    }
    let ranges = owned.map { $0.key..<$0.key + 1 << UInt32($0.value) }
      .sorted { $0.lowerBound < $1.lowerBound }
    for (one, next) in zip(ranges, ranges.dropFirst()) {
      XCTAssertLessThanOrEqual(one.upperBound, next.lowerBound)
    }
    for number in owned.keys { pool.release(PhysicalFrame(number: number)) }
    XCTAssertEqual(pool.freeCount, 4096)
    for _ in 0..<4 { _ = try pool.allocate(order: 10, zeroed: false) }
  }

  func testReservedRangesAreNeverAllocated() throws {
    let first = MockMemory.first.number
    let reserved = [
      FrameRange(first: PhysicalFrame(number: first + 500), count: 20),
      FrameRange(first: PhysicalFrame(number: first - 8), count: 9),
      FrameRange(first: PhysicalFrame(number: first + 510), count: 40),
      FrameRange(first: PhysicalFrame(number: first + 100), count: 0),
      FrameRange(first: PhysicalFrame(number: first + 1000), count: 9000),
    ]
    let pool = MockMemory.makePool(frames: 1024, reserved: reserved)
    XCTAssertEqual(pool.totalCount, 1024 - 50 - 1 - 24)
    while let frame = try? pool.allocate(zeroed: false) {
      for range in reserved {
        let numbers = range.first.number..<range.first.number + range.count
        XCTAssertFalse(numbers.contains(frame.number))
      }
    }
    XCTAssertEqual(pool.freeCount, 0)
  }

  func testAdoptedFramesMergeAndAreAllocated() throws {
    let first = MockMemory.first.number
    let range = FrameRange(first: PhysicalFrame(number: first + 3), count: 7)
    let pool = MockMemory.makePool(frames: 64, reserved: [range])
    XCTAssertEqual(pool.freeCount, 57)
    XCTAssertNil(try? pool.allocate(order: 6, zeroed: false))
    pool.adopt(range)
    XCTAssertEqual(pool.freeCount, 64)
    XCTAssertEqual(pool.totalCount, 64)
    XCTAssertEqual(try pool.allocate(order: 6, zeroed: false).number, first)
  }

  func testByteRangeCoversEveryFrameThatItTouches() {
    let range = FrameRange(address: 0x4000_0fff, length: 2)
    XCTAssertEqual(range.first.address, 0x4000_0000)
    XCTAssertEqual(range.count, 2)
    XCTAssertEqual(FrameRange(address: 0x4000_0123, length: 0).count, 0)
    XCTAssertEqual(FrameRange(address: 0xffff_f000, length: 0x1000).count, 1)
  }

  func testZeroedBlockIsZeroInEveryByte() throws {
    let pool = MockMemory.makePool(frames: 64)
    let frame = try pool.allocate(order: 2, zeroed: true)
    let bytes = UnsafeRawBufferPointer(start: MockMemory.pointer(to: frame), count: 4 * 4096)
    XCTAssertTrue(bytes.allSatisfy { $0 == 0 })
  }

  func testOnlyTheLastReferenceFrees() throws {
    let pool = MockMemory.makePool(frames: 64)
    let frame = try pool.allocate(zeroed: false)
    pool.retain(frame)
    XCTAssertEqual(pool.referenceCount(of: frame), 2)
    pool.release(frame)
    XCTAssertEqual(pool.freeCount, 63)
    pool.release(frame)
    XCTAssertEqual(pool.freeCount, 64)
    XCTAssertEqual(pool.referenceCount(of: frame), 0)
  }

  func testOwnerWordIsZeroForEveryNewHolder() throws {
    let pool = MockMemory.makePool(frames: 1)
    let frame = try pool.allocate(zeroed: false)
    pool.withOwnerWord(of: frame) { $0 = 77 }
    XCTAssertEqual(pool.withOwnerWord(of: frame) { $0 }, 77)
    pool.release(frame)
    let again = try pool.allocate(zeroed: false)
    XCTAssertEqual(again, frame)
    XCTAssertEqual(pool.withOwnerWord(of: again) { $0 }, 0)
  }

  func testEmptyPoolThrowsAndStaysUsable() throws {
    let pool = MockMemory.makePool(frames: 2)
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try pool.allocate(order: 2, zeroed: false)
    }
    let pair = try pool.allocate(order: 1, zeroed: false)
    assertThrows(.outOfMemory) { () throws(MemoryError) in try pool.allocate(zeroed: true) }
    pool.release(pair)
    XCTAssertEqual(pool.freeCount, 2)
  }
}
