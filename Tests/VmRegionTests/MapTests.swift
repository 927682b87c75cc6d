// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

final class MapTests: XCTestCase {
  private let page = Page.size

  func testMappingsWithoutAHintStackUpBelowTheBaseAndMerge() throws {
    var fixture = SpaceFixture()
    let top = fixture.space.layout.mapTop
    let one = try fixture.space.map(anywhere(3 * page))
    let two = try fixture.space.map(anywhere(1))
    XCTAssertEqual(one, top - 3 * page)
    XCTAssertEqual(two, one - page)
    XCTAssertEqual(
      fixture.regions, [Region(base: two, end: top, permissions: [.read, .write])])
    fixture.finish()
  }

  func testHintIsRoundedUpAndOtherwiseIgnored() throws {
    var fixture = SpaceFixture()
    let one = try fixture.space.map(anywhere(page, hint: 0x20_0123))
    XCTAssertEqual(one, 0x20_1000)
    let two = try fixture.space.map(anywhere(page, hint: 0x20_1000))
    XCTAssertEqual(two, fixture.space.layout.mapTop - page)
    let low = try fixture.space.map(anywhere(page, hint: 0x1000))
    XCTAssertEqual(low, UserRange.lowest, "a hint below the user range is raised")
    let beyond = try fixture.space.map(anywhere(page, hint: 0xf000_0000))
    XCTAssertEqual(beyond, two - page)
    fixture.finish()
  }

