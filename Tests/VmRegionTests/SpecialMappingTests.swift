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

  func testNeighboursDoNotMerge() throws {
    var fixture = SpaceFixture()
    let upper = try mapVdso(&fixture)
    let lower = try mapVdso(&fixture)
    XCTAssertEqual(lower, upper - 3 * page)
    XCTAssertEqual(fixture.space.regionCount, 2)
    fixture.finish()
  }

  private func mapGroup(_ fixture: inout SpaceFixture) throws(MemoryError) -> UserAddress {
    try fixture.space.mapGroup(
      SpecialMapping(
        list: FrameRange(first: frames[0], count: 2), permissions: .read, name: .vvar),
      SpecialMapping(
        list: FrameRange(first: frames[2], count: 3), permissions: [.read, .execute], name: .vdso))
  }

  func testGroupIsTwoSealedNeighboursWithFramesOfTheirOwn() throws {
    var fixture = SpaceFixture()
    let header = try mapGroup(&fixture)
    XCTAssertEqual(fixture.regions.map(\.name), [.vvar, .vdso])
    XCTAssertEqual(fixture.regions.map(\.base), [header - 2 * page, header])
    XCTAssertEqual(fixture.regions.map(\.end), [header, header + 3 * page])
    XCTAssertEqual(fixture.regions.map(\.permissions), [.read, [.read, .execute]])
    XCTAssertEqual(fixture.space.handleFault(at: header - page, .read), .resolved)
    XCTAssertEqual(fixture.space.handleFault(at: header + 2 * page, .execute), .resolved)
    let mapped = fixture.journal.mappings.mapValues(\.frame)
    XCTAssertEqual(
      mapped,
      [
        VirtualPage(containing: header - page): PhysicalFrame(number: frames[0].number + 1),
        VirtualPage(containing: header + 2 * page): PhysicalFrame(number: frames[2].number + 2),
      ])
    for base in [header - 2 * page, header - page, header] {
      assertThrows(.notPermitted) { () throws(MemoryError) in
        try fixture.space.unmap(base, length: page)
      }
    }
    fixture.finish()
  }

  func testGroupIsAtTheLayoutsPlaceIfThatIsFree() throws {
    var layout = SpaceLayout()
    layout.specialBase = 0x7a00_0000
    var fixture = SpaceFixture(layout: layout)
    XCTAssertEqual(try mapGroup(&fixture), 0x7a00_0000 + 2 * page)
    XCTAssertEqual(try mapGroup(&fixture), fixture.space.layout.mapTop - 3 * page)
    fixture.finish()
  }

  /// A space has four special mappings: two groups, and no third.
  func testGroupWithoutPlaceOrNodeChangesNothing() throws {
    var fixture = SpaceFixture()
    _ = try mapGroup(&fixture)
    _ = try mapGroup(&fixture)
    let before = fixture.picture
    assertThrows(.outOfMemory) { () throws(MemoryError) in _ = try mapGroup(&fixture) }
    XCTAssertTrue(fixture.picture == before)
    fixture.finish()

    var full = SpaceFixture()
    // All but four pages: the first mapping would fit, both do not.
    _ = try full.space.map(
      MapRequest(
        .fixed(UserRange.lowest),
        length: UserRange.limit.word - UserRange.lowest.word - 4 * page, permissions: .read))
    let rest = full.picture
    assertThrows(.outOfMemory) { () throws(MemoryError) in _ = try mapGroup(&full) }
    XCTAssertTrue(full.picture == rest)
    full.finish()
  }
}
