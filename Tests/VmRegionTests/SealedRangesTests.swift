// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegionMocks
import XCTest

@testable import VmRegion

/// Finding sealed regions among as many others as a space can have.
final class SealedRangesTests: XCTestCase {
  /// Maps a group of two parts, three pages in all.
  private func mapGroup(
    _ fixture: inout SpaceFixture, of path: UInt16 = 7
  ) throws -> UserAddress {
    let parts = [
      GroupPart(pageCount: 2, permissions: [.read, .execute]),
      GroupPart(pageCount: 1, permissions: [.read, .write]),
    ]
    return try fixture.space.mapGroup(of: path, parts.span)
  }

  /// The lengths of all ranges, and of all sealed regions: how much is looked at, and how much of
  /// it is sealed.
  private func lengths(_ fixture: borrowing SpaceFixture) -> (ranges: Word, sealed: Word) {
    var (ranges, sealed): (Word, Word) = (0, 0)
    for index in 0..<fixture.space.sealed.count {
      let range = fixture.space.sealed[index]
      ranges += range.end - range.base
    }
    fixture.space.forEachRegion { region in
      if region.traits.contains(.sealed) { sealed += region.end - region.base }
    }
    return (ranges, sealed)
  }

  func testNoOtherRegionIsLookedAtAmong65530() throws {
    var fixture = SpaceFixture(frames: 4096)
    let frames = [PhysicalFrame(number: 0x90000)]
    let low = try fixture.space.mapSpecial(
      .fixed(0x1_0000), frames: frames.span, permissions: .read, name: .vvar)
    let high = try mapGroup(&fixture)
    var place: UserAddress = 0x10_0000
    while fixture.space.regionCount < MockSpace.regionLimit {
      let permissions: Permissions = place.word & Page.size == 0 ? .read : [.read, .write]
      place = try fixture.mapFixed(place, pages: 1, permissions) &+ Page.size
    }
    XCTAssertEqual(fixture.space.sealed.count, 2)
    let found = lengths(fixture)
    XCTAssertEqual(found.ranges, 4 * Page.size)
    XCTAssertEqual(found.sealed, found.ranges)
    XCTAssertEqual(fixture.space.firstRegion(of: 7)?.base, high)
    XCTAssertNil(fixture.space.firstRegion(of: 8))
    XCTAssertFalse(fixture.space.touchesSealed(0x10_0000, place))
    XCTAssertTrue(fixture.space.touchesSealed(low, place))
    XCTAssertTrue(fixture.space.touchesSealed(place, high &+ Page.size))
    XCTAssertTrue(fixture.space.touchesSealed(high &+ 2 * Page.size, high &+ 3 * Page.size))
    XCTAssertFalse(fixture.space.touchesSealed(place, high))
    fixture.finish()
  }

  func testGroupBelowAnotherIsFoundAtItsFirstRegion() throws {
    var fixture = SpaceFixture()
    let bases = try (7..<12).map { try mapGroup(&fixture, of: $0) }
    XCTAssertEqual(fixture.space.sealed.count, 1)
    for (path, base) in zip(UInt16(7)..<12, bases) {
      XCTAssertEqual(fixture.space.firstRegion(of: path)?.base, base)
    }
    fixture.finish()
  }

  func testPartsOfASplitRegionAreInItsRange() throws {
    var fixture = SpaceFixture()
    let base = try mapGroup(&fixture)
    try fixture.space.grantWriting(1, at: base)
    XCTAssertEqual(fixture.space.sealed.count, 1)
    try fixture.space.grantWriting(1, at: base &+ Page.size)
    XCTAssertEqual(fixture.space.sealed.count, 1)
    XCTAssertEqual(fixture.space.firstRegion(of: 7)?.base, base)
    fixture.finish()
  }

  func testRemovedGroupIsNotFound() throws {
    var fixture = SpaceFixture()
    let base = try mapGroup(&fixture)
    fixture.space.removeGroup(of: 7, at: base)
    XCTAssertEqual(fixture.space.sealed.count, 0)
    XCTAssertNil(fixture.space.firstRegion(of: 7))
    XCTAssertFalse(fixture.space.touchesSealed(0, UserRange.limit))
    fixture.finish()
  }

  func testChildOfAForkFindsItsGroups() throws {
    var fixture = SpaceFixture()
    var child = MockSpace(table: MockMMU(journal: MockMMU.Journal()), pool: fixture.pool)
    let base = try mapGroup(&fixture)
    try fixture.space.fork(into: &child)
    XCTAssertEqual(child.sealed.count, 1)
    XCTAssertEqual(child.firstRegion(of: 7)?.base, base)
    child.teardown()
    fixture.finish()
  }

  func testMoreRangesThanPlacesAreAllInside() {
    var ranges = SealedRanges()
    let bases = (1...14).map { UserAddress(Word($0) * 0x10_0000) }
    for base in bases { ranges.insert(base, base &+ Page.size) }
    for base in bases {
      let isInside = (0..<ranges.count).contains { index in
        ranges[index].base <= base && base &+ Page.size <= ranges[index].end
      }
      XCTAssertTrue(isInside, "\(base)")
    }
  }
}
