// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import XCTest

@testable import System

final class MeasuredPublisherTests: SystemTestCase {
  override func setUpWithError() throws {
    TestControl.counts = true
    try super.setUpWithError()
  }

  func testLongestUpdateOfATickIsKept() {
    XCTAssertTrue(A.system.publisher.canCount)
    XCTAssertNil(A.system.publisher.worstUpdate)
    TestControl.step = 70
    tick()
    XCTAssertEqual(A.system.publisher.worstUpdate, 70)
    TestControl.step = 60
    tick()
    XCTAssertEqual(A.system.publisher.worstUpdate, 70)
    TestControl.step = 71
    tick()
    XCTAssertEqual(A.system.publisher.worstUpdate, 71)
  }

  func testCounterMayWrapDuringAnUpdate() {
    TestControl.instructions = .max - 5
    TestControl.step = 10
    tick()
    XCTAssertEqual(A.system.publisher.worstUpdate, 10)
  }

  func testNewLineIsMeasuredSeparately() {
    TestControl.step = 300
    XCTAssertTrue(Services.setRealtime(.init(seconds: 1_800_000_000, nanoseconds: 0)))
    XCTAssertEqual(A.system.publisher.worstNewLine, 300)
    XCTAssertNil(A.system.publisher.worstUpdate)
  }
}

final class UncountedPublisherTests: SystemTestCase {
  func testMissingCounterMeasuresNothing() {
    TestControl.step = 70
    tick()
    XCTAssertTrue(Services.setRealtime(.init(seconds: 1_800_000_000, nanoseconds: 0)))
    XCTAssertNil(A.system.publisher.worstUpdate)
    XCTAssertNil(A.system.publisher.worstNewLine)
    XCTAssertEqual(TestControl.instructions, 0, "it is not even read")
  }
}
