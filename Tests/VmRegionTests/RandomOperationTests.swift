// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// The address of a page's first byte.
private func at(_ page: UInt32) -> UserAddress { VirtualPage(number: page).address }

/// A model that is too simple to be wrong: one entry for each page.
private struct PageModel {
  struct Entry: Equatable {
    var permissions: Permissions
    var name: RegionName
    var pageOffset: UInt32
    var isSealed = false
    /// The first byte of the page's content; nil: not touched yet.
    var content: UInt8?
  }

  var pages: [UInt32: Entry] = [:]

  /// The regions that the pages make up, equal neighbours joined.
  var regions: [Region] {
    var result: [Region] = []
    for number in pages.keys.sorted() {
      guard let entry = pages[number] else { continue }
      if let last = result.last, last.end == at(number), !entry.isSealed,
        last.permissions == entry.permissions, last.name == entry.name,
        !isFile(entry.name) || last.pageOffset + Page.count(last.byteCount) == entry.pageOffset
      {
        result[result.count - 1].end += 4096
      } else if let last = result.last, last.end == at(number), entry.isSealed,
        last.name == entry.name
      {
        result[result.count - 1].end += 4096
      } else {
        result.append(
          Region(
            base: at(number), end: at(number + 1), permissions: entry.permissions,
            maximum: entry.isSealed ? entry.permissions : .allAccess, name: entry.name,
            traits: entry.isSealed ? [.sealed, .borrowsFrames] : [],
            pageOffset: entry.pageOffset))
      }
    }
    return result
  }

  func isFile(_ name: RegionName) -> Bool { if case .file = name { true } else { false } }
}

final class RandomOperationTests: XCTestCase {
  private static let window: Range<UInt32> = 0x100..<0x180  // 128 pages from 1 MiB on
  private static let vdso = PhysicalFrame(containing: 0x4800_0000)

  /// APUS_OPERATIONS in the environment is another number than 100,000.
  func testAHundredThousandOperationsAgreeWithTheModel() throws {
    let wanted = ProcessInfo.processInfo.environment["APUS_OPERATIONS"].flatMap { Int($0) }
    let operations = wanted ?? 100_000
    for seed in 1...4 { try run(seed: UInt64(seed), operations: operations / 4) }
  }

  private func run(seed: UInt64, operations: Int) throws {
    var dice = Dice(seed: seed)
    var fixture = SpaceFixture(frames: 400)
    var model = PageModel()
    let sealed: [PhysicalFrame] = [Self.vdso, PhysicalFrame(number: Self.vdso.number + 1)]
    let base = try fixture.space.mapSpecial(
      .fixed(0x14_0000), frames: sealed.span, permissions: [.read], name: .vvar)
    let first = VirtualPage(containing: base).number
    for number in first..<first + 2 {
      model.pages[number] = .init(
        permissions: .read, name: .vvar, pageOffset: 0, isSealed: true, content: 0)
    }
    for step in 0..<operations {
      operate(&fixture, &model, &dice)
      try compare(fixture, model, "seed \(seed), step \(step)")
    }
    fixture.finish()
  }

  private func operate(
    _ fixture: inout SpaceFixture, _ model: inout PageModel, _ dice: inout Dice
  ) {
    let first = UInt32.random(in: Self.window, using: &dice)
    let count = UInt32.random(in: 1...12, using: &dice)
    let numbers = first..<first + count
    let hitsSealed = numbers.contains { model.pages[$0]?.isSealed == true }
    let choices: [Permissions] = [[], .read, [.read, .write], [.read, .execute]]
    let permissions = choices.randomElement(using: &dice) ?? .read
    switch Int.random(in: 0..<12, using: &dice) {
    case 0, 1, 2:
      let path = UInt16.random(in: 0...3, using: &dice)
      let name: RegionName = path < 2 ? .anonymous : .file(path: path)
      let offset = path < 2 ? 0 : first - Self.window.lowerBound  // Neighbours of a file join.
      let request = MapRequest(
        .fixed(at(first)), length: Word(count) << 12, permissions: permissions, name: name,
        pageOffset: offset)
      let fills = !model.isFile(name) ? false : true
      let result = Result { () throws(MemoryError) in
        if fills {
          try fixture.space.mapFilled(request) { page, bytes in
            bytes.storeBytes(of: UInt8(truncatingIfNeeded: page + 1), as: UInt8.self)
          }
        } else {
          try fixture.space.map(request)
        }
      }
      if hitsSealed {
        XCTAssertEqual(result, .failure(.notPermitted))
        return
      }
      XCTAssertEqual(result, .success(at(first)))
      for number in numbers {
        model.pages[number] = .init(
          permissions: permissions, name: name, pageOffset: fills ? offset + number - first : 0,
          content: fills ? UInt8(truncatingIfNeeded: number - first + 1) : nil)
      }
    case 3, 4:
      let result = Result { () throws(MemoryError) in
        try fixture.space.unmap(at(first), length: Word(count) << 12)
      }
      if hitsSealed {
        XCTAssertEqual(result.failure, .notPermitted)
        return
      }
      XCTAssertNil(result.failure)
      for number in numbers { model.pages[number] = nil }
    case 5, 6:
      let result = Result { () throws(MemoryError) in
        try fixture.space.protect(at(first), length: Word(count) << 12, permissions)
      }
      if hitsSealed {
        XCTAssertEqual(result.failure, .notPermitted)
        return
      }
      let whole = numbers.prefix { model.pages[$0] != nil }
      XCTAssertEqual(result.failure == nil, whole.count == numbers.count)
      for number in whole { model.pages[number]?.permissions = permissions }
    case 7:
      let result = Result { () throws(MemoryError) in
        try fixture.space.advise(at(first), length: Word(count) << 12, .discard)
      }
      if hitsSealed {
        XCTAssertEqual(result.failure, .notPermitted)
        return
      }
      XCTAssertEqual(result.failure == nil, numbers.allSatisfy { model.pages[$0] != nil })
      for number in numbers where model.pages[number]?.name == .anonymous {
        model.pages[number]?.content = nil
      }
    case 8: remap(&fixture, &model, first, count, &dice)
    default:
      let access: Access = [.read, .write, .execute].randomElement(using: &dice) ?? .read
      let outcome = fixture.space.handleFault(at: at(first) + 5, access)
      guard let entry = model.pages[first] else {
        XCTAssertEqual(outcome, .notMapped)
        return
      }
      guard entry.permissions.allows(access) else {
        XCTAssertEqual(outcome, .notAllowed)
        return
      }
      XCTAssertEqual(outcome, .resolved)
      guard let there = fixture.journal.mappings[VirtualPage(number: first)] else {
        XCTFail("resolved, and nothing is mapped")
        return
      }
      guard !entry.isSealed else { return }
      let pointer = MockMemory.pointer(to: there.frame)
      XCTAssertEqual(pointer.load(as: UInt8.self), entry.content ?? 0)
      if access == .write {
        XCTAssertNotEqual(there.frame, fixture.pool.zeroFrame)
        pointer.storeBytes(of: UInt8(truncatingIfNeeded: first | 1), as: UInt8.self)
      }
      model.pages[first]?.content = pointer.load(as: UInt8.self)
    }
  }

