// SPDX-License-Identifier: Apache-2.0
import PortARMv7A
import VmRegion
import VmRegionMocks
import XCTest

final class ShortDescriptorTableTests: XCTestCase {
  private let pool = MockMemory.makePool(frames: 64)
  private let frame = PhysicalFrame(containing: 0x4123_4000)
  private let page = VirtualPage(containing: 0x1234_5000)

  private func makeTable() throws -> MockTable {
    let table = try MockTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 9))
    JournalMaintenance.calls = []
    return table
  }

  private func walk(_ table: borrowing MockTable, _ address: UInt32) -> SoftwareWalker.Result {
    walker.walk(address, root: table.rootAddress.word)
  }

  func testNewTableIsAlignedAndEmpty() throws {
    var table = try makeTable()
    XCTAssertEqual(pool.freeCount, 62)
    XCTAssertEqual(table.rootAddress.word % 8192, 0)
    for mebibyte: UInt32 in 0..<2048 {
      XCTAssertEqual(walk(table, mebibyte << 20), .fault(level: 1))
    }
    while !table.release() {}
    XCTAssertEqual(pool.freeCount, 64)
  }

  func testWalkFindsTheFrameWithItsPermissions() throws {
    var table = try makeTable()
    for (permissions, mayWrite, mayExecute): (Permissions, Bool, Bool) in [
      ([.user, .read], false, false), ([.user, .read, .write], true, false),
      ([.user, .read, .execute], false, true), ([.user, .execute], false, true),
      ([.user, .read, .write, .execute], true, true), ([.user, .write], true, false),
    ] {
      try table.map(page, to: frame, permissions)
      let expected = SoftwareWalker.Attributes(
        physical: 0x4123_4567, programMayRead: true, programMayWrite: mayWrite,
        kernelMayWrite: mayWrite, programMayExecute: mayExecute, kernelMayExecute: false,
        isGlobal: false, isShareable: true, isNormalWriteBackAllocate: true, isDevice: false,
        domain: 0)
      XCTAssertEqual(walk(table, 0x1234_5567), .page(expected), "\(permissions)")
      XCTAssertEqual(table.lookup(page)?.frame, frame)
      XCTAssertEqual(table.unmap(page), frame)
    }
    while !table.release() {}
  }

  func testNoAccessKeepsTheFrameAndFaults() throws {
    var table = try makeTable()
    try table.map(page, to: frame, [.user, .read, .write])
    table.protect(page, .user)
    XCTAssertEqual(walk(table, page.address.word), .fault(level: 2))
    XCTAssertEqual(table.lookup(page), Translation(frame: frame, permissions: .user))
    XCTAssertEqual(table.firstMapped(from: VirtualPage(number: 0), below: endPage), page)
    table.protect(page, [.user, .read])
    guard case .page(let found) = walk(table, page.address.word) else { return XCTFail("no page") }
    XCTAssertEqual(found.physical, frame.address.word)
    XCTAssertFalse(found.programMayWrite)
    XCTAssertEqual(table.unmap(page), frame)
    while !table.release() {}
  }

  func testFrameZeroWithoutAccessIsStillMapped() throws {
    var table = try makeTable()
    try table.map(page, to: PhysicalFrame(number: 0), .user)
    XCTAssertEqual(table.unmap(page), PhysicalFrame(number: 0))
    while !table.release() {}
  }

  func testFourTablesShareAFrameThatIsFreedWithTheLastPage() throws {
    var table = try makeTable()
    let bases: [UInt32] = [0x1000_0000, 0x1010_0000, 0x1020_0000, 0x103f_f000]
    for base in bases {
      try table.map(VirtualPage(containing: UserAddress(base)), to: frame, [.user, .read])
    }
    XCTAssertEqual(pool.freeCount, 61, "one frame for all four")
    try table.map(VirtualPage(containing: 0x1040_0000), to: frame, [.user, .read])
    XCTAssertEqual(pool.freeCount, 60, "the next 4 MiB have their own")
    for base in bases.dropLast() { _ = table.unmap(VirtualPage(containing: UserAddress(base))) }
    XCTAssertEqual(pool.freeCount, 60)
    JournalMaintenance.calls = []
    _ = table.unmap(VirtualPage(containing: 0x103f_f000))
    XCTAssertEqual(pool.freeCount, 61)
    XCTAssertEqual(
      JournalMaintenance.calls,
      [
        .publish([0]), .invalidate(0x103ff, space: 9), .publish([0, 0, 0, 0]),
        .invalidate(0x10000, space: 9), .invalidate(0x10100, space: 9),
        .invalidate(0x10200, space: 9), .invalidate(0x10300, space: 9),
      ])
    XCTAssertEqual(walk(table, 0x1000_0000), .fault(level: 1))
    guard case .page = walk(table, 0x1040_0000) else { return XCTFail("the neighbour is gone") }
    while !table.release() {}
    XCTAssertEqual(pool.freeCount, 64)
  }

  func testNewFrameIsMappedByBreakBeforeMake() throws {
    var table = try makeTable()
    try table.map(page, to: frame, [.user, .read])
    JournalMaintenance.calls = []
    try table.map(page, to: PhysicalFrame(number: 0x40007), [.user, .read, .execute])
    guard JournalMaintenance.calls.count == 4 else {
      return XCTFail("\(JournalMaintenance.calls)")
    }
    XCTAssertEqual(JournalMaintenance.calls[0], .publish([0]))
    XCTAssertEqual(JournalMaintenance.calls[1], .invalidate(page.number, space: 9))
    XCTAssertEqual(JournalMaintenance.calls[2], .makeExecutable(PhysicalFrame(number: 0x40007)))
    guard case .publish(let words) = JournalMaintenance.calls[3] else { return XCTFail("made") }
    XCTAssertEqual(words[0] & 0xffff_f000, 0x4000_7000)
    XCTAssertEqual(table.unmap(page), PhysicalFrame(number: 0x40007))
    XCTAssertEqual(pool.freeCount, 62, "a page that was replaced is counted once")
    while !table.release() {}
  }

  func testOnlyEntriesThatATLBMayHoldAreInvalidated() throws {
    var table = try makeTable()
    try table.map(page, to: frame, [.user, .read])
    XCTAssertFalse(JournalMaintenance.calls.contains { isInvalidation($0) }, "nothing was there")
    table.protect(page, .user)
    XCTAssertTrue(JournalMaintenance.calls.contains { isInvalidation($0) })
    JournalMaintenance.calls = []
    table.protect(page, [.user, .read])
    XCTAssertFalse(JournalMaintenance.calls.contains { isInvalidation($0) }, "it was invalid")
    JournalMaintenance.calls = []
    table.protect(page, [.user, .read, .execute])
    XCTAssertEqual(JournalMaintenance.calls.first, .makeExecutable(frame))
    XCTAssertEqual(JournalMaintenance.calls.last, .invalidate(page.number, space: 9))
    _ = table.unmap(page)
    while !table.release() {}
  }

  func testShareInvalidatesOnlyWhereAPermissionIsLost() throws {
    var table = try makeTable()
    var child = try makeTable()
    try table.map(page, to: frame, [.user, .read, .write, .execute])
    JournalMaintenance.calls = []
    _ = try table.shared(page, with: &child, isPrivate: true)
    XCTAssertEqual(JournalMaintenance.calls.filter(isInvalidation).count, 1)
    JournalMaintenance.calls = []
    _ = child.unmap(page)
    JournalMaintenance.calls = []
    _ = try table.shared(page, with: &child, isPrivate: true)
    XCTAssertFalse(JournalMaintenance.calls.contains(where: isInvalidation), "nothing was lost")
    XCTAssertFalse(JournalMaintenance.calls.contains(.makeExecutable(frame)))
    while !table.release() {}
    while !child.release() {}
  }

  func testLastAndFirstPagesOfTheUserHalfWork() throws {
    var table = try makeTable()
    for address: UInt32 in [0x1_0000, 0x7fff_f000] {
      try table.map(
        VirtualPage(containing: UserAddress(address)), to: frame, [.user, .read, .write])
      guard case .page = walk(table, address) else { return XCTFail("no page") }
    }
    XCTAssertNil(table.lookup(VirtualPage(containing: 0x8000_0000)))
    XCTAssertNil(table.unmap(VirtualPage(containing: 0xffff_f000)))
    let second = table.firstMapped(from: VirtualPage(containing: 0x1_1000), below: endPage)
    XCTAssertEqual(second, VirtualPage(containing: 0x7fff_f000))
    while !table.release() {}
    XCTAssertEqual(pool.freeCount, 64)
  }

  func testMissingFrameForATableChangesNothing() throws {
    let small = MockMemory.makePool(frames: 2)
    var table = try MockTable(pool: small, identifier: AddressSpaceIdentifier(rawValue: 1))
    do {
      try table.map(page, to: frame, [.user, .read])
      XCTFail("mapped without a table")
    } catch {
      XCTAssertEqual(error, .outOfMemory)
    }
    XCTAssertNil(table.lookup(page))
    XCTAssertEqual(walk(table, page.address.word), .fault(level: 1))
    while !table.release() {}
    XCTAssertEqual(small.freeCount, 2)
    let tiny = MockMemory.makePool(frames: 1)
    do {
      _ = try MockTable(pool: tiny, identifier: AddressSpaceIdentifier(rawValue: 1))
      XCTFail("a table without contiguous frames")
    } catch {
      XCTAssertEqual(error, .outOfMemory)
    }
    XCTAssertEqual(tiny.freeCount, 1)
  }

  func testRandomMappingsAgreeWithTheWalkerAndFreeTheirTables() throws {
    var table = try makeTable()
    var dice = Dice(seed: 1)
    var model: [UInt32: Translation] = [:]
    let rights: [Permissions] = [.user, [.user, .read], [.user, .read, .write]]
    for _ in 0..<4000 {
      let group = UInt32.random(in: 1..<20, using: &dice)
      let page = VirtualPage(number: group << 10 | UInt32.random(in: 0..<3, using: &dice) * 511)
      let right = rights[Int.random(in: 0..<3, using: &dice)]
      switch Int.random(in: 0..<3, using: &dice) {
      case 0:
        let frame = PhysicalFrame(number: UInt32.random(in: 0..<1 << 20, using: &dice))
        try table.map(page, to: frame, right)
        model[page.number] = Translation(frame: frame, permissions: right)
      case 1:
        let old = model.removeValue(forKey: page.number)
        XCTAssertEqual(table.unmap(page), old?.frame)
      default:
        table.protect(page, right)
        if let old = model[page.number] {
          model[page.number] = Translation(frame: old.frame, permissions: right)
        }
      }
      let groups = Set(model.keys.map { $0 >> 10 }).count
      XCTAssertEqual(Int(pool.freeCount), 62 - groups)
      XCTAssertEqual(
        table.firstMapped(from: VirtualPage(number: 0), below: endPage)?.number, model.keys.min())
    }
    for (number, entry) in model {
      XCTAssertEqual(table.lookup(VirtualPage(number: number)), entry)
      switch walk(table, number << 12) {
      case .page(let found):
        XCTAssertEqual(found.physical, entry.frame.address.word)
        XCTAssertEqual(found.programMayWrite, entry.permissions.contains(.write))
      case .fault(let level):
        XCTAssertEqual(level, 2)
        XCTAssertEqual(entry.permissions, .user)
      case .section: XCTFail("a section")
      }
    }
    while !table.release() {}
    XCTAssertEqual(pool.freeCount, 64)
  }

  func testAddressSpaceOverRealTablesFreesEveryFrame() throws {
    let pool = MockMemory.makePool(frames: 200)
    let table = try MockTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 2))
    var space = AddressSpace<MockTable, MockProcessor, MockMemory>(table: table, pool: pool)
    let base = try space.map(
      MapRequest(.anywhere(hint: 0), length: 20 * Page.size, permissions: [.read, .write]))
    try space.mapStack(initial: Page.size)
    for number: UInt32 in 0..<20 {
      XCTAssertEqual(space.handleFault(at: base + number << 12, .write), .resolved)
    }
    XCTAssertEqual(space.handleFault(at: 0x7fff_d123, .write), .resolved)
    try space.unmap(base + 4 * Page.size, length: 3 * Page.size)
    XCTAssertEqual(
      walker.walk(base.word + 0x4000, root: space.table.rootAddress.word), .fault(level: 2))
    space.teardown()
    XCTAssertEqual(pool.freeCount, 200)
  }

  private var endPage: VirtualPage { VirtualPage(containing: UserRange.limit) }

  private func isInvalidation(_ call: JournalMaintenance.Call) -> Bool {
    if case .invalidate = call { true } else { false }
  }
}
