// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// The lock of the threads in the kernel: one CPU at a time, each in its turn, and none sleeps for
/// ever.
final class HandoverLockTests: XCTestCase {
  private final class Shared: @unchecked Sendable {
    let lock = HandoverLock<ThreadProcessor>()
    let isHeld = Atomic(false)
    var sum = 0
  }

  func testOneCPUHoldsTheLock() {
    let shared = Shared()
    onEachOf(4) { _ in
      for _ in 0..<500 {
        shared.lock.acquire()
        shared.sum += 1
        shared.lock.release { _ in }
      }
    }
    XCTAssertEqual(shared.sum, 2000)
    XCTAssertFalse(shared.lock.isHeldByThisCPU())
  }

  func testLockIsHeldByThisCPUBetweenAcquireAndReleaseOnly() {
    let lock = HandoverLock<ThreadProcessor>()
    lock.acquire()
    XCTAssertTrue(lock.isHeldByThisCPU())
    ThreadProcessor.silicon.number = 1
    XCTAssertFalse(lock.isHeldByThisCPU(), "another CPU's")
    ThreadProcessor.silicon.number = 0
    lock.release { _ in XCTFail("no waiter sleeps") }
    XCTAssertFalse(lock.isHeldByThisCPU())
  }

  func testHolderSeesThatAnotherCPUWaits() {
    let shared = Shared()
    onEachOf(2) { cpu in
      if cpu == 0 {
        shared.lock.acquire()
        shared.isHeld.store(true, ordering: .releasing)
        while !shared.lock.isContended { sched_yield() }
        shared.sum = 1
      } else {
        while !shared.isHeld.load(ordering: .acquiring) { sched_yield() }
        shared.lock.acquire()
        XCTAssertEqual(shared.sum, 1)
        XCTAssertFalse(shared.lock.isContended)
      }
      shared.lock.release { _ in }
    }
  }

  /// Tests/Models/handover.pml, searched by spin.
  func testNoCPUSleepsPermanentlyInAnyOrder() throws {
    do {
      XCTAssertNil(try SpinSearch.error(in: "handover.pml", with: "NO_CHANGE"))
      for change in ["NO_LATE_LOOK", "NO_LOOK_BEFORE_SLEEP", "NO_WAKE"] {
        let found = try XCTUnwrap(try SpinSearch.error(in: "handover.pml", with: change), change)
        XCTAssertTrue(found.contains("invalid end state"), found)
      }
    } catch SpinSearch.Failure.notInstalled {
      throw XCTSkip("spin is not installed: tools/setup tests")
    }
  }
}