  /// mremap to a fixed address or in place, with the answers of the model.
  private func remap(
    _ fixture: inout SpaceFixture, _ model: inout PageModel, _ first: UInt32, _ count: UInt32,
    _ dice: inout Dice
  ) {
    let target = UInt32.random(in: Self.window, using: &dice)
    let wanted = UInt32.random(in: 1...12, using: &dice)
    let regions = model.regions
    let result = Result { () throws(MemoryError) in
      try fixture.space.remap(
        at(first), oldLength: Word(count) << 12, newLength: Word(wanted) << 12,
        to: .fixed(at(target)))
    }
    let kept = min(count, wanted)
    let (old, new) = (first..<first + count, target..<target + wanted)
    let source = regions.first { $0.base <= at(first) && $0.end > at(first) }
    let isSealed = (Array(old) + Array(new)).contains { model.pages[$0]?.isSealed == true }
    guard let source, !old.overlaps(new), !isSealed, at(first + kept) <= source.end else {
      XCTAssertNotNil(result.failure)
      return
    }
    guard case .success(at(target)) = result else {
      XCTFail("\(result)")
      return
    }
    var moved: [PageModel.Entry] = []
    for number in first..<first + kept {
      if let entry = model.pages[number] { moved.append(entry) }
    }
    for number in old { model.pages[number] = nil }
    for number in new { model.pages[number] = nil }
    for index in 0..<wanted {
      var entry = index < kept ? moved[Int(index)] : moved[0]
      if index >= kept { entry.content = nil }
      if model.isFile(entry.name) { entry.pageOffset = moved[0].pageOffset + index }
      model.pages[target + index] = entry
    }
  }

  private func compare(
    _ fixture: borrowing SpaceFixture, _ model: PageModel, _ label: String
  ) throws {
    let regions = fixture.regions
    guard regions == model.regions else {
      XCTFail("\(label):\n\(regions)\n\(model.regions)")
      throw Disagreement()
    }
    let present = model.pages.filter { $0.value.content != nil }
    let mappings = fixture.journal.mappings
    XCTAssertEqual(Set(mappings.keys.map(\.number)), Set(present.keys), label)
    for (number, entry) in present {
      let there = mappings[VirtualPage(number: number)]
      // A page that was only read shows the frame of zeros, which a store must not reach.
      let isZeros = there?.frame == fixture.pool.zeroFrame
      let expected = entry.permissions.union(.user).subtracting(isZeros ? .write : [])
      XCTAssertEqual(there?.permissions, expected, label)
      if isZeros { XCTAssertEqual(entry.content, 0, label) }
      if let there, !entry.isSealed, let content = entry.content {
        XCTAssertEqual(
          MockMemory.pointer(to: there.frame).load(as: UInt8.self), content, label)
      }
    }
    let resident = UInt32(present.values.count { !$0.isSealed })
    XCTAssertEqual(fixture.space.residentCount, resident, label)
    let zeros = mappings.values.count { $0.frame == fixture.pool.zeroFrame }
    let owned = resident - UInt32(zeros)
    let slab = fixture.freeAtStart - fixture.pool.freeCount - owned
    XCTAssertLessThanOrEqual(slab, 1 + fixture.space.regionCount / 20, "\(label): nodes' frames")
    if testRun?.failureCount ?? 0 > 0 { throw Disagreement() }
  }

  private struct Disagreement: Error {}
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
