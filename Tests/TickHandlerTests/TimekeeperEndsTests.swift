// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

/// Where the numbers of time end: centuries, 2038, narrow counters.
final class TimekeeperEndsTests: XCTestCase {
  override func setUp() { MockCounter.reset() }

  private static let year: UInt64 = 31_556_952

  /// 64 bits of nanoseconds last for 584 years; sleeps of any length in between lose nothing.
  func testFiveHundredYearsAreCountedToTheNanosecond() throws {
    var dice = Dice(seed: 61)
    for frequency in [1_000_000, 62_500_000, 500_000_000] as [UInt32] {
      MockCounter.reset(frequency: frequency)
      let owner = try KeeperOwner(EventPublisher())
      let perCount = UInt64(1_000_000_000 / frequency)
      while MockCounter.read() < 500 * Self.year * UInt64(frequency) {
        let years = UInt64.random(in: 0...40, using: &dice) * Self.year * UInt64(frequency)
        MockCounter.run(years + .random(in: 0...UInt64(frequency) * 2, using: &dice))
        let nanoseconds = MockCounter.read() * perCount
        XCTAssertEqual(owner.keeper.monotonicNanoseconds(), nanoseconds)
        let seconds = Int64(nanoseconds / 1_000_000_000)
        XCTAssertEqual(owner.keeper.read(.monotonicRaw).seconds, seconds)
        XCTAssertEqual(owner.keeper.read(.realtime).seconds, 1_700_000_000 + seconds)
        if Bool.random(using: &dice) {
          MockCounter.events = []
          XCTAssertEqual(owner.keeper.update().monotonicNanoseconds, nanoseconds)
        }
      }
    }
  }

  func testWallClockPasses2038And2106() throws {
    for edge in [0x7fff_ffff, 0xffff_ffff] as [Int64] {
      let owner = try KeeperOwner(EventPublisher())
      try owner.keeper.setRealtime(Timespec(seconds: edge, nanoseconds: 999_999_984))
      XCTAssertEqual(owner.keeper.read(.realtime).seconds, edge)
      MockCounter.run(1)
      XCTAssertEqual(
        owner.keeper.read(.realtime), Timespec(seconds: edge + 1, nanoseconds: 0))
      owner.keeper.update()
      XCTAssertEqual(
        owner.keeper.read(.realtimeCoarse), Timespec(seconds: edge + 1, nanoseconds: 0))
    }
  }

  /// A counter of 32 bits that is looked at as seldom as an idle machine does: 2,500 wraps.
  func testTwoIdleDaysOnANarrowCounterLoseNothing() throws {
    MockCounter.reset(mask: 0xffff_ffff, count: 0xffff_fff0)
    let owner = try ServiceOwner()
    let counts = UInt64(2 * 86_400 * 62_500_000)
    var passed = UInt64(0)
    while passed < counts {
      MockCounter.events = []
      owner.service.enterIdle()
      guard case .armed(let count)? = MockCounter.events.last else { return XCTFail("not armed") }
      let distance = (count &- MockCounter.read()) & 0xffff_ffff
      MockCounter.run(distance)
      passed += distance
      owner.service.leaveIdle { _ in }
      XCTAssertEqual(owner.service.timekeeper.monotonicNanoseconds(), passed * 16)
    }
    XCTAssertEqual(owner.service.statistics().ticks, passed / 62_500)
    XCTAssertEqual(owner.service.statistics().missed, 0)
  }
}
