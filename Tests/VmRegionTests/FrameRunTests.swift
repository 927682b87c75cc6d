// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// Runs of frames, the pool's statistics, and invalid frees.
final class FrameRunTests: DeathTestCase {
  func testRunIsContiguousAlignedAndFreedFrameByFrame() throws {
    let pool = MockMemory.makePool(frames: 3072)
    // So that the next ones are not aligned by chance.
    let first = try pool.allocate(zeroed: false)
    for (count, alignment): (UInt32, UInt32) in [
      (1, 1), (3, 1), (5, 8), (1, 256), (100, 4), (1024, 1024), (513, 1), (7, 1024),
    ] {
      let run = try pool.allocateRun(of: count, alignedTo: alignment, zeroed: true)
      XCTAssertEqual(run.count, count)
      XCTAssertEqual(run.first.number % alignment, 0, "\(count) frames, alignment \(alignment)")
      XCTAssertEqual(pool.freeCount, 3071 - count)
      for offset in 0..<count {
        let frame = PhysicalFrame(number: run.first.number + offset)
        XCTAssertEqual(pool.referenceCount(of: frame), 1)
        XCTAssertEqual(MockMemory.word(at: frame.address + 4092), 0)
        MockMemory.pointer(to: frame)
          .storeBytes(of: 0x5a5a_5a5a, toByteOffset: 4092, as: UInt32.self)
      }
      // From the middle outward, so that buddies join in another order than they were parted.
      let middle = count / 2
      for offset in middle..<count {
        pool.release(PhysicalFrame(number: run.first.number + offset))
      }
      pool.release(FrameRange(first: run.first, count: middle))
      XCTAssertEqual(pool.freeCount, 3071)
      XCTAssertEqual(pool.statistics.freeBlocks[10], 2, "\(count) frames did not join again")
    }
    pool.release(first)
  }

  func testInvalidRunIsRefusedAndTakesNothing() throws {
    let pool = MockMemory.makePool(frames: 1000)
    for (count, alignment): (UInt32, UInt32) in [
      (0, 1), (1025, 1), (.max, 1), (1, 0), (1, 3), (1, 2048), (4, .max),
    ] {
      assertThrows(.invalid) { () throws(MemoryError) in
        try pool.allocateRun(of: count, alignedTo: alignment, zeroed: false)
      }
    }
    XCTAssertEqual(pool.statistics.failures, 0)
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try pool.allocateRun(of: 513, zeroed: false)
    }
    XCTAssertEqual(pool.statistics.failures, 1)
    XCTAssertEqual(pool.freeCount, 1000)
  }

  func testStatisticsCountFreeBlocksByOrder() throws {
    let pool = MockMemory.makePool(frames: 1024)
    XCTAssertEqual(orders(pool), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    let frame = try pool.allocate(zeroed: false)
    XCTAssertEqual(orders(pool), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0])
    XCTAssertEqual(pool.statistics.free, 1023)
    XCTAssertEqual(pool.statistics.total, 1024)
    pool.release(frame)
    XCTAssertEqual(orders(pool), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  }

  private func orders(_ pool: MockPool) -> [UInt32] {
    let blocks = pool.statistics.freeBlocks
    return blocks.indices.map { blocks[$0] }
  }

  func testRandomRunsAndBlocksNeverOverlapAndAreAllFreed() throws {
    let pool = MockMemory.makePool(frames: 3000)
    var dice = Dice(seed: 42)
    var owner: [UInt32: Int] = [:]
    var held: [(start: UInt32, count: UInt32, isRun: Bool)] = []
    for step in 0..<2000 {
      if Bool.random(using: &dice), !held.isEmpty {
        let gone = held.remove(at: Int.random(in: held.indices, using: &dice))
        for number in gone.start..<gone.start + gone.count { owner[number] = nil }
        let first = PhysicalFrame(number: gone.start)
        if gone.isRun {
          pool.release(FrameRange(first: first, count: gone.count))
        } else {
          pool.release(first)
        }
      } else if Bool.random(using: &dice) {
        let count = UInt32.random(in: 1...60, using: &dice)
        guard let run = try? pool.allocateRun(of: count, zeroed: false) else { continue }
        held.append((run.first.number, count, true))
        for number in run.first.number..<run.first.number + count {
          XCTAssertNil(owner.updateValue(step, forKey: number))
        }
      } else {
        let order = Int.random(in: 0...5, using: &dice)
        guard let block = try? pool.allocate(order: order, zeroed: false) else { continue }
        held.append((block.number, 1 << UInt32(order), false))
        for number in block.number..<block.number + 1 << UInt32(order) {
          XCTAssertNil(owner.updateValue(step, forKey: number))
        }
      }
      XCTAssertEqual(Int(pool.freeCount), 3000 - owner.count)
    }
  }

  func testFreeOfAnUnusedFrameTraps() throws {
    let pool = MockMemory.makePool(
      frames: 64, reserved: [FrameRange(first: PhysicalFrame(number: 0x4_0010), count: 1)])
    let first = MockMemory.first
    try assertEachDies([
      (
        "double free",
        {
          let frame = try pool.allocate(zeroed: false)
          pool.release(frame)
          pool.release(frame)
        }
      ),
      (
        "double free of a run",
        {
          let run = try pool.allocateRun(of: 3, zeroed: false)
          pool.release(run)
          pool.release(run)
        }
      ),
      ("free of a frame that was never allocated", { pool.release(first) }),
      ("free below the pool", { pool.release(PhysicalFrame(number: first.number - 1)) }),
      ("free above the pool", { pool.release(PhysicalFrame(number: first.number + 64)) }),
      ("free of a reserved frame", { pool.release(PhysicalFrame(number: 0x4_0010)) }),
      (
        "free of the inside of a block",
        {
          let block = try pool.allocate(order: 2, zeroed: false)
          pool.release(PhysicalFrame(number: block.number + 1))
        }
      ),
      (
        "reference to a free frame",
        {
          let frame = try pool.allocate(zeroed: false)
          pool.release(frame)
          pool.retain(frame)
        }
      ),
    ])
  }
}
