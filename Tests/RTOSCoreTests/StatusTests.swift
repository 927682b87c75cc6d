// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

final class StatusTests: XCTestCase {
  func testOkAndNokHaveLiteOSNumbers() {
    XCTAssertEqual(Status.ok.rawValue, 0)
    XCTAssertEqual(Status.failed.rawValue, 1)
  }

  func testCodeIsSeverityModuleAndNumber() {
    XCTAssertEqual(Status(.error, .task, 7).rawValue, 0x0200_0207)
    XCTAssertEqual(Status(.fatal, .task, 0).rawValue, 0x0300_0200)
    XCTAssertEqual(Status(.warning, .mutex, 0xff).rawValue, 0x0100_1dff)
    XCTAssertEqual(Status(.normal, .system, 0), .ok)
  }

  func testModulesHaveLiteOSNumbers() {
    let numbers: [Status.Module: UInt32] = [
      .system: 0, .memory: 1, .task: 2, .softwareTimer: 3, .tick: 4, .queue: 6, .semaphore: 7,
      .interrupt: 9, .event: 0x1c, .mutex: 0x1d,
    ]
    for (module, number) in numbers {
      XCTAssertEqual(Status(.error, module, 1).rawValue, 0x0200_0001 | number << 8)
    }
  }
}
