// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

final class SpecialMappingTests: XCTestCase {
  private let page = Page.size
  /// Frames that no pool knows, as those of the kernel's image.
  private let frames = [0x90000, 0x90001, 0x90005].map { PhysicalFrame(number: $0) }

  private func mapVdso(_ fixture: inout SpaceFixture) throws -> UserAddress {
    let frames = frames
    return try fixture.space.mapSpecial(
      .anywhere(hint: 0), frames: frames.span, permissions: [.read, .execute], name: .vdso)
  }

  func testFramesAreMappedInOrderAndTheRegionHasItsName() throws {
    var fixture = SpaceFixture()
    let base = try mapVdso(&fixture)
    for (index, frame) in frames.enumerated() {
      XCTAssertEqual(
        fixture.journal.mappings[VirtualPage(containing: base + Word(index) * page)],
        Translation(frame: frame, permissions: [.user, .read, .execute]))
    }
    XCTAssertEqual(fixture.regions.first?.name, .vdso)
    XCTAssertEqual(fixture.space.residentCount, 0, "the frames are not the space's")
    fixture.finish()
  }

  func testProgramsCannotChangeASealedRegion() throws {
    let frames = frames
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x20_0000, pages: 8)
    let base = try fixture.space.mapSpecial(
      .fixed(0x20_2000), frames: frames.span, permissions: .read, name: .vvar)
    fixture.space.setHeapBase(0x1f_0000)
    let before = fixture.picture
    for (from, pages): (UserAddress, Word) in [
      (base, 3), (base, 1), (base + page, 1), (base - page, 5), (base - page, 2),
      (base + 2 * page, 2),
    ] {
      refused { () throws(MemoryError) in try fixture.space.unmap(from, length: pages * page) }
      for permissions: Permissions in [[], .read, [.read, .write], .allAccess] {
        refused { () throws(MemoryError) in
          try fixture.space.protect(from, length: pages * page, permissions)
        }
      }
      refused { () throws(MemoryError) in
        try fixture.space.advise(from, length: pages * page, .discard)
      }
      refused { () throws(MemoryError) in
        _ = try fixture.space.map(
          MapRequest(.fixed(from), length: pages * page, permissions: .read))
      }
    }
    XCTAssertEqual(fixture.space.setBreak(to: base + page), 0x1f_0000)
    XCTAssertEqual(fixture.space.handleFault(at: base, .write), .notAllowed)
    XCTAssertTrue(fixture.picture == before)
    fixture.finish()

    func refused(
      line: UInt = #line, _ body: () throws(MemoryError) -> Void
    ) { assertThrows(.notPermitted, line: line, body) }
  }

  func testWritableSpecialMappingIsRefused() throws {
    let frames = frames
    var fixture = SpaceFixture()
    assertThrows(.invalid) { () throws(MemoryError) in
      try fixture.space.mapSpecial(
        .anywhere(hint: 0), frames: frames.span, permissions: [.read, .write], name: .vvar)
    }
    let none: [PhysicalFrame] = []
    assertThrows(.invalid) { () throws(MemoryError) in
      try fixture.space.mapSpecial(
        .anywhere(hint: 0), frames: none.span, permissions: .read, name: .vvar)
    }
    fixture.finish()
  }

  func testEveryFailedTableCallLeavesTheSpaceUnchanged() throws {
    let frames = frames
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x20_0000, pages: 2)
    let before = fixture.picture
    for failing in 1...frames.count {
      fixture.journal.mapCount = 0
      fixture.journal.failingMap = failing
      assertThrows(.outOfMemory) { () throws(MemoryError) in
        try fixture.space.mapSpecial(
          .anywhere(hint: 0), frames: frames.span, permissions: .read, name: .vdso)
      }
      XCTAssertTrue(fixture.picture == before)
    }
    fixture.finish()
  }

  func testMakerMayUnmapItAndItDoesNotMergeWithNeighbours() throws {
    var fixture = SpaceFixture()
    let upper = try mapVdso(&fixture)
    let lower = try mapVdso(&fixture)
    XCTAssertEqual(lower, upper - 3 * page)
    XCTAssertEqual(fixture.space.regionCount, 2)
    fixture.space.removeSpecial(at: upper)
    XCTAssertEqual(fixture.regions.map(\.base), [lower])
    XCTAssertEqual(fixture.journal.mappings.count, 3)
    fixture.finish()
  }

  func testFreeRangeIsWhereTheNextMappingGoes() throws {
    let frames = frames
    var fixture = SpaceFixture()
    let address = try fixture.space.findFreeRange(length: 4 * page)
    let base = try fixture.space.mapSpecial(
      .fixedNoReplace(address), frames: frames.span, permissions: .read, name: .vvar)
    XCTAssertEqual(base, fixture.space.layout.mapTop - 4 * page)
    fixture.finish()
  }
}
