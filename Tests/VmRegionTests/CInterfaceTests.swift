// SPDX-License-Identifier: Apache-2.0
import VmRegion
import VmRegionMocks
import XCTest

/// The LiteOS names, bound to a mock space as the kernel binds them to a process's.
final class CInterfaceTests: XCTestCase {
  private static let read: UInt32 = 1 << 3
  private static let user: UInt32 = 1 << 2
  private static let execute: UInt32 = 1 << 5
  private static let vdso: UInt32 = 1 << 14

  override func tearDown() { MemoryBinding.install(nil) }

  func testUnboundFunctionsFail() {
    let space = UnsafeMutableRawPointer(bitPattern: 64)
    XCTAssertNil(losRegionAlloc(space, 0, 4096, Self.read, 0))
    XCTAssertNil(losRegionFind(space, 0x10_0000))
    XCTAssertLessThan(losRegionFree(space, space), 0)
    XCTAssertLessThan(losArchMmuMap(space, 0x10_0000, 0x4000_0000, 1, Self.read), 0)
    XCTAssertLessThan(losArchMmuUnmap(space, 0x10_0000, 1), 0)
    XCTAssertLessThan(losArchMmuQuery(space, 0x10_0000, nil, nil), 0)
    XCTAssertEqual(losPaddrQuery(space), 0)
  }

  func testRegionIsAllocatedMappedQueriedAndFreed() throws {
    var fixture = SpaceFixture()
    withBinding(&fixture.space) { space in
      let flags = Self.user | Self.read | Self.execute | Self.vdso
      guard let region = losRegionAlloc(space, 0, 8192, flags, 0) else {
        return XCTFail("no region")
      }
      let base = UInt(bitPattern: region)
      XCTAssertEqual(losRegionFind(space, base + 8191), region)
      XCTAssertNil(losRegionFind(space, base + 8192))
      XCTAssertEqual(losArchMmuMap(space, base, 0x9000_0000, 2, Self.read | Self.execute), 2)
      XCTAssertEqual(losArchMmuMap(space, base, 0x9000_0000, 1, Self.read), -14)
      var physical: UInt = 0
      var found: UInt32 = 0
      XCTAssertEqual(losArchMmuQuery(space, base + 4096, &physical, &found), 0)
      XCTAssertEqual(physical, 0x9000_1000)
      XCTAssertEqual(found, Self.user | Self.read | Self.execute)
      XCTAssertEqual(losArchMmuUnmap(space, base, 1), 1)
      XCTAssertEqual(losArchMmuQuery(space, base, nil, nil), -2)
      XCTAssertEqual(losRegionFree(space, region), 0)
      XCTAssertEqual(losRegionFree(space, region), -2, "a stale region is an error, not a crash")
      XCTAssertEqual(losPaddrQuery(space), 0x1234)
    }
    XCTAssertEqual(fixture.regions, [])
    fixture.finish()
  }

  func testPoolFramesAreShared() throws {
    var fixture = SpaceFixture()
    let pool = fixture.pool
    let frame = try pool.allocate(zeroed: true)
    withBinding(&fixture.space) { space in
      let region = losRegionAlloc(space, 0x10_0000, 4096, Self.user | Self.read, 0)
      XCTAssertEqual(UInt(bitPattern: region), 0x10_0000)
      XCTAssertNil(losRegionAlloc(space, 0x10_0000, 4096, Self.read, 0), "the range is in use")
      let address = UInt(frame.address)
      XCTAssertEqual(losArchMmuMap(space, 0x10_0000, address, 1, 1 << 4), -17, "not writable")
      XCTAssertEqual(losArchMmuMap(space, 0x10_0000, address + 8192, 1, Self.read), -8)
      XCTAssertEqual(losArchMmuMap(space, 0x10_0000, address, 2, Self.read), -8, "too long")
      XCTAssertEqual(losArchMmuMap(space, 0x10_0001, address, 1, Self.read), -8)
      XCTAssertEqual(losArchMmuMap(space, 0x10_0000, address, 1, Self.read), 1)
      XCTAssertEqual(pool.referenceCount(of: frame), 2)
      XCTAssertEqual(losRegionFree(space, region), 0)
    }
    XCTAssertEqual(pool.referenceCount(of: frame), 1)
    pool.release(frame)
    fixture.finish()
  }

  /// Runs `body` with the C names bound to `space`.
  private func withBinding(_ space: inout MockSpace, _ body: (UnsafeMutableRawPointer) -> Void) {
    MemoryBinding.install(
      MemoryBinding(
        allocateRegion: { space, address, length, flags, offset in
          let flags = LiteOSRegionFlags(rawValue: flags)
          do {
            return try space.assumingMemoryBound(to: MockSpace.self).pointee.allocateRegion(
              at: address, length: length, flags, pageOffset: offset)
          } catch {
            return 0
          }
        },
        freeRegion: { space, base in
          status { () throws(MemoryError) in
            try space.assumingMemoryBound(to: MockSpace.self).pointee.freeRegion(at: base)
            return 0
          }
        },
        findRegion: { space, address in
          space.assumingMemoryBound(to: MockSpace.self).pointee.region(at: address)?.base ?? 0
        },
        mapFrames: { space, address, physical, count, flags in
          let permissions = LiteOSRegionFlags(rawValue: flags).permissions
          return status { () throws(MemoryError) in
            try space.assumingMemoryBound(to: MockSpace.self).pointee.mapFrames(
              at: address, physical: physical, count: count, permissions)
            return Int32(count)
          }
        },
        unmapFrames: { space, address, count in
          status { () throws(MemoryError) in
            try space.assumingMemoryBound(to: MockSpace.self).pointee.unmapFrames(
              at: address, count: count)
            return Int32(count)
          }
        },
        queryFrame: { space, address in
          let space = space.assumingMemoryBound(to: MockSpace.self)
          guard let found = space.pointee.table.lookup(VirtualPage(containing: address)) else {
            return .max
          }
          return UInt64(found.frame.address) << 32
            | UInt64(LiteOSRegionFlags(found.permissions).rawValue)
        },
        physicalAddress: { _ in 0x1234 }))
    withUnsafeMutablePointer(to: &space) { body(UnsafeMutableRawPointer($0)) }
  }
}

/// The result of `body`, or the LiteOS status of its error.
private func status(_ body: () throws(MemoryError) -> Int32) -> Int32 {
  do {
    return try body()
  } catch {
    return LiteOSMemoryStatus.status(of: error)
  }
}
