// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import XCTest

/// Every allocation fails in turn: first each mapping in the table, then each frame. Afterwards all
/// frames are free again, and the pool's counts agree.
final class FailureTests: XCTestCase {
  private let page = Page.size

  /// Some of everything; errors are the point.
  private func live(_ space: inout MockSpace, _ child: inout MockSpace) {
    let base: UserAddress = 0x10_0000
    attempt { () throws(MemoryError) in try space.mapStack(initial: 2 * page) }
    attempt { () throws(MemoryError) in
      _ = try space.map(
        MapRequest(.fixed(base), length: 6 * page, permissions: [.read, .write]))
    }
    for index: Word in 0..<6 {
      _ = space.handleFault(at: base + index * page, index % 2 == 0 ? .write : .read)
    }
    attempt { () throws(MemoryError) in
      _ = try space.mapFilled(
        MapRequest(.fixed(0x20_0000), length: 3 * page, permissions: .read, name: .file(path: 1))
      ) { _, _ in }
    }
    let frames: [PhysicalFrame] = [
      PhysicalFrame(number: 0x4_8000), PhysicalFrame(number: 0x4_8001),
    ]
    attempt { () throws(MemoryError) in
      _ = try space.mapSpecial(
        .fixed(0x30_0000), frames: frames.span, permissions: .read, name: .vvar)
    }
    attempt { () throws(MemoryError) in
      try space.protect(base + page, length: 2 * page, .read)
    }
    attempt { () throws(MemoryError) in
      _ = try space.remap(base, oldLength: page, newLength: 2 * page, to: .fixed(0x50_0000))
    }
    attempt { () throws(MemoryError) in
      _ = try space.remap(base + 3 * page, oldLength: 3 * page, newLength: 5 * page, to: .anywhere)
    }
    attempt { () throws(MemoryError) in
      _ = try space.map(
        MapRequest(
          .fixed(0x60_0000), length: 2 * page, permissions: [.read, .write],
          traits: [.shared, .unmergeable]))
    }
    attempt { () throws(MemoryError) in
      _ = try space.remap(0x60_0000, oldLength: 0, newLength: 2 * page, to: .anywhere)
    }
    attempt { () throws(MemoryError) in try space.fork(into: &child) }
    _ = space.handleFault(at: base + 2 * page, .write)
    _ = child.handleFault(at: 0x50_0000, .write)
    attempt { () throws(MemoryError) in try space.unmap(base + page, length: page) }
  }

  /// A step that an earlier failure made impossible fails with its own error.
  private func attempt(_ body: () throws(MemoryError) -> Void) {
    do throws(MemoryError) { try body() } catch { XCTAssertNotEqual(error, .notPermitted) }
  }

  func testTableFailsAtEachCallInTurn() {
    var failing = 1
    var calls = 0
    repeat {
      var fixture = SpaceFixture()
      let journal = MockMMU.Journal()
      fixture.journal.failingMap = failing
      var child = MockSpace(table: MockMMU(journal: journal), pool: fixture.pool)
      live(&fixture.space, &child)
      calls = fixture.journal.mapCount
      child.teardown()
      fixture.finish()
      failing += 1
    } while failing <= calls
    XCTAssertGreaterThan(failing, 14, "the table was called less often than that")
  }

  func testMemoryEndsAtEachFrameInTurn() {
    for frames: UInt32 in 2...40 {
      var fixture = SpaceFixture(frames: frames)
      var child = MockSpace(table: MockMMU(), pool: fixture.pool)
      live(&fixture.space, &child)
      child.teardown()
      fixture.finish()
    }
  }
}
