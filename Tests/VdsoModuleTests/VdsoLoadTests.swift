// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

@testable import VdsoModule

final class VdsoLoadTests: XCTestCase {
  /// Physical addresses of the kernel's copy; not the pool's.
  private let pageAddress: PhysicalAddress = 0x4020_0000
  private let imageAddress: PhysicalAddress = 0x4020_1000
  private let processPageFrame = PhysicalFrame(containing: 0x4030_0000)
  private let childFrame = PhysicalFrame(containing: 0x4030_1000)

  private func makeVdso(pages: Int = 1) -> Vdso {
    var image = A32TestImage()
    image.grow(to: pages * 4096)
    return Vdso(
      image: image.bytes.span.bytes, by: A32Rules.self, at: imageAddress, pageAt: pageAddress)
  }

  private struct Picture: Equatable {
    var regions: [Region] = []
    var mappings: [VirtualPage: Translation] = [:]
    var freeFrames: UInt32 = 0
    var residentCount: UInt32 = 0
  }

  private func picture(
    _ space: borrowing MockSpace, _ journal: MockMMU.Journal, _ pool: MockPool
  ) -> Picture {
    var picture = Picture(
      mappings: journal.mappings, freeFrames: pool.freeCount, residentCount: space.residentCount)
    space.forEachRegion { picture.regions.append($0) }
    return picture
  }

  func testPageIsMappedRightBeforeTheImage() throws {
    let journal = MockMMU.Journal()
    let pool = MockMemory.makePool(frames: 64)
    var space = MockSpace(table: MockMMU(journal: journal), pool: pool)
    let mapping = try makeVdso().load(into: &space, processPageFrame: processPageFrame)
    let header = mapping.header
    XCTAssertEqual(journal.mappings.count, 0, "pages come when they are touched")
    let text = header + Word(A32TestImage.text)
    XCTAssertEqual(
      mapping.signalReturns, SignalReturns(plain: text + 14 * 4, realTime: text + 18 * 4))
    XCTAssertEqual(space.handleFault(at: header - 4096, .read), .resolved)
    XCTAssertEqual(space.handleFault(at: header, .execute), .resolved)
    XCTAssertEqual(space.handleFault(at: header - 8192, .read), .resolved)
    XCTAssertEqual(space.handleFault(at: header - 8192, .write), .notAllowed)
    XCTAssertEqual(
      journal.mappings,
      [
        VirtualPage(containing: header - 8192): Translation(
          frame: processPageFrame, permissions: [.read, .user]),
        VirtualPage(containing: header - 4096): Translation(
          frame: PhysicalFrame(containing: pageAddress), permissions: [.read, .user]),
        VirtualPage(containing: header): Translation(
          frame: PhysicalFrame(containing: imageAddress), permissions: [.read, .execute, .user]),
      ])
    XCTAssertEqual(space.region(at: header)?.name, .vdso)
    let region = try XCTUnwrap(space.region(at: header - 1))
    XCTAssertEqual(region.name, .vvar)
    XCTAssertEqual([region.base, region.end], [header - 8192, header], "one region of two pages")
    space.teardown()
  }

  func testImageOfFourPagesIsMappedInOrder() throws {
    let journal = MockMMU.Journal()
    let pool = MockMemory.makePool(frames: 64)
    var space = MockSpace(table: MockMMU(journal: journal), pool: pool)
    let header = try makeVdso(pages: 4).load(
      into: &space, processPageFrame: processPageFrame
    ).header
    for page in (0..<Word(4)).reversed() {
      XCTAssertEqual(space.handleFault(at: header + page * 4096, .execute), .resolved)
      XCTAssertEqual(
        journal.mappings[VirtualPage(containing: header + page * 4096)]?.frame.address,
        imageAddress + page * 4096)
    }
    space.teardown()
  }

  func testFailedFaultLeavesTheSpaceUnchangedAndTheNextWorks() throws {
    for pages in 1...4 {
      for failing in 0...pages + 1 {
        let journal = MockMMU.Journal()
        let pool = MockMemory.makePool(frames: 64)
        var space = MockSpace(table: MockMMU(journal: journal), pool: pool)
        let header = try makeVdso(pages: pages).load(
          into: &space, processPageFrame: processPageFrame
        ).header
        XCTAssertEqual(journal.mapCount, 0)
        let touched = header - 8192 + Word(failing) * 4096
        let before = picture(space, journal, pool)
        journal.failingMap = 1
        XCTAssertEqual(space.handleFault(at: touched, .read), .outOfMemory)
        XCTAssertEqual(picture(space, journal, pool), before, "\(pages) pages, page \(failing)")
        XCTAssertEqual(space.handleFault(at: touched, .read), .resolved)
        space.teardown()
      }
    }
  }

