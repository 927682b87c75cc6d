// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

final class GuardedTests: XCTestCase {
  private struct Refused: Error {}

  /// A guarded value in memory of its own, for several threads.
  private final class Owner<Value>: @unchecked Sendable {
    let storage: UnsafeMutablePointer<Value>
    let guarded: Guarded<ThreadProcessor, Value>

    init(_ value: Value) {
      storage = .allocate(capacity: 1)
      guarded = Guarded(value, level: .unordered, in: storage)
    }

    deinit {
      storage.deinitialize(count: 1)
      storage.deallocate()
    }
  }

  func testValueIsInTheCallersStorage() {
    let owner = Owner(41)
    XCTAssertEqual(owner.storage.pointee, 41)
    owner.guarded.withLock { $0 += 1 }
    XCTAssertEqual(owner.storage.pointee, 42)
  }

  func testConcurrentUpdatesAreNotLost() {
    let owner = Owner([0, 0])
    onEachOf(4) { number in
      for _ in 0..<2000 {
        owner.guarded.withLock {
          $0[0] += 1
          $0[1] += number
        }
      }
    }
    XCTAssertEqual(owner.guarded.withLock { $0 }, [8000, 12000])
  }

  func testThrowKeepsTheChangeAndReleasesTheLock() {
    let owner = Owner(1)
    XCTAssertThrowsError(
      try owner.guarded.withLock { (value: inout Int) throws(Refused) in
        value = 2
        throw Refused()
      })
    XCTAssertEqual(owner.guarded.withLock { $0 }, 2)
    XCTAssertFalse(ThreadProcessor.silicon.isMasked)
  }
}
