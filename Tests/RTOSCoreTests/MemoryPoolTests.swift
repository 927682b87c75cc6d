// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import RTOSCore

final class MemoryPoolTests: XCTestCase {
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  override func setUp() { memory = .allocate(byteCount: 32 * 1024, alignment: 4096) }

  override func tearDown() { memory.deallocate() }

  private func makePool() throws -> MemoryPool { try XCTUnwrap(MemoryPool(in: memory)) }

  func testBlocksAreAlignedAndDoNotOverlap() throws {
    let pool = try makePool()
    let first = try XCTUnwrap(pool.allocate(1))
    let second = try XCTUnwrap(pool.allocate(100))
    let third = try XCTUnwrap(pool.allocate(10, alignment: 256))
    XCTAssertEqual(UInt(bitPattern: first) % 8, 0)
    XCTAssertGreaterThanOrEqual(UInt(bitPattern: second), UInt(bitPattern: first) + 8)
    XCTAssertEqual(UInt(bitPattern: third) % 256, 0)
    XCTAssertNil(pool.firstFlaw())
  }

  func testFreeMergesEverythingToOneBlock() throws {
    let pool = try makePool()
    let before = pool.statistics
    let taken = (1..<40).compactMap {
      pool.allocate(UInt32($0) * 13, alignment: 8 << UInt32($0 % 5))
    }
    XCTAssertEqual(taken.count, 39)
    for place in taken.indices where place % 2 == 0 { try pool.free(taken[place]) }
    for place in taken.indices where place % 2 == 1 { try pool.free(taken[place]) }
    var after = pool.statistics
    XCTAssertGreaterThan(after.peak, 0)
    after.peak = 0
    XCTAssertEqual(after, before)
    XCTAssertEqual(after.freeBlocks, 1)
    XCTAssertNil(pool.firstFlaw())
  }

  func testFreeRefusesAForeignPointer() throws {
    let pool = try makePool()
    let taken = try XCTUnwrap(pool.allocate(64))
    // It looks like a block in use, but is none.
    (taken + 8).storeBytes(of: 24, as: UInt32.self)
    (taken + 12).storeBytes(of: 0, as: UInt32.self)
    let outside = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    defer { outside.deallocate() }
    let start = try XCTUnwrap(memory.baseAddress)
    let before = pool.statistics
    for foreign in [
      taken + 16, taken + 1, taken - 8, outside, start, start + memory.count, start - 8,
    ] {
      XCTAssertThrowsError(try pool.free(foreign)) {
        XCTAssertEqual($0 as? MemoryPool.PoolError, .notInUse)
      }
      XCTAssertThrowsError(try pool.resize(foreign, to: 8))
    }
    XCTAssertEqual(pool.statistics, before)
  }

  func testSecondFreeIsRefused() throws {
    let pool = try makePool()
    let taken = try XCTUnwrap(pool.allocate(64))
    try pool.free(taken)
    let before = pool.statistics
    XCTAssertThrowsError(try pool.free(taken)) {
      XCTAssertEqual($0 as? MemoryPool.PoolError, .notInUse)
    }
    XCTAssertEqual(pool.statistics, before)
  }

  func testOverwrittenHeadersAreFoundAndNotFollowed() throws {
    let pool = try makePool()
    let first = try XCTUnwrap(pool.allocate(24))
    let second = try XCTUnwrap(pool.allocate(24))
    let header = (second - 8).loadUnaligned(as: UInt64.self)
    for word in [0, 4] {
      (second - 8 + word).storeBytes(of: 0xffff_ffff, as: UInt32.self)  // `first` ran over.
      XCTAssertNotNil(pool.firstFlaw())
      XCTAssertThrowsError(try pool.free(word == 0 ? second : first)) {
        XCTAssertEqual($0 as? MemoryPool.PoolError, .damaged)
      }
      (second - 8).storeBytes(of: header, as: UInt64.self)
      XCTAssertNil(pool.firstFlaw())
    }
    try pool.free(second)
  }

  func testReallocGrowsInPlaceOrMoves() throws {
    let pool = try makePool()
    let first = try XCTUnwrap(pool.allocate(16))
    first.storeBytes(of: 0x1234_5678, as: UInt32.self)
    XCTAssertEqual(try pool.reallocate(first, 400), first)
    let second = try XCTUnwrap(pool.allocate(16))
    let moved = try XCTUnwrap(pool.reallocate(first, 4000))
    XCTAssertNotEqual(moved, first)
    XCTAssertEqual(moved.load(as: UInt32.self), 0x1234_5678)
    XCTAssertEqual(try pool.reallocate(moved, 8), moved)
    XCTAssertEqual(try pool.capacity(of: moved), 8)
    XCTAssertNil(try pool.reallocate(moved, 1 << 20), "too much")
    XCTAssertEqual(moved.load(as: UInt32.self), 0x1234_5678)
    try pool.free(moved)
    try pool.free(second)
    XCTAssertEqual(pool.statistics.usedBlocks, 0)
    XCTAssertNil(pool.firstFlaw())
  }

