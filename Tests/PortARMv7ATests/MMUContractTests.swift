// SPDX-License-Identifier: Apache-2.0
import PortARMv7A
import VmRegion
import VmRegionMocks
import XCTest

/// The contract of `MMU`, checked on the mock that all of VmRegion's tests use and on this port's
/// table, so that the results of region tests with the mock are valid for the port. A port adds its
/// type to `onEachTable`.
final class MMUContractTests: XCTestCase {
  private let all: Permissions = [.user, .read, .write]

  private func page(_ number: UInt32) -> VirtualPage { VirtualPage(number: number) }
  private func frame(_ number: UInt32) -> PhysicalFrame { PhysicalFrame(number: number) }

  func testMapAndUnmapKeepTheContract() throws {
    func check<Table: MMU & ~Copyable>(_ table: inout Table, _ name: String) throws {
      // The first and last pages of programs, and two in one table of the second level.
      let pages = [0x10, 0x11, 0x1_0000, 0x7_ffff].map { page($0) }
      for (index, page) in pages.enumerated() {
        XCTAssertNil(table.lookup(page), name)
        XCTAssertNil(table.unmap(page), name)
        try table.map(page, to: frame(0x41000 + UInt32(index)), all)
      }
      for (index, page) in pages.enumerated() {
        let expected = Translation(frame: frame(0x41000 + UInt32(index)), permissions: all)
        XCTAssertEqual(table.lookup(page), expected, name)
      }
      // A page that is mapped already leads elsewhere afterwards.
      try table.map(pages[1], to: frame(0x42000), [.user, .read])
      XCTAssertEqual(
        table.lookup(pages[1]),
        Translation(frame: frame(0x42000), permissions: [.user, .read]), name)
      XCTAssertEqual(table.unmap(pages[1]), frame(0x42000), name)
      XCTAssertNil(table.lookup(pages[1]), name)
      XCTAssertNil(table.unmap(pages[1]), name)
      XCTAssertEqual(table.lookup(pages[0])?.frame, frame(0x41000), name)
    }
    try onEachTable(check, check)
  }

  func testProtectKeepsTheContract() throws {
    func check<Table: MMU & ~Copyable>(_ table: inout Table, _ name: String) throws {
      table.protect(page(0x100), all)
      XCTAssertNil(table.lookup(page(0x100)), "\(name): nothing was mapped")
      try table.map(page(0x100), to: frame(0x41000), all)
      for right: Permissions in [[.user, .read], .user, [.user, .read, .execute], all] {
        table.protect(page(0x100), right)
        XCTAssertEqual(
          table.lookup(page(0x100)), Translation(frame: frame(0x41000), permissions: right), name)
      }
      XCTAssertEqual(table.unmap(page(0x100)), frame(0x41000), name)
    }
    try onEachTable(check, check)
  }

  func testFirstMappedPageIsFoundInEveryRange() throws {
    func check<Table: MMU & ~Copyable>(_ table: inout Table, _ name: String) throws {
      let end = page(0x8_0000)
      XCTAssertNil(table.firstMapped(from: page(0), below: end), name)
      for number: UInt32 in [0x10, 0x4ff, 0x7_ffff] {
        try table.map(page(number), to: frame(number + 0x40000), .user)
      }
      for (from, below, found): (UInt32, UInt32, UInt32?) in [
        (0, 0x8_0000, 0x10), (0x10, 0x11, 0x10), (0x10, 0x10, nil), (0x11, 0x4ff, nil),
        (0x11, 0x500, 0x4ff), (0x500, 0x7_ffff, nil), (0x500, 0x8_0000, 0x7_ffff),
      ] {
        XCTAssertEqual(
          table.firstMapped(from: page(from), below: page(below))?.number, found,
          "\(name): \(from) to \(below)")
      }
    }
    try onEachTable(check, check)
  }

