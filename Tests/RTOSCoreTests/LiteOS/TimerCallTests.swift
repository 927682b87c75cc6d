// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

final class TimerCallTests: LiteOSTestCase {
  nonisolated(unsafe) static var calls: [UInt] = []
  private static let handler: SWTMR_PROC_FUNC = { TimerCallTests.calls.append($0) }

  func testErrorCodes() {
    var (number, ticks): (UInt16, UInt32) = (99, 77)
    let handler = Self.handler
    XCTAssertEqual(los.swtmrCreate(5, 2, handler, &number, 0), LOS_OK)
    let made = number
    let cases: [(UInt32, String, () -> UInt32)] = [
      (
        LOS_ERRNO_SWTMR_INTERVAL_NOT_SUITED, "create",
        { self.los.swtmrCreate(0, 0, handler, &number, 0) }
      ),
      (LOS_ERRNO_SWTMR_MODE_INVALID, "create", { self.los.swtmrCreate(1, 3, handler, &number, 0) }),
      (LOS_ERRNO_SWTMR_PTR_NULL, "create", { self.los.swtmrCreate(1, 0, nil, &number, 0) }),
      (LOS_ERRNO_SWTMR_RET_PTR_NULL, "create", { self.los.swtmrCreate(1, 0, handler, nil, 0) }),
      (LOS_ERRNO_SWTMR_ID_INVALID, "start", { self.los.swtmrStart(3) }),
      (LOS_ERRNO_SWTMR_NOT_CREATED, "start", { self.los.swtmrStart(2) }),
      (LOS_ERRNO_SWTMR_ID_INVALID, "stop", { self.los.swtmrStop(0xffff) }),
      (LOS_ERRNO_SWTMR_NOT_CREATED, "stop", { self.los.swtmrStop(2) }),
      (LOS_ERRNO_SWTMR_NOT_STARTED, "stop", { self.los.swtmrStop(made) }),
      (LOS_ERRNO_SWTMR_ID_INVALID, "delete", { self.los.swtmrDelete(3) }),
      (LOS_ERRNO_SWTMR_NOT_CREATED, "delete", { self.los.swtmrDelete(2) }),
      (LOS_ERRNO_SWTMR_ID_INVALID, "time", { self.los.swtmrTimeGet(3, &ticks) }),
      (LOS_ERRNO_SWTMR_TICK_PTR_NULL, "time", { self.los.swtmrTimeGet(made, nil) }),
      (LOS_ERRNO_SWTMR_NOT_CREATED, "time", { self.los.swtmrTimeGet(2, &ticks) }),
      (LOS_ERRNO_SWTMR_NOT_STARTED, "time", { self.los.swtmrTimeGet(made, &ticks) }),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
    XCTAssertEqual([UInt32(number), ticks], [UInt32(made), 77])
    for _ in 1..<Self.timerCount {
      XCTAssertEqual(los.swtmrCreate(5, 0, handler, &number, 0), LOS_OK)
    }
    refuses(LOS_ERRNO_SWTMR_MAXSIZE) { self.los.swtmrCreate(5, 0, handler, &number, 0) }
  }

  func testTimerExpiresAndCanBeStartedAgain() {
    Self.calls = []
    var (number, ticks): (UInt16, UInt32) = (99, 0)
    XCTAssertEqual(los.swtmrCreate(5, 2, Self.handler, &number, 42), LOS_OK)
    XCTAssertEqual(inInterrupt { self.los.swtmrStart(number) }, LOS_OK)
    tick(to: 2)
    XCTAssertEqual(los.swtmrTimeGet(number, &ticks), LOS_OK)
    XCTAssertEqual(ticks, 3)
    XCTAssertEqual(los.swtmrStart(number), LOS_OK)
    tick(to: 5)
    los.timers.callExpired()
    XCTAssertEqual(Self.calls, [])
    tick(to: 7)
    los.timers.callExpired()
    XCTAssertEqual(Self.calls, [42])
    XCTAssertEqual(los.swtmrDelete(number), LOS_OK)
  }
}
