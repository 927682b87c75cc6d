// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// mremap, shared memory, the frame of zeros and copy on write.
final class RemapTests: XCTestCase {
  private let page = Page.size
  private let base: UserAddress = 0x10_0000

  /// Stores `value` at the first byte of a page, as a program would.
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

  func testRegionGrowsInPlaceWhereThereIsRoom() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 4)
    try store(7, base + 3 * page, &fixture.space)
    let result = try fixture.space.remap(
      base, oldLength: 4 * page, newLength: 8 * page, to: .inPlace)
    XCTAssertEqual(result, base)
    XCTAssertEqual(fixture.regions.map(\.end), [base + 8 * page])
    XCTAssertEqual(try load(base + 3 * page, &fixture.space), 7)
    fixture.finish()
  }

  func testRegionThatCannotGrowMovesWithItsPages() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 4)
    _ = try fixture.mapFixed(base + 4 * page, pages: 1, .read)
    for index: Word in 0..<4 {
      try store(UInt8(index + 1), base + index * page, &fixture.space)
    }
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.remap(base, oldLength: 4 * page, newLength: 8 * page, to: .inPlace)
    }
    let resident = fixture.space.residentCount
    let address = try fixture.space.remap(
      base, oldLength: 4 * page, newLength: 8 * page, to: .anywhere)
    XCTAssertNotEqual(address, base)
    XCTAssertEqual(fixture.space.residentCount, resident)
    XCTAssertNil(fixture.space.region(at: base))
    for index: Word in 0..<4 {
      XCTAssertEqual(try load(address + index * page, &fixture.space), UInt8(index + 1))
    }
    XCTAssertEqual(try load(address + 7 * page, &fixture.space), 0)
    fixture.finish()
  }

  func testMoveOfTheMiddleLeavesAHole() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 5)
    try store(9, base + 2 * page, &fixture.space)
    let address = try fixture.space.remap(
      base + 2 * page, oldLength: page, newLength: page, to: .fixed(base + 0x10_0000))
    XCTAssertEqual(try load(address, &fixture.space), 9)
    XCTAssertEqual(
      fixture.regions.map(\.base), [base, base + 3 * page, base + 0x10_0000])
    fixture.finish()
  }

  func testMoveWithDontUnmapKeepsTheRegionWithoutItsPages() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 2)
    try store(5, base, &fixture.space)
    let address = try fixture.space.remap(
      base, oldLength: 2 * page, newLength: 2 * page, to: .anywhere, keepsOld: true)
    XCTAssertEqual(try load(address, &fixture.space), 5)
    XCTAssertEqual(try load(base, &fixture.space), 0)
    fixture.finish()
  }

  func testRefusedMovesChangeNothing() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 4)
    _ = try fixture.mapFixed(base + 4 * page, pages: 1, .read)
    let frames: [PhysicalFrame] = [PhysicalFrame(containing: 0x4800_0000)]
    _ = try fixture.space.mapSpecial(
      .fixed(0x20_0000), frames: frames.span, permissions: .read, name: .vvar)
    let before = fixture.picture
    let cases: [(UserAddress, Word, Word, RemapDestination, MemoryError)] = [
      (base + 1, page, page, .anywhere, .invalid),
      (base, page, 0, .anywhere, .invalid),
      (base, 0, page, .anywhere, .invalid),
      (base, .max, page, .anywhere, .invalid),
      (base, page, .max, .anywhere, .invalid),
      (base, page, 0x9000_0000, .anywhere, .outOfMemory),
      (base, 5 * page, 6 * page, .anywhere, .fault),
      (0x50_0000, page, page, .inPlace, .fault),
      (base, 4 * page, 4 * page, .fixed(base + page), .invalid),
      (base, page, page, .fixed(base + 0x10_0001), .invalid),
      (base, page, page, .fixed(0x7fff_f000 + page), .invalid),
      (base, page, page, .fixed(0x8000), .notPermitted),
      (base, page, page, .fixed(0x20_0000), .notPermitted),
      (0x20_0000, page, page, .fixed(0x30_0000), .notPermitted),
      (0x20_0000, page, page, .inPlace, .notPermitted),
      (0x20_0000, page, 2 * page, .anywhere, .notPermitted),
    ]
    for (index, (from, old, new, to, expected)) in cases.enumerated() {
      assertThrows(expected) { () throws(MemoryError) in
        try fixture.space.remap(from, oldLength: old, newLength: new, to: to)
      }
      XCTAssertEqual(fixture.picture, before, "case \(index)")
    }
    fixture.finish()
  }

  func testMoveWithoutTablesLeavesThePages() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 3)
    for index: Word in 0..<3 { try store(4, base + index * page, &fixture.space) }
    let before = fixture.picture
    for failing in 1...3 {
      fixture.journal.failingMap = fixture.journal.mapCount + failing
      assertThrows(.outOfMemory) { () throws(MemoryError) in
        try fixture.space.remap(
          base, oldLength: 3 * page, newLength: 3 * page, to: .fixed(base + 0x10_0000))
      }
      XCTAssertEqual(fixture.picture, before)
    }
    fixture.finish()
  }

  func testSecondMappingOfSharedMemoryHasTheSameBytes() throws {
    var fixture = SpaceFixture()
    _ = try fixture.space.map(
      MapRequest(
        .fixed(base), length: 2 * page, permissions: [.read, .write],
        traits: [.shared, .unmergeable]))
    let other = try fixture.space.remap(
      base, oldLength: 0, newLength: 2 * page, to: .anywhere)
    try store(3, base + page, &fixture.space)
    XCTAssertEqual(try load(other + page, &fixture.space), 3)
    fixture.finish()
  }

  func testFirstLoadTakesNoFrameAndAStoreDoes() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 8)
    XCTAssertEqual(fixture.space.handleFault(at: base, .read), .resolved)
    let free = fixture.pool.freeCount
    for index: Word in 1..<8 { XCTAssertEqual(try load(base + index * page, &fixture.space), 0) }
    XCTAssertEqual(fixture.pool.freeCount, free)
    try store(1, base + page, &fixture.space)
    XCTAssertEqual(fixture.pool.freeCount, free - 1)
    XCTAssertEqual(try load(base + 2 * page, &fixture.space), 0, "the frame of zeros was written")
    fixture.finish()
  }

  func testResidencyCountsFramesAndHoldersButNotTheZeroFrame() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(0x10_0000, pages: 5)
    for number: Word in 0..<3 {
      XCTAssertEqual(fixture.space.handleFault(at: 0x10_0000 + number * page, .write), .resolved)
    }
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_3000, .read), .resolved)
    let region = fixture.regions[0]
    XCTAssertEqual(
      fixture.space.residency(of: region),
      RegionResidency(resident: 3, shared: 0, proportionalBytes: 3 * page))
    var child = MockSpace(table: MockMMU(), pool: fixture.pool)
    try fixture.space.fork(into: &child)
    XCTAssertEqual(fixture.space.handleFault(at: 0x10_0000, .write), .resolved)
    XCTAssertEqual(
      fixture.space.residency(of: region),
      RegionResidency(resident: 3, shared: 2, proportionalBytes: 2 * page))
    child.teardown()
    fixture.finish()
  }

  func testMprotectDoesNotMakeTheZeroFrameWritable() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 1, .read)
    XCTAssertEqual(fixture.space.handleFault(at: base, .read), .resolved)
    try fixture.space.protect(base, length: page, [.read, .write])
    let there = fixture.space.table.lookup(VirtualPage(containing: base))
    XCTAssertEqual(there?.permissions, [.read, .user])
    try store(1, base, &fixture.space)
    XCTAssertNotEqual(
      fixture.space.table.lookup(VirtualPage(containing: base))?.frame, fixture.pool.zeroFrame)
    fixture.finish()
  }

  func testMappingEndsAtTheLastPossiblePageOfAFile() throws {
    var fixture = SpaceFixture()
    let name = RegionName.file(path: 1)
    _ = try fixture.mapFixed(base, pages: 1, name: name, pageOffset: 0xffff_fffe)
    for new: Word in [2, 3, 0x1000] {
      for destination in [RemapDestination.inPlace, .anywhere, .fixed(0x40_0000)] {
        let before = fixture.picture
        assertThrows(.invalid) { () throws(MemoryError) in
          try fixture.space.remap(
            base, oldLength: page, newLength: new * page, to: destination)
        }
        XCTAssertEqual(fixture.picture, before)
      }
    }
    _ = try fixture.mapFixed(base, pages: 3, name: name, pageOffset: 0xffff_fff0)
    _ = try fixture.space.remap(base, oldLength: 3 * page, newLength: 15 * page, to: .inPlace)
    assertThrows(.invalid) { () throws(MemoryError) in
      try fixture.space.remap(base, oldLength: 15 * page, newLength: 16 * page, to: .inPlace)
    }
    try fixture.space.unmap(base + page, length: 13 * page)
    XCTAssertEqual(fixture.regions.map(\.pageOffset), [0xffff_fff0, 0xffff_fffe])
    fixture.finish()
  }

  /// Where the file's pages come from.
  nonisolated(unsafe) private static var pool: MockPool?

  func testMissingPagesOfAFileAreReadFromTheFile() throws {
    var fixture = SpaceFixture(fileSource: { request, path, page in
      guard request == FileRequest.privatePage.rawValue,
        let frame = try? RemapTests.pool?.allocate(zeroed: false)
      else { return 0 }
      MockMemory.pointer(to: frame).initializeMemory(
        as: UInt8.self, repeating: UInt8(truncatingIfNeeded: UInt32(path) * 16 + page), count: 4096)
      return frame.number
    })
    Self.pool = fixture.pool
    _ = try fixture.mapFixed(base, pages: 2, name: .file(path: 3), pageOffset: 4)
    XCTAssertEqual(try load(base, &fixture.space), 0x34)
    try store(7, base, &fixture.space)
    try store(8, base + page, &fixture.space)
    try fixture.space.advise(base, length: page, .discard)
    XCTAssertEqual(try load(base, &fixture.space), 0x34)
    XCTAssertEqual(try load(base + page, &fixture.space), 8)
    _ = try fixture.space.remap(base, oldLength: 2 * page, newLength: 4 * page, to: .inPlace)
    XCTAssertEqual(try load(base + 3 * page, &fixture.space), 0x37)
    // A file without a number of its own cannot be found again: nothing is lost.
    let far = base + 0x10_0000
    _ = try fixture.mapFixed(far, pages: 1, name: .file(path: .max))
    try store(9, far, &fixture.space)
    try fixture.space.advise(far, length: page, .discard)
    XCTAssertEqual(try load(far, &fixture.space), 9)
    fixture.finish()
  }

  func testAdviceIsAcceptedOrRefusedAsOnLinux() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: 2)
    try store(1, base, &fixture.space)
    assertThrows(.invalid) { () throws(MemoryError) in
      try fixture.space.advise(base, length: page, .remove)
    }
    try fixture.space.advise(base, length: 2 * page, .populateWrite)
    XCTAssertEqual(fixture.space.residentCount, 2)
    XCTAssertEqual(try load(base, &fixture.space), 1)
    try fixture.space.advise(base, length: 2 * page, .free)
    XCTAssertEqual(fixture.space.residentCount, 0)
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.advise(base, length: 3 * page, .hint)
    }
    fixture.finish()
  }
}
