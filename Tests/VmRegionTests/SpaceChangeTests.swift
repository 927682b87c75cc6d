// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// Long changes in steps, with faults of other threads between the steps.
final class SpaceChangeTests: XCTestCase {
  private let page = Page.size
  private let base: UserAddress = 0x10_0000
  private let pages: Word = 64

  /// 64 private pages with a frame each.
  private func touched() throws -> SpaceFixture {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: pages)
    for index in 0..<pages {
      XCTAssertEqual(fixture.space.handleFault(at: base + index * page, .write), .resolved)
    }
    return fixture
  }

  /// The number of the first `pages` that have a region.
  private func covered(_ fixture: borrowing SpaceFixture) -> Word {
    (0..<pages).reduce(0) { $0 + (fixture.space.region(at: base + $1 * page) == nil ? 0 : 1) }
  }

  func testUnmappingGoesUpInBoundedSteps() throws {
    var fixture = try touched()
    var change = try fixture.space.beginUnmap(base, length: pages * page)
    var (steps, left): (Word, Word) = (0, pages)
    while !change.isDone {
      try fixture.space.advance(&change)
      steps += 1
      XCTAssertLessThanOrEqual(left - covered(fixture), 4)
      left = covered(fixture)
      XCTAssertEqual(Word(fixture.space.residentCount), left)
      guard left > 0 else { break }
      let first = fixture.regions[0].base
      XCTAssertEqual(fixture.space.handleFault(at: first, .write), .resolved)
      XCTAssertEqual(fixture.space.handleFault(at: first &- page, .write), .notMapped)
    }
    XCTAssertTrue(change.isDone)
    XCTAssertGreaterThanOrEqual(steps, 8)
    XCTAssertEqual(fixture.journal.mappings.count, 0)
    fixture.finish()
  }

  func testUnmappingOfTheMiddleLeavesBothEnds() throws {
    var fixture = try touched()
    var change = try fixture.space.beginUnmap(base + page, length: (pages - 2) * page)
    while !change.isDone {
      try fixture.space.advance(&change)
      XCTAssertNotNil(fixture.space.region(at: base))
      XCTAssertNotNil(fixture.space.region(at: base + (pages - 1) * page))
    }
    XCTAssertEqual(covered(fixture), 2)
    XCTAssertEqual(fixture.regions.count, 2)
    fixture.finish()
  }

  /// A fault below a stack that is unmapped extends it over pages that are already unmapped.
  func testStackThatGrowsMeanwhileIsUnmappedToo() throws {
    var fixture = SpaceFixture()
    try fixture.space.mapStack(initial: pages * page)
    let stack = fixture.regions[0]
    for index in 0..<pages {
      XCTAssertEqual(fixture.space.handleFault(at: stack.base + index * page, .write), .resolved)
    }
    let part = stack.base + page
    var change = try fixture.space.beginUnmap(part, length: (pages - 2) * page)
    while !change.isDone {
      try fixture.space.advance(&change)
      guard !change.isDone else { break }
      let rest = fixture.regions[1].base
      _ = fixture.space.handleFault(at: rest &- page, .write)
    }
    XCTAssertEqual(fixture.regions.count, 2)
    XCTAssertEqual(fixture.regions[1].base, stack.end &- page)
    XCTAssertEqual(fixture.space.residentCount, 2)
    fixture.finish()
  }

  func testReplacementIsOldOrNewAtEachAddress() throws {
    for hole: Word in [0, 16] {
      var fixture = try touched()
      if hole > 0 { try fixture.space.unmap(base + 20 * page, length: hole * page) }
      var change = try fixture.space.beginMap(
        MapRequest(.fixed(base + page), length: (pages - 2) * page, permissions: .read))
      XCTAssertFalse(change.isDone)
      while !change.isDone {
        try fixture.space.advance(&change)
        XCTAssertGreaterThanOrEqual(covered(fixture), pages - hole)
        let new = fixture.regions[1]
        XCTAssertEqual(new.base, base + page)
        XCTAssertEqual(new.permissions, .read)
        XCTAssertEqual(fixture.space.handleFault(at: new.end &- page, .read), .resolved)
        XCTAssertEqual(fixture.space.handleFault(at: new.end &- page, .write), .notAllowed)
      }
      let both: Permissions = [.read, .write]
      XCTAssertEqual(fixture.regions.map(\.permissions), [both, .read, both])
      XCTAssertEqual(covered(fixture), pages)
      fixture.finish()
    }
  }

  func testReplacementOfOneStepMergesWithItsNeighbours() throws {
    var fixture = try touched()
    _ = try fixture.mapFixed(base + 8 * page, pages: 4)
    XCTAssertEqual(fixture.regions.count, 1)
    _ = try fixture.mapFixed(base + 8 * page, pages: 40)
    XCTAssertEqual(fixture.regions.count, 1)
    XCTAssertEqual(fixture.space.residentCount, 24)
    fixture.finish()
  }

  func testUnmappingOfManyRegionsGoesUpInBoundedSteps() throws {
    var fixture = SpaceFixture()
    for index in 0..<pages { _ = try fixture.mapFixed(base + 2 * index * page, pages: 1) }
    var change = try fixture.space.beginUnmap(base, length: 2 * pages * page)
    var left = fixture.space.regionCount
    while !change.isDone {
      try fixture.space.advance(&change)
      XCTAssertLessThanOrEqual(left - fixture.space.regionCount, 3)
      left = fixture.space.regionCount
    }
    XCTAssertEqual(left, 0)
    fixture.finish()
  }

  /// A page without a frame takes a part of a step, too: the first step may divide the region.
  func testUnmappingAcrossTwoTablesHasANodeReserved() throws {
    var fixture = SpaceFixture()
    let start: UserAddress = 0x40_0000 - 16 * Page.size
    _ = try fixture.mapFixed(start, pages: 23)
    for index: Word in 16..<23 {
      XCTAssertEqual(fixture.space.handleFault(at: start + index * page, .write), .resolved)
    }
    // Up to a frame of nodes that is full.
    var (place, count): (UserAddress, UInt32) = (0x100_0000, 1)
    var frames: [UInt32] = []
    while frames.count < 2 {
      let free = fixture.pool.freeCount
      place = place + 2 * page
      _ = try fixture.mapFixed(place, pages: 1)
      count += 1
      if fixture.pool.freeCount < free { frames.append(count) }
    }
    for _ in 1..<frames[1] - frames[0] {
      place = place + 2 * page
      _ = try fixture.mapFixed(place, pages: 1)
    }
    try fixture.space.unmap(start + 15 * page, length: 8 * page)
    XCTAssertEqual(fixture.space.region(at: start)?.end, start + 15 * page)
    XCTAssertNil(fixture.space.region(at: start + 15 * page))
    XCTAssertNil(fixture.space.region(at: start + 22 * page))
    fixture.finish()
  }

  func testTeardownFreesABoundedNumberOfFramesInAStep() throws {
    var fixture = try touched()
    var free = fixture.pool.freeCount
    var steps = 0
    while !fixture.space.teardownStep() {
      steps += 1
      XCTAssertLessThanOrEqual(fixture.pool.freeCount - free, 5)
      free = fixture.pool.freeCount
    }
    XCTAssertGreaterThanOrEqual(steps, 7)
    XCTAssertEqual(fixture.pool.freeCount, fixture.freeAtStart)
  }

  /// Pages that are stored to between two steps have their old or their new content in the child;
  /// the counts of references stay right.
  func testForkSharesABoundedNumberOfPagesInAStep() throws {
    var fixture = try touched()
    let shared = try fixture.space.map(
      MapRequest(
        .anywhere(hint: 0), length: 8 * page, permissions: [.read, .write], traits: .shared))
    var child = MockSpace(table: MockMMU(), pool: fixture.pool)
    var position: UserAddress = 0
    var (steps, copied): (Word, UInt32) = (0, 0)
    while try fixture.space.forkStep(into: &child, &position) {
      steps += 1
      XCTAssertLessThanOrEqual(child.residentCount - copied, 8)
      copied = child.residentCount
      for index in 0..<pages {
        XCTAssertEqual(fixture.space.handleFault(at: base + index * page, .write), .resolved)
      }
    }
    XCTAssertGreaterThanOrEqual(steps, 4)
    XCTAssertEqual(child.residentCount, UInt32(pages) + 8)
    XCTAssertEqual(child.regionCount, 2)
    XCTAssertEqual(child.region(at: shared)?.traits, .shared)
    child.teardown()
    fixture.finish()
  }

  func testProtectionGoesUpInBoundedSteps() throws {
    var fixture = try touched()
    var change = try fixture.space.beginProtect(base, length: pages * page, .read)
    var left = pages
    while !change.isDone {
      try fixture.space.advance(&change)
      let writable = fixture.journal.mappings.values.filter { $0.permissions.contains(.write) }
      XCTAssertLessThanOrEqual(left - Word(writable.count), 4)
      left = Word(writable.count)
      // The region's permissions count, not those of a page.
      XCTAssertEqual(fixture.space.handleFault(at: base + 63 * page, .write), .notAllowed)
    }
    XCTAssertEqual(left, 0)
    XCTAssertEqual(fixture.regions.map(\.permissions), [.read])
    fixture.finish()
  }

  func testSharedPageStaysSharedDuringAChangeOfItsProtection() throws {
    var fixture = SpaceFixture()
    var request = MapRequest(.fixed(base), length: pages * page, permissions: [.read, .write])
    request.traits = .shared
    _ = try fixture.space.map(request)
    for index in 0..<pages {
      XCTAssertEqual(fixture.space.handleFault(at: base + index * page, .write), .resolved)
    }
    try fixture.space.protect(base, length: pages * page, .read)
    let last = base + (pages - 1) * page
    let frame = try XCTUnwrap(fixture.journal.mappings[VirtualPage(containing: last)]).frame
    fixture.pool.retain(frame)  // Another process has the page, too.
    var change = try fixture.space.beginProtect(base, length: pages * page, [.read, .write])
    try fixture.space.advance(&change)
    XCTAssertFalse(change.isDone)
    XCTAssertEqual(fixture.space.handleFault(at: last, .write), .resolved)
    XCTAssertEqual(fixture.journal.mappings[VirtualPage(containing: last)]?.frame, frame)
    while !change.isDone { try fixture.space.advance(&change) }
    fixture.pool.release(frame)
    fixture.finish()
  }

  func testProtectionOfManyRegionsMergesThem() throws {
    var fixture = SpaceFixture()
    for index in 0..<pages {
      _ = try fixture.mapFixed(base + index * page, pages: 1, index % 2 == 0 ? [] : .read)
    }
    var change = try fixture.space.beginProtect(base + page, length: (pages - 2) * page, .read)
    var left = fixture.space.regionCount
    while !change.isDone {
      try fixture.space.advance(&change)
      XCTAssertLessThanOrEqual(left - fixture.space.regionCount, 8)
      left = fixture.space.regionCount
    }
    XCTAssertEqual(fixture.regions.map(\.permissions), [[], .read])
    fixture.finish()
  }

  /// As on Linux.
  func testProtectionBeforeAHoleIsChanged() throws {
    var fixture = try touched()
    try fixture.space.unmap(base + 40 * page, length: page)
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      try fixture.space.protect(base, length: pages * page, .read)
    }
    XCTAssertEqual(fixture.regions.map(\.permissions), [.read, [.read, .write]])
    fixture.finish()
  }

  func testMovedPagesAllowNoAccessMeanwhile() throws {
    var fixture = try touched()
    let target: UserAddress = 0x40_0000
    let mapped = Set(fixture.journal.mappings.values.map(\.frame.number))
    var change = try fixture.space.beginRemap(
      base + page, oldLength: 62 * page, newLength: 62 * page, to: .fixed(target))
    while !change.isDone {
      try fixture.space.advance(&change)
      XCTAssertEqual(fixture.space.residentCount, UInt32(pages))
      guard !change.isDone, fixture.space.region(at: target) != nil else { continue }
      for place in [base + page, target] {
        XCTAssertEqual(fixture.space.handleFault(at: place, .write), .notAllowed)
      }
    }
    XCTAssertEqual(change.result, target)
    XCTAssertEqual(covered(fixture), 2)
    XCTAssertEqual(fixture.space.region(at: target)?.permissions, [.read, .write])
    XCTAssertEqual(Set(fixture.journal.mappings.values.map(\.frame.number)), mapped)
    fixture.finish()
  }

  func testMoveWithoutMemoryForATableIsUndone() throws {
    for failing in [1, 20, 62] {
      var fixture = try touched()
      let before = fixture.picture
      fixture.journal.failingMap = fixture.journal.mapCount + failing
      assertThrows(.outOfMemory) { () throws(MemoryError) in
        try fixture.space.remap(
          base + page, oldLength: 62 * page, newLength: 63 * page, to: .anywhere)
      }
      XCTAssertEqual(fixture.picture, before)
      fixture.finish()
    }
  }

  func testPopulationTakesABoundedNumberOfFramesInAStep() throws {
    var fixture = SpaceFixture()
    _ = try fixture.mapFixed(base, pages: pages)
    let range = try XCTUnwrap(UserRange(base: base, count: pages * page))
    var change = fixture.space.beginPopulate(range)
    var resident = fixture.space.residentCount
    while !change.isDone {
      try fixture.space.advance(&change)
      XCTAssertLessThanOrEqual(fixture.space.residentCount - resident, 2)
      _ = fixture.space.handleFault(at: base + 50 * page, .write)
      resident = fixture.space.residentCount
    }
    XCTAssertEqual(fixture.space.residentCount, UInt32(pages))
    fixture.finish()
  }

  func testAdviceGoesOverHoles() throws {
    var fixture = try touched()
    try fixture.space.unmap(base + 8 * page, length: 8 * page)
    var change = try fixture.space.beginAdvise(base, length: pages * page, .discard)
    assertThrows(.outOfMemory) { () throws(MemoryError) in
      while !change.isDone { try fixture.space.advance(&change) }
    }
    XCTAssertEqual(fixture.space.residentCount, 0)
    fixture.finish()
  }
}
