// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class UrgencyTests: XCTestCase {
  func testAllPrioritiesOfBothScalesDiffer() throws {
    let realTime = (1...99).map { Urgency(realTime: UInt8($0)) }
    XCTAssertEqual(realTime, realTime.sorted().reversed())
    XCTAssertEqual(Set(realTime.map(\.rawValue)).count, 99)
    let liteOS = try (0..<32).map { Urgency(try XCTUnwrap(Priority(rawValue: UInt8($0)))) }
    XCTAssertEqual(liteOS, liteOS.sorted())
    XCTAssertEqual(Set(liteOS.map(\.rawValue)).count, 32)
    XCTAssertEqual(liteOS.map { Int($0.priority.rawValue) }, Array(0..<32))
    XCTAssertLessThan(liteOS[10], realTime[98])
    XCTAssertEqual(liteOS[11], realTime[98])
    XCTAssertEqual(liteOS[19], realTime[10])
    XCTAssertLessThan(realTime[0], .fair)
    XCTAssertEqual(liteOS[20], .fair)
    XCTAssertLessThan(liteOS[30], .background)
    XCTAssertLessThan(.background, liteOS[31])
    XCTAssertEqual(liteOS[31].level, Urgency.levelCount - 1)
  }

  func testLevelSetFindsItsFirstLevel() {
    var set = LevelSet()
    XCTAssertEqual(set.first, LevelSet.none)
    for level: UInt32 in stride(from: 127, through: 0, by: -1) {
      set.insert(level)
      XCTAssertEqual(set.first, level)
    }
    for level: UInt32 in 0..<128 {
      XCTAssertEqual(set.first, level)
      set.remove(level)
    }
    XCTAssertEqual(set.first, LevelSet.none)
  }
}