  func testMissingFrameForRegionsChangesNothing() throws {
    let journal = MockMMU.Journal()
    let pool = MockMemory.makePool(frames: 1)
    var space = MockSpace(table: MockMMU(journal: journal), pool: pool)
    let last = try pool.allocate(zeroed: false)
    let before = picture(space, journal, pool)
    XCTAssertThrowsError(try makeVdso().load(into: &space, processPageFrame: processPageFrame)) {
      XCTAssertEqual($0 as? Vdso.LoadError, .memory(.outOfMemory))
    }
    XCTAssertEqual(picture(space, journal, pool), before)
    pool.release(last)
    space.teardown()
  }

  func testFullSpaceIsUnchanged() throws {
    let journal = MockMMU.Journal()
    let pool = MockMemory.makePool(frames: 64)
    var space = MockSpace(table: MockMMU(journal: journal), pool: pool)
    // All but one page: the page of time fits, the image does not.
    _ = try space.map(
      MapRequest(
        .fixed(UserRange.lowest), length: UserRange.limit.word - UserRange.lowest.word - 4096,
        permissions: .read))
    let before = picture(space, journal, pool)
    XCTAssertThrowsError(try makeVdso().load(into: &space, processPageFrame: processPageFrame)) {
      XCTAssertEqual($0 as? Vdso.LoadError, .memory(.outOfMemory))
    }
    XCTAssertEqual(picture(space, journal, pool), before)
    space.teardown()
  }

  func testBadImageIsNotMapped() throws {
    var image = A32TestImage()
    image.bytes[4] = 2
    let vdso = Vdso(
      image: image.bytes.span.bytes, by: A32Rules.self, at: imageAddress, pageAt: pageAddress)
    let journal = MockMMU.Journal()
    let pool = MockMemory.makePool(frames: 64)
    var space = MockSpace(table: MockMMU(journal: journal), pool: pool)
    let before = picture(space, journal, pool)
    XCTAssertThrowsError(try vdso.load(into: &space, processPageFrame: processPageFrame)) {
      XCTAssertEqual($0 as? Vdso.LoadError, .off(.image(.elfClass)))
    }
    XCTAssertEqual(picture(space, journal, pool), before)
    XCTAssertEqual(journal.mapCount, 0)
    space.teardown()
  }

  func testCommandLineTurnsTheVdsoOff() {
    let journal = MockMMU.Journal()
    var space = MockSpace(
      table: MockMMU(journal: journal), pool: MockMemory.makePool(frames: 64))
    XCTAssertThrowsError(
      try Vdso(off: .commandLine).load(into: &space, processPageFrame: processPageFrame)
    ) {
      XCTAssertEqual($0 as? Vdso.LoadError, .off(.commandLine))
    }
    space.teardown()
  }

  func testImageNotAtAPageIsRefused() {
    let bytes = A32TestImage().bytes
    for (image, page) in [(imageAddress + 4, pageAddress), (imageAddress, pageAddress + 64)] {
      let vdso = Vdso(image: bytes.span.bytes, by: A32Rules.self, at: image, pageAt: page)
      XCTAssertEqual(vdso.state, .off(.placement))
    }
  }

  func testTeardownLeavesNothing() throws {
    let journal = MockMMU.Journal()
    let pool = MockMemory.makePool(frames: 64)
    let free = pool.freeCount
    var space = MockSpace(table: MockMMU(journal: journal), pool: pool)
    _ = try makeVdso().load(into: &space, processPageFrame: processPageFrame)
    space.teardown()
    XCTAssertEqual(pool.freeCount, free)
    XCTAssertTrue(journal.mappings.isEmpty)
  }

  func testChildGetsItsOwnPageAndTheSameTime() throws {
    let pool = MockMemory.makePool(frames: 64)
    let journals = (parent: MockMMU.Journal(), child: MockMMU.Journal())
    let free = pool.freeCount
    var space = MockSpace(table: MockMMU(journal: journals.parent), pool: pool)
    let vdso = makeVdso()
    let mapping = try vdso.load(into: &space, processPageFrame: processPageFrame)
    let pages = [mapping.header - 8192, mapping.header - 4096]
    for page in pages { XCTAssertEqual(space.handleFault(at: page, .read), .resolved) }
    var child = MockSpace(table: MockMMU(journal: journals.child), pool: pool)
    try space.fork(into: &child)
    let renewed = vdso.replaceProcessPage(mapping, in: &child, processPageFrame: childFrame)
    XCTAssertEqual(renewed.header, mapping.header)
    for page in pages {
      XCTAssertNil(journals.child.mappings[VirtualPage(containing: page)], "none of the parent's")
      XCTAssertEqual(child.handleFault(at: page, .read), .resolved)
    }
    let own = VirtualPage(containing: pages[0])
    let time = VirtualPage(containing: pages[1])
    XCTAssertEqual(journals.child.mappings[own]?.frame, childFrame)
    XCTAssertEqual(journals.child.mappings[time]?.frame.address, pageAddress)
    XCTAssertEqual(journals.parent.mappings[own]?.frame, processPageFrame)
    child.teardown()
    space.teardown()
    XCTAssertEqual(pool.freeCount, free)
  }
}
