// SPDX-License-Identifier: Apache-2.0
import VmRegion
import VmRegionMocks
import XCTest

/// Heap, stack, faults and copies.
final class MovingRegionTests: XCTestCase {
  private let page = Page.size

  func testHeapGrowsAndShrinksToTheByte() throws {
    var fixture = SpaceFixture()
    fixture.space.setHeapBase(0x2_0123)
    XCTAssertEqual(fixture.space.setBreak(to: 0), 0x2_1000, "asking is asking below")
    XCTAssertEqual(fixture.space.setBreak(to: 0x2_1001), 0x2_1001)
    XCTAssertEqual(fixture.regions.first?.name, .heap)
    XCTAssertEqual(fixture.regions.first?.end, 0x2_2000)
    XCTAssertEqual(fixture.space.handleFault(at: 0x2_1fff, .write), .resolved)
    XCTAssertEqual(fixture.space.setBreak(to: 0x2_9000), 0x2_9000)
    XCTAssertEqual(fixture.regions.count, 1)
    XCTAssertEqual(fixture.space.setBreak(to: 0x2_1000), 0x2_1000)
    XCTAssertEqual(fixture.regions, [])
    XCTAssertEqual(fixture.space.residentCount, 0)
    fixture.finish()
  }

  func testHeapStopsAtTheNextRegionAndAtTheEndOfMemory() throws {
    var fixture = SpaceFixture()
    fixture.space.setHeapBase(0x2_0000)
    _ = try fixture.mapFixed(0x3_0000, pages: 1)
    XCTAssertEqual(fixture.space.setBreak(to: 0x2_f000), 0x2_f000)
    let before = fixture.picture
    XCTAssertEqual(fixture.space.setBreak(to: 0x2_f001), 0x2_f000, "a page stays free between")
    XCTAssertEqual(fixture.space.setBreak(to: 0x3_1000), 0x2_f000)
    XCTAssertEqual(fixture.space.setBreak(to: 0xffff_ffff), 0x2_f000)
    XCTAssertEqual(fixture.space.setBreak(to: 0x7000_0000), 0x2_f000)
    XCTAssertTrue(fixture.picture == before)
    fixture.finish()
  }

  func testHeapSurvivesAGuardPageInItsMiddle() throws {
    var fixture = SpaceFixture()
    fixture.space.setHeapBase(0x2_0000)
    XCTAssertEqual(fixture.space.setBreak(to: 0x2_4000), 0x2_4000)
    _ = try fixture.mapFixed(0x2_1000, pages: 1, [])
    XCTAssertEqual(fixture.space.setBreak(to: 0x2_6000), 0x2_6000)
    XCTAssertEqual(fixture.regions.map(\.name), [.heap, .anonymous, .heap])
    XCTAssertEqual(fixture.space.setBreak(to: 0x2_0000), 0x2_0000)
    XCTAssertEqual(fixture.regions, [])
    fixture.finish()
  }

  func testStackGrowsDownToItsLimitAndKeepsItsGuard() throws {
    var fixture = SpaceFixture()
    try fixture.space.mapStack(initial: 2 * page)
    let top = fixture.space.layout.stackTop
    XCTAssertEqual(fixture.space.handleFault(at: top - 5 * page + 8, .write), .resolved)
    XCTAssertEqual(fixture.regions.first?.base, top - 5 * page)
    XCTAssertEqual(fixture.space.handleFault(at: top - 6 * page, .execute), .notAllowed)
    XCTAssertEqual(fixture.regions.first?.base, top - 5 * page)
    XCTAssertEqual(fixture.space.handleFault(at: top - (8 << 20) - 1, .write), .notMapped)
    XCTAssertEqual(fixture.space.handleFault(at: top - (8 << 20), .write), .resolved)
    XCTAssertEqual(fixture.space.handleFault(at: top, .write), .notMapped)
    assertThrows(.exists) { () throws(MemoryError) in try fixture.space.mapStack(initial: page) }
    fixture.finish()
  }

  func testStackDoesNotGrowIntoTheGuardAboveAMapping() throws {
    var fixture = SpaceFixture()
    try fixture.space.mapStack(initial: page)
    let top = fixture.space.layout.stackTop
    _ = try fixture.mapFixed(top - (2 << 20), pages: 1)
    XCTAssertEqual(fixture.space.handleFault(at: top - (1 << 20) + page - 1, .read), .notMapped)
    XCTAssertEqual(fixture.space.handleFault(at: top - (1 << 20) + page, .read), .resolved)
    try fixture.space.protect(top - (2 << 20), length: page, [])
    XCTAssertEqual(
      fixture.space.handleFault(at: top - (2 << 20) + page, .read), .resolved,
      "inaccessible memory needs no guard")
    fixture.finish()
  }

