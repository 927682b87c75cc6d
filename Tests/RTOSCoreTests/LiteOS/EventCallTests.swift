// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

final class EventCallTests: LiteOSTestCase {
  private let events = UnsafeMutablePointer<EVENT_CB_S>.allocate(capacity: 1)

  override func setUpWithError() throws {
    try super.setUpWithError()
    events.initialize(to: EVENT_CB_S())
    XCTAssertEqual(los.eventInit(events), LOS_OK)
  }

  deinit { events.deallocate() }

  func testErrorCodes() {
    var word: UInt32 = 0xff
    let or = LOS_WAITMODE_OR
    typealias Call = (UInt32, UInt32) -> UInt32
    let reads: [(String, Call)] = [
      ("read", { self.los.eventRead(self.events, $0, $1, LOS_NO_WAIT) }),
      ("poll", { self.los.eventPoll(&word, $0, $1) }),
    ]
    for (name, call) in reads {
      refuses(LOS_ERRNO_EVENT_EVENTMASK_INVALID, name) { call(0, or) }
      refuses(LOS_ERRNO_EVENT_SETBIT_INVALID, name) { call(LOS_ERRTYPE_ERROR | 1, or) }
      for mode in [0, LOS_WAITMODE_CLR, or | LOS_WAITMODE_AND, 8 | or, .max] {
        refuses(LOS_ERRNO_EVENT_FLAGS_INVALID, "\(name) \(mode)") { call(1, mode) }
      }
    }
    let cases: [(UInt32, String, () -> UInt32)] = [
      (LOS_ERRNO_EVENT_PTR_NULL, "init", { self.los.eventInit(nil) }),
      (LOS_ERRNO_EVENT_PTR_NULL, "poll", { self.los.eventPoll(nil, 1, or) }),
      (LOS_ERRNO_EVENT_PTR_NULL, "read", { self.los.eventRead(nil, 1, or, 0) }),
      (LOS_ERRNO_EVENT_PTR_NULL, "write", { self.los.eventWrite(nil, 1) }),
      (LOS_ERRNO_EVENT_PTR_NULL, "clear", { self.los.eventClear(nil, 1) }),
      (LOS_ERRNO_EVENT_PTR_NULL, "destroy", { self.los.eventDestroy(nil) }),
      (
        LOS_ERRNO_EVENT_READ_IN_INTERRUPT, "read",
        { self.inInterrupt { self.los.eventRead(self.events, 1, or, LOS_NO_WAIT) } }
      ),
      (
        LOS_ERRNO_EVENT_READ_IN_SYSTEM_TASK, "read",
        { self.inSystemTask { self.los.eventRead(self.events, 1, or, LOS_NO_WAIT) } }
      ),
      (
        LOS_ERRNO_EVENT_READ_IN_LOCK, "read",
        { self.locked { self.los.eventRead(self.events, 1, or, 4) } }
      ),
      (0, "not set", { self.los.eventRead(self.events, 1, or, LOS_NO_WAIT) }),
      (
        LOS_ERRNO_EVENT_SETBIT_INVALID, "write",
        { self.los.eventWrite(self.events, LOS_ERRTYPE_ERROR) }
      ),
    ]
    for (code, what, body) in cases { refuses(code, what, body) }
    XCTAssertEqual(events.pointee.uwEventID, 0)
    XCTAssertEqual(word, 0xff)
  }

  func testBitsAreReadClearedAndAwaitedByMode() {
    XCTAssertEqual(inInterrupt { self.los.eventWrite(self.events, 0b0111) }, LOS_OK)
    XCTAssertEqual(los.eventRead(events, 0b1010, LOS_WAITMODE_AND, LOS_NO_WAIT), 0)
    XCTAssertEqual(los.eventRead(events, 0b1010, LOS_WAITMODE_OR, LOS_NO_WAIT), 0b0010)
    XCTAssertEqual(
      los.eventRead(events, 0b0011, LOS_WAITMODE_AND | LOS_WAITMODE_CLR, LOS_NO_WAIT), 0b0011)
    XCTAssertEqual(events.pointee.uwEventID, 0b0100, "C code may look at it")
    XCTAssertEqual(los.eventClear(events, ~0b0100), LOS_OK)
    XCTAssertEqual(events.pointee.uwEventID, 0)
    var word: UInt32 = 0b11
    XCTAssertEqual(los.eventPoll(&word, 0b110, LOS_WAITMODE_OR | LOS_WAITMODE_CLR), 0b10)
    XCTAssertEqual(word, 0b01)
    start(21)
    waits { self.los.eventRead(self.events, 1, LOS_WAITMODE_OR, 3) }
    refuses(LOS_ERRNO_EVENT_SHOULD_NOT_DESTORY) { self.los.eventDestroy(self.events) }
    tick(to: 3)
    XCTAssertEqual(bench.records[2].outcome, .timedOut)
    XCTAssertEqual(los.eventDestroy(events), LOS_OK)
  }
}
