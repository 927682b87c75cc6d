// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// A new space over a new pool, with access to its table and frames for checks.
struct SpaceFixture: ~Copyable {
  let pool: MockPool
  let journal = MockMMU.Journal()
  let freeAtStart: UInt32
  var space: MockSpace

  init(
    frames: UInt32 = 1024, layout: SpaceLayout = SpaceLayout(), fileSource: FileSource? = nil
  ) {
    pool = MockMemory.makePool(frames: frames)
    do { try pool.makeZeroFrame() } catch { XCTFail("a pool without a frame") }
    freeAtStart = pool.freeCount
    space = MockSpace(
      table: MockMMU(journal: journal), pool: pool, layout: layout, fileSource: fileSource)
  }

  /// All regions, lowest first.
  var regions: [Region] {
    var result: [Region] = []
    space.forEachRegion { result.append($0) }
    return result
  }

  /// Everything that a refused call must leave alone. Slab frames are not part of it: a frame of
  /// nodes that was taken in vain stays for later.
  var picture: Picture {
    Picture(
      regions: regions, mappings: journal.mappings, resident: space.residentCount,
      heapEnd: space.heapLimit)
  }

  /// Maps private anonymous memory at a fixed address.
  mutating func mapFixed(
    _ base: UserAddress, pages: Word, _ permissions: Permissions = [.read, .write],
    name: RegionName = .anonymous, pageOffset: UInt32 = 0
  ) throws -> UserAddress {
    try space.map(
      MapRequest(
        .fixed(base), length: pages * Page.size, permissions: permissions, name: name,
        pageOffset: pageOffset))
  }

  /// Ends the space and checks that every frame is back.
  mutating func finish(file: StaticString = #filePath, line: UInt = #line) {
    space.teardown()
    XCTAssertEqual(journal.mappings.count, 0, "mappings left", file: file, line: line)
    XCTAssertEqual(pool.freeCount, freeAtStart, "frames lost", file: file, line: line)
    XCTAssertEqual(space.residentCount, 0, file: file, line: line)
    XCTAssertEqual(space.regionCount, 0, file: file, line: line)
  }

  struct Picture: Equatable {
    let regions: [Region]
    let mappings: [VirtualPage: Translation]
    let resident: UInt32
    let heapEnd: UserAddress
  }
}

/// Runs `body`, which must throw `expected`.
func assertThrows<Result>(
  _ expected: MemoryError, file: StaticString = #filePath, line: UInt = #line,
  _ body: () throws(MemoryError) -> Result
) {
  do {
    _ = try body()
    XCTFail("nothing was thrown, expected \(expected)", file: file, line: line)
  } catch {
    XCTAssertEqual(error, expected, file: file, line: line)
  }
}