  func testFaultsAreAnsweredByRegionAndPermission() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 1, .read)
    _ = try fixture.mapFixed(0x10_1000, pages: 1, [])
    _ = try fixture.mapFixed(0x10_2000, pages: 1, .execute)
    let cases: [(UserAddress, Access, FaultOutcome)] = [
      (0x10_0fff, .read, .resolved), (0x10_0000, .read, .resolved),
      (0x10_0000, .write, .notAllowed), (0x10_0000, .execute, .notAllowed),
      (0x10_1000, .read, .notAllowed), (0x10_2000, .read, .resolved),
      (0x10_2000, .execute, .resolved), (0x10_3000, .read, .notMapped), (0, .read, .notMapped),
      (0x8000_0000, .read, .notMapped), (0xffff_ffff, .write, .notMapped),
    ]
    for (address, access, outcome) in cases {
      XCTAssertEqual(
        fixture.space.handleFault(at: address, access), outcome, "\(address) \(access)")
    }
    XCTAssertEqual(fixture.space.faultCount, UInt32(cases.count))
    XCTAssertEqual(fixture.space.residentCount, 2)
    fixture.finish()
  }

  func testFaultWithoutAFrameOrATableIsReportedAndKeepsNothing() throws {
    var fixture = SpaceFixture(frames: 16)
    _ = try fixture.mapFixed(0x10_0000, pages: 4)
    let free = fixture.pool.freeCount
    fixture.journal.failingMap = 1
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_0000, .write), .outOfMemory)
    XCTAssertEqual(fixture.pool.freeCount, free)
    var hoard: [PhysicalFrame] = []
    while let frame = try? fixture.pool.allocate(zeroed: false) { hoard.append(frame) }
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_0000, .write), .outOfMemory)
    for frame in hoard { fixture.pool.release(frame) }
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_0000, .write), .resolved)
    fixture.finish()
  }

  func testFrameAtAnAddressIsMappedIfTheRegionAllowsTheAccess() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 3)
    let (frame, isShared) = try fixture.space.frame(at: 0x10_1ffc, for: .write)
    XCTAssertEqual(fixture.space.residentCount, 1)
    XCTAssertEqual(fixture.space.table.lookup(VirtualPage(containing: 0x10_1000))?.frame, frame)
    XCTAssertFalse(isShared)
    for (address, access): (UserAddress, Access) in [(0x10_3000, .read), (0x10_1000, .execute)] {
      assertThrows(.fault) { () throws(MemoryError) in
        _ = try fixture.space.frame(at: address, for: access)
      }
    }
    fixture.finish()
  }

  func testUserRangesEndInsideTheUserHalf() {
    XCTAssertNotNil(UserRange(base: 0x1_0000, count: 0x7fff_0000))
    XCTAssertNil(UserRange(base: 0x1_0000, count: 0x7fff_0001))
    XCTAssertNil(UserRange(base: 0xffff, count: 1))
    XCTAssertNotNil(UserRange(base: 0x8000_0000, count: 0))
    XCTAssertNil(UserRange(base: 0x8000_0001, count: 0))
    XCTAssertNil(UserRange(base: 0x7fff_ffff, count: 0xffff_ffff))
  }

  func testCopiesCrossPagesAndStopAtTheFirstBadOne() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 4)
    let bytes = (0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try fixture.space.write(bytes.span.bytes, to: 0x10_0ff0)
    var back = [UInt8](repeating: 0, count: 8000)
    var span = back.mutableSpan
    var raw = span.mutableBytes
    try fixture.space.read(from: 0x10_0ff0 + 1000, into: &raw)
    XCTAssertEqual(back, Array(bytes[1000...]))
    assertThrows(.fault) { () throws(MemoryError) in
      try fixture.space.write(bytes.span.bytes, to: 0x10_2000)
    }
    assertThrows(.fault) { () throws(MemoryError) in
      try fixture.space.write(bytes.span.bytes, to: 0x7fff_ffff)
    }
    fixture.finish()
  }
}
