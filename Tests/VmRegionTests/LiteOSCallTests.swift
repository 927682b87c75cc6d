// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// What the LiteOS memory functions do with an address space, and the codes that they return.
final class LiteOSCallTests: XCTestCase {
  private static let read = LiteOSRegionFlags(rawValue: 1 << 3)
  private static let write = LiteOSRegionFlags(rawValue: 1 << 4)
  private static let readExecute = LiteOSRegionFlags(rawValue: 1 << 3 | 1 << 5)
  private static let userRead = LiteOSRegionFlags(rawValue: 1 << 2 | 1 << 3)
  private static let userReadExecute = LiteOSRegionFlags(rawValue: 1 << 2 | 1 << 3 | 1 << 5)
  private static let vdso = LiteOSRegionFlags(rawValue: userReadExecute.rawValue | 1 << 14)

  func testRegionIsAllocatedMappedQueriedAndFreed() throws {
    var fixture = SpaceFixture()
    let base = fixture.space.regionAlloc(0, 8192, Self.vdso, 0)
    XCTAssertNotEqual(base, 0)
    let place = UInt(base.word)
    XCTAssertEqual(fixture.space.regionFind(place + 8191), base)
    XCTAssertEqual(fixture.space.regionFind(place + 8192), 0)
    XCTAssertEqual(fixture.space.mmuMap(place, 0x9000_0000, 2, Self.readExecute), 2)
    XCTAssertEqual(fixture.space.mmuMap(place, 0x9000_0000, 1, Self.read), -14)
    let found = try XCTUnwrap(fixture.space.mmuQuery(place + 4096))
    XCTAssertEqual(found.physical, 0x9000_1000)
    XCTAssertEqual(found.flags, Self.userReadExecute)
    XCTAssertEqual(fixture.space.mmuUnmap(place, 1), 1)
    XCTAssertNil(fixture.space.mmuQuery(place))
    XCTAssertEqual(fixture.space.regionFree(place), 0)
    XCTAssertEqual(
      fixture.space.regionFree(place), -2, "a stale region is an error, not a crash")
    XCTAssertEqual(fixture.regions, [])
    fixture.finish()
  }

  func testMappedFramesOfThePoolAreShared() throws {
    var fixture = SpaceFixture()
    let pool = fixture.pool
    let frame = try pool.allocate(zeroed: true)
    let place: UInt = 0x10_0000
    XCTAssertEqual(fixture.space.regionAlloc(place, 4096, Self.userRead, 0), 0x10_0000)
    XCTAssertEqual(fixture.space.regionAlloc(place, 4096, Self.read, 0), 0, "the place is taken")
    let address = UInt(frame.address.word)
    XCTAssertEqual(fixture.space.mmuMap(place, address, 1, Self.write), -17, "not writable")
    XCTAssertEqual(fixture.space.mmuMap(place, address + 8192, 1, Self.read), -8)
    XCTAssertEqual(fixture.space.mmuMap(place, address, 2, Self.read), -8, "too long")
    XCTAssertEqual(fixture.space.mmuMap(place + 1, address, 1, Self.read), -8)
    XCTAssertEqual(fixture.space.mmuMap(place, address, 1, Self.read), 1)
    XCTAssertEqual(pool.referenceCount(of: frame), 2)
    XCTAssertEqual(fixture.space.regionFree(place), 0)
    XCTAssertEqual(pool.referenceCount(of: frame), 1)
    pool.release(frame)
    fixture.finish()
  }

  func testNumberBeyondAnAddressIsRefused() throws {
    try XCTSkipUnless(Word.bitWidth < UInt.bitWidth, "every number is an address")
    var fixture = SpaceFixture()
    let far = UInt(UInt32.max) + 1
    XCTAssertEqual(fixture.space.regionAlloc(far, 4096, Self.read, 0), 0)
    XCTAssertEqual(fixture.space.regionAlloc(0, far, Self.read, 0), 0)
    XCTAssertEqual(fixture.space.regionFind(far), 0)
    XCTAssertEqual(fixture.space.regionFree(far), -8)
    XCTAssertEqual(fixture.space.mmuMap(far, 0, 1, Self.read), -8)
    XCTAssertEqual(fixture.space.mmuUnmap(0, far), -8)
    XCTAssertNil(fixture.space.mmuQuery(far))
    fixture.finish()
  }
}
