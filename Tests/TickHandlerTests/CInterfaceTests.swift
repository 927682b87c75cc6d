// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import TickHandler

nonisolated(unsafe) private var handled = 0

final class CInterfaceTests: XCTestCase {
  override func tearDown() { TickBinding.install(nil) }

  func testUnboundCNamesReturnNothing() {
    TickBinding.install(nil)
    osTickHandler()
    XCTAssertEqual(losTickCountGet(), 0)
    XCTAssertEqual(losCyclePerTickGet(), 0)
    XCTAssertEqual(losMS2Tick(1000), 0)
    XCTAssertEqual(losTick2MS(1000), 0)
    XCTAssertEqual(losCurrNanosec(), 0)
    var clocks: [Int64] = [1, 2, 3, 4]
    osVdsoTimeGet(&clocks)
    osVdsoTimeGet(nil)
    XCTAssertEqual(clocks, [1, 2, 3, 4])
  }

  func testBoundCNamesReachTheKernel() {
    handled = 0
    TickBinding.install(
      TickBinding(
        handleTick: { handled += 1 }, tickCount: { 42 }, monotonicNanoseconds: { 43 },
        clocks: { clocks in for index in 0..<4 { clocks[index] = Int64(index) + 5 } },
        hertz: 300, frequency: 62_500_000))
    osTickHandler()
    XCTAssertEqual(handled, 1)
    XCTAssertEqual(losTickCountGet(), 42)
    XCTAssertEqual(losCurrNanosec(), 43)
    XCTAssertEqual(losCyclePerTickGet(), 208_333)
    XCTAssertEqual(losMS2Tick(1000), 300)
    XCTAssertEqual(losMS2Tick(.max), .max)
    XCTAssertEqual(losTick2MS(300), 1000)
    XCTAssertEqual(losTick2MS(.max), .max)
    var clocks: [Int64] = [0, 0, 0, 0]
    osVdsoTimeGet(&clocks)
    XCTAssertEqual(clocks, [5, 6, 7, 8])
  }
}
