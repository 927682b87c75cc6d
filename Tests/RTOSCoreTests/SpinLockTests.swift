// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore
import XCTest

final class SpinLockTests: XCTestCase {
  /// A lock and a plain counter that it guards, for several threads.
  private final class Shared: @unchecked Sendable {
    let lock = SpinLock<ThreadProcessor>(.unordered)
    var counter = 0
    var isInside = false
    var overlaps = 0
  }

  private struct Refused: Error {}

  private var silicon: ThreadProcessor.Silicon { ThreadProcessor.silicon }

  override func setUp() {
    silicon.number = 0
    silicon.isMasked = false
    silicon.pendingInterrupt = nil
    silicon.relax = { sched_yield() }
  }

  override func tearDown() { setUp() }

  func testOnlyOneThreadIsInside() {
    let shared = Shared()
    onEachOf(4) { _ in
      for turn in 0..<5000 {
        shared.lock.withLock {
          if shared.isInside { shared.overlaps += 1 }
          shared.isInside = true
          shared.counter += 1
          if turn % 64 == 0 { sched_yield() }
          shared.isInside = false
        }
      }
    }
    XCTAssertEqual(shared.counter, 20_000)
    XCTAssertEqual(shared.overlaps, 0)
  }

  func testInterruptsAreMaskedInsideAndRestored() {
    let lock = SpinLock<ThreadProcessor>(.unordered)
    for before in [false, true] {
      silicon.isMasked = before
      XCTAssertTrue(lock.withLock { silicon.isMasked })
      XCTAssertEqual(silicon.isMasked, before)
    }
  }

  func testThrowReleasesTheLockAndRestoresInterrupts() {
    let lock = SpinLock<ThreadProcessor>(.unordered)
    for before in [false, true] {
      silicon.isMasked = before
      XCTAssertThrowsError(try lock.withLock { () throws(Refused) in throw Refused() })
      XCTAssertEqual(silicon.isMasked, before)
      XCTAssertEqual(lock.withLock { 7 }, 7)
    }
  }

  func testInterruptsStayMaskedUntilTheOuterOfTwoLocksIsFree() {
    let outer = SpinLock<ThreadProcessor>(.unordered)
    let inner = SpinLock<ThreadProcessor>(.unordered)
    outer.withLock {
      inner.withLock {}
      XCTAssertTrue(silicon.isMasked)
    }
    XCTAssertFalse(silicon.isMasked)
  }

  func testPendingInterruptMayAcquireTheLockAtOnce() {
    let shared = Shared()
    var isHandled = false
    shared.lock.withLock {
      silicon.pendingInterrupt = {
        isHandled = ChildProcess.signal { shared.lock.withLock {} } == nil
      }
    }
    XCTAssertTrue(isHandled, "the lock is free before interrupts are unmasked")
  }

  func testSecondAcquireOnOneCPUTraps() {
    let lock = SpinLock<ThreadProcessor>(.unordered)
    let signal = ChildProcess.signal {
      alarm(20)  // A lock that hangs instead ends with another signal.
      lock.withLock { lock.withLock {} }
    }
    XCTAssertTrue(signal == SIGILL || signal == SIGTRAP, "ended with \(signal ?? 0)")
  }

  func testOtherCPUWaitsAndAcquiresTheLock() {
    let shared = Shared()
    let mayLeave = DispatchSemaphore(value: 0)
    let isTaken = DispatchSemaphore(value: 0)
    onEachOf(2) { number in
      if number == 0 {
        shared.lock.withLock {
          isTaken.signal()
          _ = mayLeave.wait(timeout: .now() + 10)  // A broken lock never lets the other one wait.
          shared.counter = 1
        }
      } else {
        isTaken.wait()
        var waits = 0
        ThreadProcessor.silicon.relax = {
          waits += 1
          if waits == 10 { mayLeave.signal() }
          sched_yield()
        }
        shared.lock.withLock { XCTAssertEqual(shared.counter, 1) }
        XCTAssertGreaterThanOrEqual(waits, 10)
      }
    }
  }
}
