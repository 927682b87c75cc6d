// SPDX-License-Identifier: Apache-2.0
import BoardSupport
import XCTest

@testable import BoardVexpressA15

final class SystemConfigurationTests: XCTestCase {
  /// Records stores, in order.
  private final class Registers: RegisterBank {
    var stores: [[UInt32]] = []

    func load(_ offset: UInt32) -> UInt32 { 0 }

    func store(_ value: UInt32, at offset: UInt32) { stores.append([offset, value]) }

    func storeByte(_ value: UInt8, at offset: UInt32) { XCTFail("this device has words only") }
  }

  func testPowerOffWritesFunctionEightAfterClearingTheStatus() {
    let registers = Registers()
    SystemConfiguration(registers).switchOff()
    XCTAssertEqual(registers.stores, [[0xa8, 0], [0xa0, 0], [0xa4, 0xc080_0000]])
  }
}
