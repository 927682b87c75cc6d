// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// Special mappings whose pages come by a callback, and the two policies for mremap.
final class SpecialCallbackTests: XCTestCase {
  private let page = Page.size
  private let address: UserAddress = 0x40_0000
  nonisolated(unsafe) private static var moves: [Word] = []

  /// Frames from the number in the context on.
  private func mapping(isMovable: Bool, permissions: Permissions = .read) -> SpecialMapping {
    let source: SpecialMapping.FrameSource = { context, page in UInt32(context) + page }
    guard isMovable else {
      return SpecialMapping(
        pageCount: 2, permissions: permissions, name: .vvar, context: 0x4_8000, source: source)
    }
    return SpecialMapping(
      pageCount: 2, permissions: permissions, name: .vvar, context: 0x4_8000, source: source,
      observer: { _, address in SpecialCallbackTests.moves.append(address) })
  }

  override func setUp() { Self.moves = [] }

  func testFaultMapsThePageOfTheOwner() throws {
    var fixture = SpaceFixture()
    XCTAssertEqual(
      try fixture.space.mapSpecial(.fixed(address), mapping(isMovable: false)), address)
    XCTAssertTrue(fixture.journal.mappings.isEmpty)
    XCTAssertEqual(fixture.space.handleFault(at: address + page + 8, .read), .resolved)
    XCTAssertEqual(
      fixture.journal.mappings,
      [
        VirtualPage(containing: address + page): Translation(
          frame: PhysicalFrame(number: 0x4_8001), permissions: [.read, .user])
      ])
    XCTAssertEqual(fixture.space.handleFault(at: address, .write), .notAllowed)
    XCTAssertEqual(fixture.space.residentCount, 0)
    fixture.finish()
  }

  func testMappingWithoutAnObserverIsNotMovedOrUnmapped() throws {
    var fixture = SpaceFixture()
    _ = try fixture.space.mapSpecial(.fixed(address), mapping(isMovable: false))
    let before = fixture.picture
    assertThrows(.notPermitted) { () throws(MemoryError) in
      try fixture.space.remap(
        address, oldLength: 2 * page, newLength: 2 * page, to: .fixed(0x60_0000))
    }
    assertThrows(.notPermitted) { () throws(MemoryError) in
      try fixture.space.unmap(address, length: page)
    }
    assertThrows(.notPermitted) { () throws(MemoryError) in
      try fixture.space.protect(address, length: page, [])
    }
    assertThrows(.notPermitted) { () throws(MemoryError) in
      try fixture.space.advise(address, length: page, .hint)
    }
    XCTAssertEqual(fixture.picture, before)
    fixture.finish()
  }

  func testObserverIsNotifiedOfTheNewAddressAndPagesFollow() throws {
    var fixture = SpaceFixture()
    _ = try fixture.space.mapSpecial(.fixed(address), mapping(isMovable: true))
    XCTAssertEqual(fixture.space.handleFault(at: address, .read), .resolved)
    XCTAssertEqual(
      try fixture.space.remap(
        address, oldLength: 2 * page, newLength: 2 * page, to: .fixed(0x60_0000)), 0x60_0000)
    XCTAssertEqual(Self.moves, [0x60_0000])
    XCTAssertEqual(fixture.space.handleFault(at: 0x60_1000, .read), .resolved)
    XCTAssertEqual(
      fixture.space.table.lookup(VirtualPage(containing: 0x60_1000))?.frame.number, 0x4_8001)
    XCTAssertEqual(fixture.space.handleFault(at: address, .read), .notMapped)
    fixture.finish()
  }

  func testPartOfASpecialMappingNeverMoves() throws {
    var fixture = SpaceFixture()
    _ = try fixture.space.mapSpecial(.fixed(address), mapping(isMovable: true))
    for (from, old, new) in [
      (address, page, page), (address + page, page, page), (address, 2 * page, page),
    ] {
      assertThrows(.invalid) { () throws(MemoryError) in
        try fixture.space.remap(from, oldLength: old, newLength: new, to: .fixed(0x60_0000))
      }
    }
    assertThrows(.invalid) { () throws(MemoryError) in
      try fixture.space.remap(address, oldLength: 2 * page, newLength: 3 * page, to: .anywhere)
    }
    XCTAssertTrue(Self.moves.isEmpty)
    fixture.finish()
  }

  func testFifthMappingNeedsOneToBeUnmapped() throws {
    var fixture = SpaceFixture()
    for index: Word in 0..<4 {
      _ = try fixture.space.mapSpecial(
        .fixed(address + index * 0x1_0000), mapping(isMovable: true))
    }
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.mapSpecial(.fixed(0x60_0000), mapping(isMovable: true))
    }
    try fixture.space.unmap(address, length: 2 * page)
    _ = try fixture.space.mapSpecial(.fixed(0x60_0000), mapping(isMovable: true))
    fixture.finish()
  }

  func testChildInheritsPagesNotYetPresent() throws {
    var fixture = SpaceFixture()
    _ = try fixture.space.mapSpecial(.fixed(address), mapping(isMovable: false))
    var child = MockSpace(table: MockMMU(), pool: fixture.pool)
    try fixture.space.fork(into: &child)
    XCTAssertEqual(child.handleFault(at: address + page, .read), .resolved)
    XCTAssertEqual(
      child.table.lookup(VirtualPage(containing: address + page))?.frame.number, 0x4_8001)
    child.teardown()
    fixture.finish()
  }

  func testWritableSpecialMappingIsRefused() {
    var fixture = SpaceFixture()
    assertThrows(.invalid) { () throws(MemoryError) in
      try fixture.space.mapSpecial(
        .anywhere(hint: 0), mapping(isMovable: false, permissions: [.read, .write]))
    }
    fixture.finish()
  }
}
