import LiteOSTypes
import XCTest

@testable import RTOSCore

final class TimerCallTests: LiteOSTestCase {
  nonisolated(unsafe) static var calls: [UInt] = []
  private static let handler: SWTMR_PROC_FUNC = { TimerCallTests.calls.append($0) }

  func testEveryRefusalHasItsCode() {
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

  func testATimerGoesOffAndCanBeStartedAgain() {
    Self.calls = []
    var (number, ticks): (UInt16, UInt32) = (99, 0)
    XCTAssertEqual(los.swtmrCreate(5, 2, Self.handler, &number, 42), LOS_OK)
    XCTAssertEqual(inInterrupt { self.los.swtmrStart(number) }, LOS_OK)
    tick(to: 2)
    XCTAssertEqual(los.swtmrTimeGet(number, &ticks), LOS_OK)
    XCTAssertEqual(ticks, 3)
    XCTAssertEqual(los.swtmrStart(number), LOS_OK)
    tick(to: 5)
    los.timers.serve()
    XCTAssertEqual(Self.calls, [])
    tick(to: 7)
    los.timers.serve()
    XCTAssertEqual(Self.calls, [42])
    XCTAssertEqual(los.swtmrDelete(number), LOS_OK)
  }

  func testEveryRefusalOfAnInterruptHasItsCode() {
    let handler: HWI_PROC_FUNC = {}
    var (one, two) = (HwiIrqParam(), HwiIrqParam())
    (one.pDevId, two.pDevId) = (memory, memory + 8)
    var nobody = HwiIrqParam()
    let shared = UInt16(IRQF_SHARED)
    XCTAssertEqual(los.hwiCreate(40, 3, 0, handler, nil), LOS_OK)
    XCTAssertEqual(los.hwiCreate(41, 3, shared, handler, &one), LOS_OK)
    let cases: [(UInt32, String, () -> UInt32)] = [
      (OS_ERRNO_HWI_PROC_FUNC_NULL, "create", { self.los.hwiCreate(42, 3, 0, nil, nil) }),
      (OS_ERRNO_HWI_NUM_INVALID, "create", { self.los.hwiCreate(96, 3, 0, handler, nil) }),
      (OS_ERRNO_HWI_PRIO_INVALID, "create", { self.los.hwiCreate(42, 32, 0, handler, nil) }),
      (OS_ERRNO_HWI_SHARED_ERROR, "no device", { self.los.hwiCreate(42, 3, shared, handler, nil) }),
      (
        OS_ERRNO_HWI_SHARED_ERROR, "no device",
        { self.los.hwiCreate(42, 3, shared, handler, &nobody) }
      ),
      (OS_ERRNO_HWI_ALREADY_CREATED, "create", { self.los.hwiCreate(40, 3, 0, handler, nil) }),
      (
        OS_ERRNO_HWI_SHARED_ERROR, "share what is not shared",
        { self.los.hwiCreate(40, 3, shared, handler, &one) }
      ),
      (
        OS_ERRNO_HWI_SHARED_ERROR, "not share what is shared",
        { self.los.hwiCreate(41, 3, 0, handler, nil) }
      ),
      (OS_ERRNO_HWI_ALREADY_CREATED, "twice", { self.los.hwiCreate(41, 3, shared, handler, &one) }),
      (OS_ERRNO_HWI_NUM_INVALID, "delete", { self.los.hwiDelete(96, nil) }),
      (OS_ERRNO_HWI_HWINUM_UNCREATE, "delete", { self.los.hwiDelete(42, nil) }),
      (OS_ERRNO_HWI_SHARED_ERROR, "delete", { self.los.hwiDelete(41, nil) }),
      (OS_ERRNO_HWI_HWINUM_UNCREATE, "delete", { self.los.hwiDelete(41, &two) }),
      (OS_ERRNO_HWI_NUM_INVALID, "enable", { self.los.hwiEnable(96) }),
      (OS_ERRNO_HWI_HWINUM_UNCREATE, "disable", { self.los.hwiDisable(42) }),
      (OS_ERRNO_HWI_HWINUM_UNCREATE, "trigger", { self.los.hwiTrigger(42) }),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
    XCTAssertEqual(los.hwiCreate(41, 3, shared, handler, &two), LOS_OK)
    refuses(OS_ERRNO_HWI_NO_MEMORY) { self.los.hwiCreate(42, 3, 0, handler, nil) }
    TestPlatform.lineCalls = []
    for parameter in [one, two] {
      var parameter = parameter
      XCTAssertEqual(los.hwiDelete(41, &parameter), LOS_OK)
    }
    XCTAssertEqual(TestPlatform.lineCalls, ["disable 41"], "with its last handler")
  }

  func testHandlersAreCalledWithWhatTheyWereMadeWith() {
    TimerCallTests.calls = []
    typealias Handler = @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void
    let handler: Handler = { TimerCallTests.calls.append(UInt($0) + UInt(bitPattern: $1)) }
    for number: Int32 in 1...2 {
      var parameter = HwiIrqParam()
      (parameter.swIrq, parameter.pDevId) = (
        number, UnsafeMutableRawPointer(bitPattern: 64 * Int(number))
      )
      XCTAssertEqual(
        los.hwiCreate(
          50, 0, UInt16(IRQF_SHARED), unsafeBitCast(handler, to: HWI_PROC_FUNC.self), &parameter),
        LOS_OK)
    }
    los.serve(line: 50)
    los.serve(line: 51)
    XCTAssertEqual(TimerCallTests.calls, [65, 130])
  }
}
