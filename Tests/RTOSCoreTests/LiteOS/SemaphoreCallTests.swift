// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

final class SemaphoreCallTests: LiteOSTestCase {
  private func make(_ count: UInt16 = 0) -> UInt32 {
    var handle: UInt32 = 99
    XCTAssertEqual(los.semCreate(count, &handle), LOS_OK)
    return handle
  }

  func testErrorCodes() {
    let free = make(1)
    let empty = make(0)
    var deleted = make(0)
    XCTAssertEqual(los.semDelete(deleted), LOS_OK)
    let cases: [(UInt32, String, () -> UInt32)] = [
      (LOS_ERRNO_SEM_PTR_NULL, "create, NULL", { self.los.semCreate(1, nil) }),
      (LOS_ERRNO_SEM_OVERFLOW, "create, above the most", { self.los.semCreate(0xffff, &deleted) }),
      (LOS_ERRNO_SEM_OVERFLOW, "binary, 2", { self.los.semCreate(2, limit: 1, &deleted) }),
      (LOS_ERRNO_SEM_INVALID, "delete, no slot", { self.los.semDelete(4) }),
      (LOS_ERRNO_SEM_INVALID, "delete, deleted", { self.los.semDelete(2) }),
      (LOS_ERRNO_SEM_INVALID, "pend, no slot", { self.los.semPend(4, LOS_NO_WAIT) }),
      (LOS_ERRNO_SEM_INVALID, "pend, deleted", { self.los.semPend(2, LOS_NO_WAIT) }),
      (
        LOS_ERRNO_SEM_PEND_INTERR, "pend, in an interrupt",
        { self.inInterrupt { self.los.semPend(free, LOS_NO_WAIT) } }
      ),
      (
        LOS_ERRNO_SEM_PEND_IN_SYSTEM_TASK, "pend, in a task of the kernel",
        { self.inSystemTask { self.los.semPend(free, LOS_NO_WAIT) } }
      ),
      (LOS_ERRNO_SEM_UNAVAILABLE, "pend, empty", { self.los.semPend(empty, LOS_NO_WAIT) }),
      (
        LOS_ERRNO_SEM_PEND_IN_LOCK, "pend, locked",
        { self.locked { self.los.semPend(empty, LOS_WAIT_FOREVER) } }
      ),
      (LOS_ERRNO_SEM_INVALID, "post, no slot", { self.los.semPost(.max) }),
      (LOS_ERRNO_SEM_INVALID, "post, deleted", { self.los.semPost(2) }),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
  }

  func testFullTableAndFullSemaphoreAreRefused() {
    var handle: UInt32 = 0
    for _ in 0..<Self.semaphoreCount { _ = make() }
    refuses(LOS_ERRNO_SEM_ALL_BUSY) { self.los.semCreate(0, &handle) }
    XCTAssertEqual(handle, 0)
    XCTAssertEqual(los.semDelete(0), LOS_OK)
    let full = make(UInt16(LOS_SEM_COUNT_MAX))
    refuses(LOS_ERRNO_SEM_OVERFLOW) { self.los.semPost(full) }
    XCTAssertEqual(los.semDelete(full), LOS_OK)
    XCTAssertEqual(los.semCreate(1, limit: 1, &handle), LOS_OK)
    refuses(LOS_ERRNO_SEM_OVERFLOW, "binary") { self.los.semPost(handle) }
  }

  func testSemaphoreWithWaitersIsNotDeleted() {
    let empty = make()
    start(21)
    waits { self.los.semPend(empty, LOS_WAIT_FOREVER) }
    refuses(LOS_ERRNO_SEM_PENDED) { self.los.semDelete(empty) }
    XCTAssertEqual(los.semPost(empty), LOS_OK)
    XCTAssertEqual(running, 2, "the more urgent one goes on")
    XCTAssertEqual(los.semDelete(empty), LOS_OK)
  }

  func testOldNumberDoesNotNameANewSemaphore() {
    let old = make(1)
    XCTAssertEqual(los.semDelete(old), LOS_OK)
    let new = make(1)
    XCTAssertEqual(old & 0xffff, new & 0xffff)
    refuses(LOS_ERRNO_SEM_INVALID) { self.los.semPend(old, LOS_NO_WAIT) }
    XCTAssertEqual(los.semPend(new, LOS_NO_WAIT), LOS_OK)
  }

  func testWaitEndsWithItsTicks() {
    let empty = make()
    start(21)
    waits { self.los.semPend(empty, 3) }
    tick(to: 2)
    XCTAssertEqual(state(2), .blocked)
    tick(to: 3)
    XCTAssertEqual(bench.records[2].outcome, .timedOut)
    XCTAssertEqual(inInterrupt { self.los.semPost(empty) }, LOS_OK, "interrupts may post")
  }
}
