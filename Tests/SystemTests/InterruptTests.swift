// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

final class InterruptTests: SystemTestCase {
  func testLinesOfTheKernelAreEnabledOnEachCPU() {
    Owner.enableLines()
    TestProcessor.number = 1
    defer { TestProcessor.number = 0 }
    Owner.enableLines()
    XCTAssertEqual(
      TestController.calls,
      [0, 1].flatMap { cpu in [4, 5, 6, 27, 35].map { "enable \($0) on \(cpu)" } })
  }

  func testTickIsServedByItsLine() throws {
    run(try makeTask(isUser: true))
    pass(1_000_000)
    Owner.serveInterrupt(27)
    XCTAssertEqual(Services.tickCounts(of: Services.task).user, 0)
    pass(1_000_000)
    TestControl.hasInterruptedProgram = true
    Owner.serveInterrupt(27)
    XCTAssertEqual(A.system.ticks.tickCount(), 2)
    let counts = Services.tickCounts(of: Services.task)
    XCTAssertEqual([counts.user, counts.system], [1, 1])
    XCTAssertEqual(A.system.interrupts.count(of: 27, on: 0), 2)
  }

  func testIPIsAreServedByTheirLines() {
    Owner.serveInterrupt(4)
    XCTAssertTrue(TestContext.isRescheduleDue)
    XCTAssertEqual(TestControl.stops, 0)
    Owner.serveInterrupt(5)
    XCTAssertEqual(TestControl.stops, 1)
    TestClock.deadline = nil
    Owner.serveInterrupt(6)
    XCTAssertNotNil(TestClock.deadline, "this CPU keeps the time from now on")
    XCTAssertEqual(TestControl.counted, [])
  }

  func testLineWithoutAHandlerIsDisabled() {
    for line: UInt32 in [40, 40, 7] { Owner.serveInterrupt(line) }
    XCTAssertEqual(TestController.calls, ["disable 40 on 0", "disable 40 on 0", "disable 7 on 0"])
    XCTAssertEqual(TestControl.counted, [.unhandled, .unhandled, .unhandled])
  }

  func testLineOfTheKernelIsNotForCCode() {
    for line: UInt32 in [4, 5, 6, 27, 35] {
      XCTAssertThrowsError(
        try A.system.interrupts.register(
          InterruptHandlerRecord { _, _ in }, for: line, priority: 0)
      ) { XCTAssertEqual($0 as? InterruptError, .alreadyRegistered) }
    }
  }
}