  func testBadArgumentsAnswerAsOnLinuxAndChangeNothing() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 4)
    let before = fixture.picture
    let cases: [(MapRequest, MemoryError)] = [
      (anywhere(0), .invalid),
      (anywhere(0xffff_ffff), .outOfMemory),
      (anywhere(0x8000_0000), .outOfMemory),
      (at(.fixed(0x10_0001), page), .invalid),
      (at(.fixed(0), page), .notPermitted),
      (at(.fixed(0xf000), page), .notPermitted),
      (at(.fixed(0x7fff_f000), 2 * page), .outOfMemory),
      (at(.fixed(0x8000_0000), page), .outOfMemory),
      (at(.fixed(0xffff_f000), page), .outOfMemory),
      (at(.fixedNoReplace(0x10_3000), page), .exists),
      (at(.fixedNoReplace(0xf_f000), 2 * page), .exists),
      (anywhere(0x1000_0000), .outOfMemory),  // More than the machine has, to be written.
    ]
    for (request, error) in cases {
      assertThrows(error) { () throws(MemoryError) in try fixture.space.map(request) }
      XCTAssertTrue(fixture.picture == before, "\(request)")
    }
    fixture.finish()
  }

  func testReservationsAreNotCountedAgainstTheMemory() throws {
    var fixture = SpaceFixture()
    let size: Word = 516 << 20
    var request = MapRequest(.anywhere(hint: 0), length: size, permissions: [])
    let base = try fixture.space.map(request)
    request.permissions = [.read, .write]
    request.traits = .noReserve
    _ = try fixture.space.map(request)
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.protect(base, length: size, [.read, .write])
    }
    try fixture.space.protect(base, length: 64 * page, [.read, .write])
    try fixture.space.unmap(base, length: size)
    fixture.finish()
  }

  func testFullMapAreaUsesTheRestOfTheSpace() throws {
    var fixture = SpaceFixture()
    let below = fixture.space.layout.mapTop.word - UserRange.lowest.word
    _ = try fixture.space.map(MapRequest(.anywhere(hint: 0), length: below, permissions: []))
    let above = try fixture.space.map(anywhere(page))
    XCTAssertEqual(above, UserRange.limit - page)
    let rest = above.word - fixture.space.layout.mapTop.word
    _ = try fixture.space.map(MapRequest(.anywhere(hint: 0), length: rest, permissions: []))
    assertThrows(.outOfMemory) { () throws(MemoryError) in try fixture.space.map(anywhere(page)) }
    fixture.finish()
  }

  func testStackGuardGapIsNotMapped() throws {
    var fixture = SpaceFixture(layout: SpaceLayout(mapTop: 0x7fff_0000))
    try fixture.space.mapStack(initial: page)
    let base = try fixture.space.map(anywhere(page))
    XCTAssertEqual(base, 0x7fff_e000 - (1 << 20) - page)
    fixture.finish()
  }

  func testFixedMappingReplacesTheOld() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 5)
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_2000, .write), .resolved)
    _ = try fixture.mapFixed(0x10_2000, pages: 1, .read)
    XCTAssertEqual(fixture.regions.map(\.base), [0x10_0000, 0x10_2000, 0x10_3000])
    XCTAssertEqual(fixture.journal.mappings.count, 0, "the old frame is gone")
    fixture.finish()
  }

  func testFilledMappingsHaveTheirContent() throws {
    var fixture = SpaceFixture()
    let request = MapRequest(
      .fixed(0x40_0000), length: 2 * page + 1, permissions: [.read, .execute],
      name: .file(path: 3), pageOffset: 7)
    let base = try fixture.space.mapFilled(request) { number, bytes in
      bytes.storeBytes(of: number + 100, toByteOffset: 8, as: UInt32.self)
    }
    XCTAssertEqual(fixture.journal.mappings.count, 3)
    for number: Word in 0..<3 {
      let found = try XCTUnwrap(
        fixture.journal.mappings[VirtualPage(containing: base + number * page)])
      XCTAssertEqual(found.permissions, [.user, .read, .execute])
      let bytes = MockMemory.pointer(to: found.frame)
      XCTAssertEqual(bytes.load(fromByteOffset: 8, as: UInt32.self), UInt32(number) + 100)
      XCTAssertEqual(bytes.load(fromByteOffset: 12, as: UInt32.self), 0)
    }
    let region = try XCTUnwrap(fixture.space.region(at: base + page))
    XCTAssertEqual(region.name, .file(path: 3))
    XCTAssertEqual(region.pageOffset, 7)
    fixture.finish()
  }

  func testFailureDuringTheFillLeavesNothing() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x40_3000, pages: 1)
    let before = fixture.picture
    for failing: Word in 0..<3 {
      assertThrows(.fault) { () throws(MemoryError) in
        try fixture.space.mapFilled(at(.fixed(0x40_0000), 3 * page)) {
          (number, _) throws(MemoryError) in if number == failing { throw .fault }
        }
      }
      XCTAssertTrue(fixture.picture == before)
    }
    for failing in 1...3 {
      fixture.journal.mapCount = 0
      fixture.journal.failingMap = failing
      assertThrows(.outOfMemory) { () throws(MemoryError) in
        try fixture.space.mapFilled(at(.fixed(0x40_0000), 3 * page)) { (_, _) in }
      }
      XCTAssertTrue(fixture.picture == before)
    }
    fixture.finish()
  }

  func testFullPoolRefusesARegionAndRecovers() throws {
    var fixture = SpaceFixture(frames: 8)
    var hoard: [PhysicalFrame] = []
    while let frame = try? fixture.pool.allocate(zeroed: false) { hoard.append(frame) }
    assertThrows(.outOfMemory) { () throws(MemoryError) in try fixture.space.map(anywhere(page)) }
    XCTAssertEqual(fixture.regions, [])
    for frame in hoard { fixture.pool.release(frame) }
    _ = try fixture.space.map(anywhere(page))
    fixture.finish()
  }

  func testFourThousandRegionsAreFreedWithTheirFrames() throws {
    var fixture = SpaceFixture(frames: 600)
    for number: Word in 0..<4096 {
      let permissions: Permissions = number & 1 == 0 ? .read : [.read, .write]
      _ = try fixture.space.map(
        MapRequest(.anywhere(hint: 0), length: page, permissions: permissions))
    }
    XCTAssertEqual(fixture.space.regionCount, 4096)
    let base = fixture.space.layout.mapTop - 4096 * page
    for number: Word in stride(from: 0, to: 4096, by: 2) {
      try fixture.space.unmap(base + number * page, length: page)
    }
    XCTAssertEqual(fixture.space.regionCount, 2048)
    let hole = try fixture.space.map(anywhere(page))
    XCTAssertEqual(hole, base + 4094 * page, "the highest hole is found")
    try fixture.space.unmap(base, length: 4096 * page)
    XCTAssertGreaterThanOrEqual(fixture.pool.freeCount, fixture.freeAtStart - 1)
    fixture.finish()
  }

  private func anywhere(_ length: Word, hint: UserAddress = 0) -> MapRequest {
    at(.anywhere(hint: hint), length)
  }

  private func at(_ placement: MapRequest.Placement, _ length: Word) -> MapRequest {
    MapRequest(placement, length: length, permissions: [.read, .write])
  }
}
