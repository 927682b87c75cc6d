// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// munmap, mprotect and madvise.
final class ChangeTests: XCTestCase {
  private let page = Page.size

  func testUnmapOfTheMiddleSplitsTheRegion() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 5, name: .file(path: 1), pageOffset: 10)
    try fixture.space.unmap(0x10_1000, length: page + 1)
    let expected = [
      Region(
        base: 0x10_0000, end: 0x10_1000, permissions: [.read, .write], name: .file(path: 1),
        pageOffset: 10),
      Region(
        base: 0x10_3000, end: 0x10_5000, permissions: [.read, .write], name: .file(path: 1),
        pageOffset: 13),
    ]
    XCTAssertEqual(fixture.regions, expected)
    fixture.finish()
  }

  func testUnmapOfAHoleSucceedsAndOfABadRangeFails() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 2)
    let before = fixture.picture
    try fixture.space.unmap(0x20_0000, length: page)
    try fixture.space.unmap(0, length: page)
    let bad: [(UserAddress, Word)] = [
      (0x10_0000, 0), (0x10_0001, page), (0x7fff_f000, 2 * page), (0x8000_0000, page),
      (0xffff_f000, 0xffff_ffff), (0x10_0000, 0xffff_ffff),
    ]
    for (base, length) in bad {
      assertThrows(.invalid) { () throws(MemoryError) in
        try fixture.space.unmap(base, length: length)
      }
    }
    XCTAssertTrue(fixture.picture == before)
    fixture.finish()
  }

  func testSplitWithoutAFrameForItsNodeChangesNothing() throws {
    let count = try regionsInAFrame()
    var fixture = SpaceFixture(frames: 40)
    for number in 0..<count {
      try mapIsland(&fixture, number)
    }
    var hoard: [PhysicalFrame] = []
    while let frame = try? fixture.pool.allocate(zeroed: false) { hoard.append(frame) }
    let before = fixture.picture
    let middle: UserAddress = 0x100_0000 + page
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.unmap(middle, length: page)
    }
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.protect(middle, length: page, [])
    }
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.map(MapRequest(.fixed(middle), length: page, permissions: []))
    }
    XCTAssertTrue(fixture.picture == before)
    try fixture.space.protect(0x100_0000, length: 3 * page, [])
    try fixture.space.unmap(middle + page, length: page)
    for frame in hoard { fixture.pool.release(frame) }
    fixture.finish()
  }

  /// Three pages with space around them.
  private func mapIsland(_ fixture: inout SpaceFixture, _ number: Word) throws {
    _ = try fixture.space.map(
      MapRequest(
        .fixedNoReplace(0x100_0000 + number * 8 * page), length: 3 * page, permissions: .read))
  }

  /// How many regions fit the first frame of nodes.
  private func regionsInAFrame() throws -> Word {
    var fixture = SpaceFixture(frames: 40)
    var count: Word = 0
    while fixture.pool.freeCount >= fixture.freeAtStart - 1 {
      try mapIsland(&fixture, count)
      count += 1
    }
    fixture.finish()
    return count - 1
  }

  func testProtectSplitsAndMergesAgain() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 4)
    for number: Word in 0..<4 {
      XCTAssertEqual(fixture.space.handleFault(at: 0x10_0000 + number * page, .write), .resolved)
    }
    try fixture.space.protect(0x10_1000, length: 2 * page, .read)
    XCTAssertEqual(fixture.regions.map(\.permissions), [[.read, .write], .read, [.read, .write]])
    XCTAssertEqual(
      fixture.journal.mappings[VirtualPage(containing: 0x10_2000)]?.permissions, [.user, .read])
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_2000, .write), .notAllowed)
    try fixture.space.protect(0x10_1000, length: 2 * page, [.read, .write])
    XCTAssertEqual(fixture.regions.count, 1)
    XCTAssertTrue(fixture.journal.mappings.values.allSatisfy { $0.permissions.contains(.write) })
    fixture.finish()
  }

  func testNoAccessKeepsTheContent() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 1)
    let content: [UInt8] = [1, 2, 3]
    try fixture.space.write(content.span.bytes, to: 0x10_0010)
    try fixture.space.protect(0x10_0000, length: page, [])
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_0010, .read), .notAllowed)
    try fixture.space.protect(0x10_0000, length: page, .read)
    var bytes: [UInt8] = [0, 0, 0]
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    try fixture.space.read(from: 0x10_0010, into: &raw)
    XCTAssertEqual(bytes, [1, 2, 3])
    fixture.finish()
  }

  func testProtectAnswersAsOnLinux() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 2)
    _ = try fixture.mapFixed(0x10_3000, pages: 1, .read)
    _ = try fixture.space.map(
      MapRequest(.fixed(0x10_4000), length: page, permissions: .read, maximum: .read))
    let before = fixture.picture
    let cases: [(UserAddress, Word, Permissions, MemoryError)] = [
      (0x10_0001, page, .read, .invalid), (0xf_f000, 2 * page, .read, .outOfMemory),
      (0x10_0000, 0xffff_f001, .read, .outOfMemory), (0x20_0000, page, .read, .outOfMemory),
      (0x8000_0000, page, .read, .outOfMemory), (0x10_4000, page, [.write], .accessDenied),
    ]
    for (base, length, permissions, error) in cases {
      assertThrows(error) { () throws(MemoryError) in
        try fixture.space.protect(base, length: length, permissions)
      }
      XCTAssertTrue(fixture.picture == before)
    }
    try fixture.space.protect(0x20_0000, length: 0, .read)
    XCTAssertTrue(fixture.picture == before)
    // What lies before a hole, and before a region that refuses, is changed.
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.protect(0x10_0000, length: 3 * page, .execute)
    }
    assertThrows(.accessDenied) { () throws(MemoryError) in
      try fixture.space.protect(0x10_3000, length: 2 * page, .write)
    }
    XCTAssertEqual(fixture.regions.map(\.permissions), [.execute, .write, .read])
    fixture.finish()
  }

  func testDiscardedMemoryReadsAsZerosAndFreesItsFrames() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 3)
    let content: [UInt8] = [9]
    try fixture.space.write(content.span.bytes, to: 0x10_1000)
    let free = fixture.pool.freeCount
    try fixture.space.advise(0x10_0000, length: 3 * page, .discard)
    XCTAssertEqual(fixture.pool.freeCount, free + 1)
    XCTAssertEqual(fixture.regions.count, 1)
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_1000, .read), .resolved)
    let frame = try XCTUnwrap(fixture.journal.mappings[VirtualPage(containing: 0x10_1000)]).frame
    XCTAssertEqual(MockMemory.pointer(to: frame).load(as: UInt8.self), 0)
    assertThrows(.invalid) { () throws(MemoryError) in
      try fixture.space.advise(0x10_0001, length: page, .discard)
    }
    assertThrows(.invalid) { () throws(MemoryError) in
      try fixture.space.advise(UserAddress(.max - 0xfff), length: 2 * page, .discard)
    }
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.advise(0x10_2000, length: 2 * page, .discard)
    }
    try fixture.space.advise(0x50_0000, length: 0, .discard)
    fixture.finish()
  }
}
