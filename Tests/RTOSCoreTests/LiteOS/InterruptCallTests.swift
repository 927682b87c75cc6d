// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

final class InterruptCallTests: LiteOSTestCase {
  nonisolated(unsafe) static var calls: [UInt] = []

  func testInterruptErrorCodes() {
    let handler: HWI_PROC_FUNC = {}
    var (one, two) = (HwiIrqParam(), HwiIrqParam())
    (one.pDevId, two.pDevId) = (memory, memory + 8)
    var (third, fourth, noDevice) = (HwiIrqParam(), HwiIrqParam(), HwiIrqParam())
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
        { self.los.hwiCreate(42, 3, shared, handler, &noDevice) }
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
      (OS_ERRNO_HWI_MODE_INVALID, "create", { self.los.hwiCreate(42, 3, 1, handler, nil) }),
      (OS_ERRNO_HWI_NUM_INVALID, "clear", { self.los.hwiClear(96) }),
      (OS_ERRNO_HWI_HWINUM_UNCREATE, "clear", { self.los.hwiClear(42) }),
      (OS_ERRNO_HWI_NUM_INVALID, "priority", { self.los.hwiSetPriority(96, 3) }),
      (OS_ERRNO_HWI_PRIO_INVALID, "priority", { self.los.hwiSetPriority(40, 32) }),
      (OS_ERRNO_HWI_HWINUM_UNCREATE, "priority", { self.los.hwiSetPriority(42, 3) }),
      (OS_ERRNO_HWI_NUM_INVALID, "affinity", { self.los.hwiSetAffinity(96, 1) }),
      (OS_ERRNO_HWI_HWINUM_UNCREATE, "affinity", { self.los.hwiSetAffinity(42, 1) }),
      (OS_ERRNO_HWI_ARG_INVALID, "affinity", { self.los.hwiSetAffinity(40, 0) }),
      (OS_ERRNO_HWI_ARG_INVALID, "affinity", { self.los.hwiSetAffinity(40, 4) }),
      (OS_ERRNO_HWI_NUM_INVALID, "send", { self.los.hwiSendIpi(96, 1) }),
      (OS_ERRNO_HWI_HWINUM_UNCREATE, "send", { self.los.hwiSendIpi(5, 1) }),
      (OS_ERRNO_HWI_ARG_INVALID, "send", { self.los.hwiSendIpi(40, 4) }),
      (OS_ERRNO_HWI_PROC_FUNC_NULL, "send", { self.los.hwiSendIpi(40, 1) }),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
    XCTAssertEqual(los.hwiCreate(41, 3, shared, handler, &two), LOS_OK)
    (third.pDevId, fourth.pDevId) = (memory + 16, memory + 24)
    XCTAssertEqual(los.hwiCreate(41, 3, shared, handler, &third), LOS_OK)
    refuses(OS_ERRNO_HWI_NO_MEMORY) { self.los.hwiCreate(41, 3, shared, handler, &fourth) }
    MockLines.shared.active = [41]
    refuses(OS_ERRNO_HWI_INTERR, "create") { self.los.hwiCreate(42, 3, 0, handler, nil) }
    refuses(OS_ERRNO_HWI_INTERR, "delete") { self.los.hwiDelete(40, nil) }
    MockLines.shared.active = []
    MockLines.shared.calls = []
    for parameter in [one, two, third] {
      var parameter = parameter
      XCTAssertEqual(los.hwiDelete(41, &parameter), LOS_OK)
    }
    XCTAssertEqual(MockLines.shared.calls, ["disable 41", "clear 41"], "with its last handler")
  }

  func testHandlersGetTheirArgument() {
    InterruptCallTests.calls = []
    typealias Handler = @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void
    let handler: Handler = { InterruptCallTests.calls.append(UInt($0) + UInt(bitPattern: $1)) }
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
    XCTAssertEqual(los.hwiTrigger(50), LOS_OK)
    XCTAssertEqual(InterruptCallTests.calls.sorted(), [65, 130])
  }

  func testNestingIsAModeWhereTheControllerHasPriorities() {
    let handler: HWI_PROC_FUNC = {}
    MockController.hasPriorities = false
    refuses(OS_ERRNO_HWI_MODE_INVALID) {
      self.los.hwiCreate(42, 3, UInt16(IRQF_NESTABLE), handler, nil)
    }
    MockController.hasPriorities = true
    XCTAssertEqual(los.hwiCreate(42, 3, UInt16(IRQF_NESTABLE), handler, nil), LOS_OK)
    XCTAssertEqual(los.hwiDelete(42, nil), LOS_OK)
  }
}