  func testStepwiseWalkAdmitsOtherCallsAndEnds() throws {
    let pool = try makePool()
    let taken = (0..<200).compactMap { _ in pool.allocate(40) }
    var quiet = PoolWalk()
    var steps = 1
    while !quiet.advance(in: pool) { steps += 1 }
    XCTAssertGreaterThanOrEqual(steps, 200 / 16, "it takes few blocks at a time")
    XCTAssertNil(quiet.inconsistency)
    XCTAssertEqual(quiet.statistics.usedBlocks, 200)
    // Before the walk and after it, blocks are allocated, freed and resized.
    for kind in 0..<3 {
      var disturbed = PoolWalk()
      var turns = 0
      while !disturbed.advance(in: pool) {
        switch kind {
        case 0: try pool.free(XCTUnwrap(pool.allocate(2000)))
        case 1: XCTAssertTrue(try pool.resize(taken[3], to: turns % 2 == 0 ? 8 : 40))
        case 2 where turns == 3: try pool.free(taken[0])
        default: break
        }
        turns += 1
        guard turns < 100 else { return XCTFail("it does not end") }
      }
      XCTAssertNil(disturbed.inconsistency)
      XCTAssertEqual(disturbed.statistics, pool.statistics)
    }
  }

  func testInvalidSizesAndAddressesAreRefused() throws {
    let pool = try makePool()
    XCTAssertNil(pool.allocate(0))
    XCTAssertNil(pool.allocate(.max))
    XCTAssertNil(pool.allocate(1 << 30 - 1))
    XCTAssertNil(pool.allocate(32 * 1024))
    XCTAssertNil(pool.allocate(8, alignment: 24))
    XCTAssertNil(pool.allocate(8, alignment: 4))
    XCTAssertNil(pool.allocate(8, alignment: 1 << 28))
    XCTAssertEqual(pool.statistics.usedBlocks, 0)
    XCTAssertNil(MemoryPool(in: UnsafeMutableRawBufferPointer(rebasing: memory[4..<4096])))
    XCTAssertNil(MemoryPool(in: UnsafeMutableRawBufferPointer(rebasing: memory[0..<512])))
    XCTAssertNil(MemoryPool(in: UnsafeMutableRawBufferPointer(start: nil, count: 0)))
    let start = try XCTUnwrap(memory.baseAddress)
    XCTAssertNotNil(MemoryPool(at: start))
    pool.delete()
    XCTAssertNil(MemoryPool(at: start))
  }

  /// The model: the owner of each byte, and the contents of each block.
  func testRandomCallsAgreeWithAModel() throws {
    var dice = Dice(seed: 51)
    let pool = try makePool()
    var taken: [(place: UnsafeMutableRawPointer, bytes: Int, mark: UInt8)] = []
    func fill(_ entry: (place: UnsafeMutableRawPointer, bytes: Int, mark: UInt8)) {
      entry.place.initializeMemory(as: UInt8.self, repeating: entry.mark, count: entry.bytes)
    }
    func isWhole(_ place: UnsafeMutableRawPointer, _ bytes: Int, _ mark: UInt8) -> Bool {
      UnsafeRawBufferPointer(start: place, count: bytes).allSatisfy { $0 == mark }
    }
    for step in 0..<6000 {
      let bytes = Int.random(in: 1...(Bool.random(using: &dice) ? 64 : 2000), using: &dice)
      switch Int.random(in: 0..<10, using: &dice) {
      case 0..<5:
        let alignment = UInt32(8) << UInt32.random(in: 0...6, using: &dice)
        guard let place = pool.allocate(UInt32(bytes), alignment: alignment) else { continue }
        XCTAssertEqual(UInt(bitPattern: place) % UInt(alignment), 0)
        taken.append((place, bytes, UInt8(truncatingIfNeeded: step)))
        fill(taken[taken.count - 1])
      case 5..<7 where !taken.isEmpty:
        let which = Int.random(in: taken.indices, using: &dice)
        let old = taken[which]
        guard let place = try pool.reallocate(old.place, UInt32(bytes)) else { continue }
        XCTAssertTrue(isWhole(place, min(old.bytes, bytes), old.mark), "step \(step)")
        taken[which] = (place, bytes, old.mark)
        fill(taken[which])
      case 7..<10 where !taken.isEmpty:
        let old = taken.remove(at: Int.random(in: taken.indices, using: &dice))
        XCTAssertTrue(isWhole(old.place, old.bytes, old.mark), "step \(step)")
        try pool.free(old.place)
        XCTAssertThrowsError(try pool.free(old.place))
      default: break
      }
      if step % 64 == 0 { XCTAssertNil(pool.firstFlaw(), "step \(step)") }
      XCTAssertEqual(Int(pool.statistics.usedBlocks), taken.count)
    }
    for entry in taken { try pool.free(entry.place) }
    XCTAssertEqual(pool.statistics.freeBlocks, 1)
    XCTAssertNil(pool.firstFlaw())
  }
}