  func testShareKeepsTheContract() throws {
    func check<Table: MMU & ~Copyable>(
      _ parent: inout Table, _ child: inout Table, _ name: String
    ) throws {
      let rights: [Permissions] = [all, [.user, .read], [.user, .read, .execute], .user]
      for (index, right) in rights.enumerated() {
        for (base, isPrivate) in [(UInt32(0x100), true), (0x7_f000, false)] {
          let page = page(base + UInt32(index))
          XCTAssertEqual(try parent.shared(page, with: &child, isPrivate: isPrivate), [], name)
          XCTAssertNil(child.lookup(page), name)
          try parent.map(page, to: frame(0x41000 + UInt32(index)), right)
          let shared = frame(0x41000 + UInt32(index))
          XCTAssertEqual(
            try parent.shared(page, with: &child, isPrivate: isPrivate), [shared], name)
          let left = isPrivate ? right.subtracting(.write) : right
          XCTAssertEqual(parent.lookup(page)?.permissions, left, name)
          XCTAssertEqual(child.lookup(page), parent.lookup(page), name)
          XCTAssertEqual(child.unmap(page), shared, name)
          XCTAssertEqual(parent.lookup(page)?.frame, shared, name)
        }
      }
    }
    var mock = MockMMU()
    var other = MockMMU()
    try check(&mock, &other, "the mock")
    let pool = MockMemory.makePool(frames: 64)
    var table = try MockTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 1))
    var copy = try MockTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 2))
    try check(&table, &copy, "the port's table")
    while !table.release() {}
    while !copy.release() {}
    XCTAssertEqual(pool.freeCount, 64, "the port's table")
  }

  func testRangeIsSharedPageByPageInOrder() throws {
    func check<Table: MMU & ~Copyable>(
      _ parent: inout Table, _ child: inout Table, _ name: String
    ) throws {
      let numbers: [UInt32] = [0x3fc, 0x3ff, 0x400, 0x401, 0x407, 0x7fe, 0x1_0000]
      for number in numbers { try parent.map(page(number), to: frame(0x41000 + number), all) }
      for (from, below): (UInt32, UInt32) in [
        (0x3fd, 0x401), (0, 0x3fc), (0x401, 0x402), (0x402, 0x407), (0, 0x8_0000), (5, 5),
      ] {
        let wanted = numbers.filter { from <= $0 && $0 < below }
        var seen: [UInt32] = []
        try parent.share(from: page(from), below: page(below), with: &child, isPrivate: false) {
          seen.append($0.number - 0x41000)
        }
        XCTAssertEqual(seen, wanted, "\(name): \(from) to \(below)")
        for number in numbers {
          let translation = wanted.contains(number) ? parent.lookup(page(number)) : nil
          XCTAssertEqual(child.lookup(page(number)), translation, "\(name): \(number)")
          _ = child.unmap(page(number))
        }
      }
    }
    var mock = MockMMU()
    var other = MockMMU()
    try check(&mock, &other, "the mock")
    let pool = MockMemory.makePool(frames: 64)
    var table = try MockTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 1))
    var copy = try MockTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 2))
    try check(&table, &copy, "the port's table")
    XCTAssertEqual(pool.freeCount, 64 - 2 - 2 - 3, "the child's tables went with their last pages")
    while !table.release() {}
    while !copy.release() {}
  }

  func testReleaseFreesEveryFrame() throws {
    let pool = MockMemory.makePool(frames: 64)
    var table = try MockTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 1))
    for number in UInt32(1)..<20 {
      try table.map(page(number << 10), to: frame(0x41000), all)
    }
    XCTAssertLessThan(pool.freeCount, 62)
    while !table.release() {}
    XCTAssertEqual(pool.freeCount, 64)
  }

  /// Both get the same questions.
  private func onEachTable(
    _ mock: (inout MockMMU, String) throws -> Void,
    _ ported: (inout MockTable, String) throws -> Void
  ) throws {
    var dictionary = MockMMU()
    try mock(&dictionary, "the mock")
    let pool = MockMemory.makePool(frames: 64)
    var table = try MockTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 1))
    try ported(&table, "the port's table")
    while !table.release() {}
    XCTAssertEqual(pool.freeCount, 64, "the port's table")
  }
}

extension MMU where Self: ~Copyable {
  /// Shares one page; the frames that were.
  mutating func shared(
    _ page: VirtualPage, with child: inout Self, isPrivate: Bool
  ) throws -> [PhysicalFrame] {
    var frames: [PhysicalFrame] = []
    try share(
      from: page, below: VirtualPage(number: page.number + 1), with: &child, isPrivate: isPrivate
    ) { frames.append($0) }
    return frames
  }
}
