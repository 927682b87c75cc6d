// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// The gap search of the tree against a search page by page.
final class PlacementTests: XCTestCase {
  private let page = Page.size

  func testHighestGapIsFoundInEverySpace() throws {
    var dice = Dice(seed: 11)
    for _ in 0..<10 {
      // 240 pages, with a stack in the middle that keeps 8 pages below it free.
      var fixture = SpaceFixture(
        layout: SpaceLayout(
          mapTop: 0x10_0000, stackTop: 0xa_0000, stackLimit: 1 << 20, stackGuard: 8 * page))
      try fixture.space.mapStack(initial: 2 * page)
      var taken = Set<Word>(0x9e..<0xa0)
      for _ in 0..<600 {
        let count = Word.random(in: 1...9, using: &dice)
        if Int.random(in: 0..<3, using: &dice) == 0 {
          let first = Word.random(in: 0x10..<0x96, using: &dice)
          try fixture.space.unmap(UserAddress(first * page), length: count * page)
          taken.subtract(first..<min(first + count, 0x9e))
          if first + count > 0x9e { taken.subtract(0x9e..<first + count) }
        } else {
          try mapAndCompare(&fixture, &taken, count, &dice)
        }
      }
      fixture.finish()
    }
  }

  private func mapAndCompare(
    _ fixture: inout SpaceFixture, _ taken: inout Set<Word>, _ count: Word, _ dice: inout Dice
  ) throws {
    let stack = fixture.regions.first { $0.traits.contains(.growsDown) }
    let guarded = stack.map { $0.base.word / page - 8..<$0.base.word / page } ?? 0..<0
    let expected = (0x10...0x100 - count).last { first in
      (first..<first + count).allSatisfy { !taken.contains($0) && !guarded.contains($0) }
    }
    // Permissions that differ keep neighbours apart, so that the tree has many nodes.
    let choices: [Permissions] = [[], .read, [.read, .write], .execute]
    let permissions = choices[Int.random(in: 0..<4, using: &dice)]
    let base = try fixture.space.map(
      MapRequest(.anywhere(hint: 0), length: count * page, permissions: permissions))
    guard let expected else {
      XCTAssertGreaterThanOrEqual(base, 0x10_0000, "nothing fits below the map base")
      return try fixture.space.unmap(base, length: count * page)
    }
    XCTAssertEqual(base.word, expected * page)
    taken.formUnion(base.word / page..<base.word / page + count)
  }
}
