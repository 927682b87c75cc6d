// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// The lock of the threads in the kernel: one CPU or several that share it, each in its turn, and
/// none sleeps permanently.
final class HandoverLockTests: XCTestCase {
  private final class Shared: @unchecked Sendable {
    let lock = HandoverLock<ThreadProcessor>(.kernel)
    let isHeld = Atomic(false)
    let inside = Atomic(0)
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
    XCTAssertEqual(shared.lock.hold, .none)
  }

  func testLockIsHeldByThisCPUBetweenAcquireAndReleaseOnly() {
    let lock = HandoverLock<ThreadProcessor>(.kernel)
    lock.acquire()
    XCTAssertEqual(lock.hold, .exclusive)
    ThreadProcessor.silicon.number = 1
    XCTAssertEqual(lock.hold, .none, "another CPU's")
    ThreadProcessor.silicon.number = 0
    lock.release { _ in XCTFail("no waiter sleeps") }
    XCTAssertEqual(lock.hold, .none)
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

  func testSharersAreInsideAtTheSameTime() {
    let shared = Shared()
    onEachOf(3) { _ in
      shared.lock.share { _ in }
      XCTAssertEqual(shared.lock.hold, .shared)
      shared.inside.wrappingAdd(1, ordering: .relaxed)
      while shared.inside.load(ordering: .relaxed) < 3 { sched_yield() }
      XCTAssertNil(shared.lock.holderNumber)
      shared.lock.leave { _ in }
      XCTAssertEqual(shared.lock.hold, .none)
    }
  }

  func testHolderIsAloneBesideManySharers() {
    let shared = Shared()
    onEachOf(4) { cpu in
      for step in 0..<300 {
        if (step + cpu) % 3 == 0 {
          shared.lock.acquire()
          XCTAssertEqual(shared.inside.load(ordering: .relaxed), 0)
          shared.sum += 1
          shared.lock.release { _ in }
        } else {
          shared.lock.share { _ in }
          shared.inside.wrappingAdd(1, ordering: .relaxed)
          let seen = shared.sum
          sched_yield()
          XCTAssertEqual(shared.sum, seen)
          shared.inside.wrappingSubtract(1, ordering: .relaxed)
          shared.lock.leave { _ in }
        }
      }
    }
    XCTAssertEqual(shared.sum, 400)
    XCTAssertEqual(shared.lock.hold, .none)
    XCTAssertFalse(shared.lock.isContended)
  }

  func testCPUThatWaitsKeepsFurtherSharersOut() {
    let shared = Shared()
    onEachOf(3) { cpu in
      switch cpu {
      case 0:
        shared.lock.share { _ in }
        shared.isHeld.store(true, ordering: .releasing)
        while shared.lock.holderNumber == nil { sched_yield() }
        XCTAssertEqual(shared.lock.holderNumber, 1, "it will hold the lock")
        XCTAssertTrue(shared.lock.isContended)
        shared.inside.store(1, ordering: .releasing)
        for _ in 0..<100 { sched_yield() }
        XCTAssertEqual(shared.sum, 0)
        shared.lock.leave { XCTAssertEqual($0, 1) }
      case 1:
        while !shared.isHeld.load(ordering: .acquiring) { sched_yield() }
        shared.lock.acquire()
        XCTAssertEqual(shared.sum, 0)
        shared.sum = 1
        shared.lock.release { XCTAssertEqual($0, 2) }
      default:
        while shared.inside.load(ordering: .acquiring) == 0 { sched_yield() }
        shared.lock.share { _ in }
        XCTAssertEqual(shared.sum, 1, "after the CPU that waited")
        shared.lock.leave { _ in }
      }
    }
  }

  /// Tests/Models/handover.pml, searched by spin.
  func testNoCPUSleepsPermanentlyInAnyOrder() throws {
    try XCTSkipUnless(try SpinSearch.isInstalled(), "spin is not installed: tools/setup tests")
    XCTAssertNil(try SpinSearch.error(in: "handover.pml", with: "NO_CHANGE"))
    for change in [
      "NO_LATE_LOOK", "NO_LOOK_BEFORE_SLEEP", "NO_WAKE", "NO_LAST_WAKE", "WAKE_ONE", "NO_TICKET",
    ] {
      let found = try XCTUnwrap(try SpinSearch.error(in: "handover.pml", with: change), change)
      XCTAssertTrue(found.contains("invalid end state"), found)
    }
    let found = try XCTUnwrap(try SpinSearch.error(in: "handover.pml", with: "NO_DRAIN"))
    XCTAssertTrue(found.contains("assertion violated"), found)
  }
}
