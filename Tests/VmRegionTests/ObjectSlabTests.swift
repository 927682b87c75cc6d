// SPDX-License-Identifier: Apache-2.0
import VmRegion
import VmRegionMocks
import XCTest

/// Kernel objects in slabs over the frame pool.
final class ObjectSlabTests: DeathTestCase {
  /// An object of odd size, so that a frame has unused bytes.
  private struct Thing: Equatable {
    var number: UInt64
    var words: InlineArray<5, UInt32>

    static func == (one: Thing, other: Thing) -> Bool { one.number == other.number }
  }

  private typealias Slab = ObjectSlab<Thing, MockProcessor, MockMemory>

  func testObjectsDoNotOverlapKeepTheirContentAndFreeTheirFrames() throws {
    let pool = MockMemory.makePool(frames: 64)
    var slab = Slab(pool: pool)
    var dice = Dice(seed: 3)
    var things: [(pointer: UnsafeMutablePointer<Thing>, number: UInt64)] = []
    for number in 0..<4000 as Range<UInt64> {
      if number % 3 == 2, !things.isEmpty {
        let gone = things.remove(at: Int.random(in: things.indices, using: &dice))
        XCTAssertEqual(gone.pointer.pointee.number, gone.number)
        slab.free(gone.pointer)
      } else if let pointer = try? slab.allocate() {
        XCTAssertEqual(UInt(bitPattern: pointer) % UInt(MemoryLayout<Thing>.alignment), 0)
        pointer.initialize(to: Thing(number: number, words: InlineArray(repeating: .max)))
        things.append((pointer, number))
      }
      XCTAssertEqual(slab.objectCount, UInt32(things.count))
      XCTAssertEqual(pool.freeCount, 64 - slab.frameCount)
    }
    XCTAssertGreaterThan(slab.frameCount, 10)
    for thing in things {
      XCTAssertEqual(thing.pointer.pointee.number, thing.number)
      slab.free(thing.pointer)
    }
    XCTAssertLessThanOrEqual(slab.frameCount, 1, "more than one empty frame is kept")
    slab.releaseReserve()
    XCTAssertEqual(pool.freeCount, 64)
  }

  func testEverySlotOfAFrameIsUsedBeforeTheNextFrame() throws {
    let pool = MockMemory.makePool(frames: 8)
    var slab = Slab(pool: pool)
    var small = ObjectSlab<UInt8, MockProcessor, MockMemory>(pool: pool)
    XCTAssertEqual(ObjectSlab<UInt8, MockProcessor, MockMemory>.capacity, 128)
    var things: [UnsafeMutablePointer<Thing>] = []
    for count in 1...Slab.capacity {
      things.append(try slab.allocate())
      XCTAssertEqual(slab.frameCount, 1, "object \(count)")
    }
    things.append(try slab.allocate())
    XCTAssertEqual(slab.frameCount, 2)
    XCTAssertEqual(Set(things).count, things.count)
    for thing in things { slab.free(thing) }
    slab.releaseReserve()
    let byte = try small.allocate()
    small.free(byte)
    small.releaseReserve()
    XCTAssertEqual(pool.freeCount, 8)
  }

  func testMissingFrameTakesNothing() throws {
    let pool = MockMemory.makePool(frames: 2)
    var slab = Slab(pool: pool)
    var things: [UnsafeMutablePointer<Thing>] = []
    while let thing = try? slab.allocate() { things.append(thing) }
    XCTAssertEqual(UInt32(things.count), 2 * Slab.capacity)
    assertThrows(.outOfMemory) { () throws(MemoryError) in try slab.reserve(1) }
    for thing in things { slab.free(thing) }
    slab.releaseReserve()
    XCTAssertEqual(pool.freeCount, 2)
  }

  func testFreeOfAnUnusedObjectTraps() throws {
    let pool = MockMemory.makePool(frames: 8)
    let other = try pool.allocate(zeroed: true)
    try assertEachDies([
      (
        "double free",
        {
          var slab = Slab(pool: pool)
          _ = try slab.allocate()
          let thing = try slab.allocate()
          slab.free(thing)
          slab.free(thing)
        }
      ),
      (
        "free of a slot that was never allocated",
        {
          var slab = Slab(pool: pool)
          slab.free(try slab.allocate() + 1)
        }
      ),
      (
        "free of the inside of an object",
        {
          var slab = Slab(pool: pool)
          let inside = UnsafeMutableRawPointer(try slab.allocate()) + 8
          slab.free(inside.assumingMemoryBound(to: Thing.self))
        }
      ),
      (
        "free of other memory",
        {
          var slab = Slab(pool: pool)
          _ = try slab.allocate()
          slab.free((MockMemory.pointer(to: other) + 64).assumingMemoryBound(to: Thing.self))
        }
      ),
      (
        "an object that outlives its slab",
        {
          var slab = Slab(pool: pool)
          _ = try slab.allocate()
          slab.releaseReserve()
        }
      ),
    ])
  }
}
