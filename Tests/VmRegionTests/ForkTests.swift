// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// Fork of an address space: tables are copied, memory is not.
final class ForkTests: XCTestCase {
  private let page = Page.size
  private let base: UserAddress = 0x10_0000

  private func store(_ value: UInt8, _ address: UserAddress, _ space: inout MockSpace) throws {
    let bytes: InlineArray<1, UInt8> = [value]
    try space.write(bytes.span.bytes, to: address)
  }

  private func load(_ address: UserAddress, _ space: inout MockSpace) throws -> UInt8 {
    var bytes: InlineArray<1, UInt8> = [0xee]
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    try space.read(from: address, into: &raw)
    return bytes[0]
  }

  private func child(
    of fixture: borrowing SpaceFixture, _ journal: MockMMU.Journal = .init()
  ) -> MockSpace {
    MockSpace(table: MockMMU(journal: journal), pool: fixture.pool)
  }

  func testForkTakesNoFrameForMemoryAndAStoreCopies() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 16)
    for index: Word in 0..<16 { try store(1, base + index * page, &fixture.space) }
    let free = fixture.pool.freeCount
    var other = child(of: fixture)
    try fixture.space.fork(into: &other)
    XCTAssertEqual(fixture.pool.freeCount, free - 1, "one frame for the child's regions")
    XCTAssertEqual(other.residentCount, 16)
    try store(2, base, &other)
    try store(3, base + page, &fixture.space)
    XCTAssertEqual(fixture.pool.freeCount, free - 3)
    XCTAssertEqual(try load(base, &fixture.space), 1)
    XCTAssertEqual(try load(base, &other), 2)
    XCTAssertEqual(try load(base + page, &fixture.space), 3)
    XCTAssertEqual(try load(base + page, &other), 1)
    // The parent alone holds its first page now: it takes it over without a copy.
    let before = fixture.pool.freeCount
    try store(4, base, &fixture.space)
    XCTAssertEqual(fixture.pool.freeCount, before)
    other.teardown()
    try store(5, base + 2 * page, &fixture.space)
    XCTAssertEqual(try load(base + 2 * page, &fixture.space), 5)
    fixture.finish()
  }

  func testMprotectAfterForkDoesNotMakeASharedFrameWritable() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 1)
    try store(1, base, &fixture.space)
    var other = child(of: fixture)
    try fixture.space.fork(into: &other)
    try other.protect(base, length: page, .read)
    try other.protect(base, length: page, [.read, .write])
    try store(2, base, &other)
    XCTAssertEqual(try load(base, &fixture.space), 1)
    other.teardown()
    fixture.finish()
  }

  func testSharedMemoryStaysSharedEvenIfUntouched() throws {
    var fixture = SpaceFixture()
    _ = try fixture.space.map(
      MapRequest(
        .fixed(base), length: 2 * page, permissions: [.read, .write],
        traits: [.shared, .unmergeable]))
    try store(1, base, &fixture.space)
    var other = child(of: fixture)
    try fixture.space.fork(into: &other)
    try store(2, base + page, &other)
    try store(3, base, &other)
    XCTAssertEqual(try load(base + page, &fixture.space), 2)
    XCTAssertEqual(try load(base, &fixture.space), 3)
    other.teardown()
    XCTAssertEqual(try load(base, &fixture.space), 3)
    fixture.finish()
  }

  func testChildInheritsRegionsHeapAndSealedMappings() throws {
    var fixture = SpaceFixture()
    fixture.space.setHeapBase(0x20_0000)
    XCTAssertEqual(fixture.space.setBreak(to: 0x20_1800), 0x20_1800)
    let frames: [PhysicalFrame] = [PhysicalFrame(containing: 0x4800_0000)]
    let vvar = try fixture.space.mapSpecial(
      .anywhere(hint: 0), frames: frames.span, permissions: .read, name: .vvar)
    let journal = MockMMU.Journal()
    var other = child(of: fixture, journal)
    try fixture.space.fork(into: &other)
    var regions: [Region] = []
    other.forEachRegion { regions.append($0) }
    XCTAssertEqual(regions, fixture.regions)
    XCTAssertEqual(other.heapLimit, 0x20_1800)
    XCTAssertEqual(journal.mappings[VirtualPage(containing: vvar)]?.frame, frames[0])
    assertThrows(.notPermitted) { () throws(MemoryError) in
      try other.unmap(vvar, length: page)
    }
    other.teardown()
    fixture.finish()
  }

  func testFailedForkFreesAllAndTheParentContinues() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 6)
    for index: Word in 0..<6 { try store(1, base + index * page, &fixture.space) }
    let free = fixture.pool.freeCount
    for failing in 1...6 {
      let journal = MockMMU.Journal()
      journal.failingMap = failing
      var other = child(of: fixture, journal)
      assertThrows(.outOfMemory) { () throws(MemoryError) in
        try fixture.space.fork(into: &other)
      }
      other.teardown()
      XCTAssertEqual(fixture.pool.freeCount, free)
      for index: Word in 0..<6 {
        try store(UInt8(failing), base + index * page, &fixture.space)
      }
      XCTAssertEqual(fixture.pool.freeCount, free, "a store copied a frame with one holder")
    }
    fixture.finish()
  }

  func testForkAdviceSplitsARegionAndMergesAgain() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 8)
    for index: Word in 0..<8 { try store(UInt8(index + 1), base + index * page, &fixture.space) }
    try fixture.space.advise(base + page, length: 2 * page, .setTrait(.wipedByFork))
    try fixture.space.advise(base + 2 * page, length: 2 * page, .setTrait(.wipedByFork))
    try fixture.space.advise(base + 4 * page, length: page, .setTrait(.excludedFromFork))
    XCTAssertEqual(
      fixture.regions.map(\.base), [base, base + page, base + 4 * page, base + 5 * page])
    let free = fixture.pool.freeCount
    var other = child(of: fixture)
    try fixture.space.fork(into: &other)
    XCTAssertEqual(other.residentCount, 4)
    XCTAssertEqual(try load(base, &other), 1)
    for index: Word in 1..<4 { XCTAssertEqual(try load(base + index * page, &other), 0) }
    XCTAssertNil(other.region(at: base + 4 * page))
    XCTAssertEqual(try load(base + 5 * page, &other), 6)
    // The child of a child goes by the same marks.
    try store(9, base + page, &other)
    var third = child(of: fixture)
    try other.fork(into: &third)
    XCTAssertEqual(try load(base + page, &third), 0)
    third.teardown()
    other.teardown()
    XCTAssertEqual(fixture.pool.freeCount, free)
    for index: Word in 0..<8 {
      XCTAssertEqual(try load(base + index * page, &fixture.space), UInt8(index + 1))
    }
    try fixture.space.advise(base, length: 8 * page, .clearTrait(.excludedFromFork))
    XCTAssertEqual(fixture.regions.count, 3)
    try fixture.space.advise(base, length: 8 * page, .clearTrait(.wipedByFork))
    XCTAssertEqual(fixture.regions.count, 1)
    fixture.finish()
  }

  func testOnlyPrivateAnonymousMemoryIsWiped() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 1, name: .file(path: 1))
    _ = try fixture.space.map(
      MapRequest(
        .fixed(base + page), length: page, permissions: .read, traits: [.shared, .unmergeable]))
    let before = fixture.picture
    for index: Word in 0..<2 {
      assertThrows(.invalid) { () throws(MemoryError) in
        try fixture.space.advise(base + index * page, length: page, .setTrait(.wipedByFork))
      }
      try fixture.space.advise(base + index * page, length: page, .clearTrait(.wipedByFork))
    }
    XCTAssertEqual(fixture.picture, before)
    try fixture.space.advise(base, length: 2 * page, .setTrait(.excludedFromFork))
    var other = child(of: fixture)
    try fixture.space.fork(into: &other)
    XCTAssertEqual(other.regionCount, 0)
    other.teardown()
    fixture.finish()
  }
}
