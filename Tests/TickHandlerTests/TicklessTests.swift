// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

/// Waiting without a tick.
final class TicklessTests: XCTestCase {
  override func setUp() { MockCounter.reset() }

  /// The events of `leaveIdle`, in order.
  private func leave(_ owner: ServiceOwner) -> [String] {
    MockCounter.events = []
    owner.service.leaveIdle { MockCounter.events.append(.woken($0)) }
    return MockCounter.events.map {
      switch $0 {
      case .published(let page): "published at \(page.counter)"
      case .leapt: "leapt"
      case .armed(let count): "armed \(count)"
      case .stopped: "stopped"
      case .woken(let token): "woken \(token)"
      }
    }
  }

  private func enter(_ owner: ServiceOwner) -> Event? {
    MockCounter.events = []
    owner.service.enterIdle()
    XCTAssertLessThanOrEqual(MockCounter.events.count, 1)
    return MockCounter.events.last
  }

  func testIdleWithoutATimeoutStopsTheTimer() throws {
    let owner = try ServiceOwner()
    XCTAssertEqual(enter(owner), .stopped)
    MockCounter.run(62_500 * 5 + 3)
    XCTAssertEqual(leave(owner), ["published at 312503", "armed 375000"])
    let ticks = owner.service.statistics()
    XCTAssertEqual(
      ticks, TickStatistics(ticks: 5, missed: 0, skipped: 5, interrupts: 0, idleWaits: 1))
  }

  func testNextTimeoutIsProgrammedExactlyAndServedAfterThePage() throws {
    let owner = try ServiceOwner()
    _ = try owner.service.schedule(at: 10_000_001, token: 7)
    _ = try owner.service.schedule(at: 10_000_001, token: 8)
    _ = try owner.service.schedule(at: 10_000_033, token: 9)
    XCTAssertEqual(enter(owner), .armed(625_001))
    MockCounter.run(625_001)
    XCTAssertEqual(leave(owner), ["published at 625001", "woken 7", "woken 8", "armed 625003"])
    XCTAssertEqual(enter(owner), .armed(625_003))
  }

  func testEarlyWakeUpPublishesAndWakesNoTask() throws {
    let owner = try ServiceOwner()
    _ = try owner.service.schedule(at: 10_000_000, token: 7)
    XCTAssertEqual(enter(owner), .armed(625_000))
    MockCounter.run(200)
    XCTAssertEqual(leave(owner), ["published at 200", "armed 62500"])
    MockCounter.run(62_300)
    XCTAssertEqual(owner.interrupt().count, 2)
    XCTAssertEqual(owner.service.statistics().skipped, 0)
  }

  func testExpiredTimeoutInterruptsAtOnce() throws {
    let owner = try ServiceOwner()
    MockCounter.run(100)
    _ = try owner.service.schedule(at: 1, token: 7)
    guard case .armed(let count)? = enter(owner) else { return XCTFail("nothing armed") }
    XCTAssertLessThanOrEqual(count, MockCounter.read())
    XCTAssertEqual(leave(owner), ["published at 100", "woken 7", "armed 62500"])
  }

  func testNohzOffKeepsTheTick() throws {
    let owner = try ServiceOwner(isTickless: false)
    _ = try owner.service.schedule(at: 10_000_000, token: 7)
    XCTAssertNil(enter(owner))
    MockCounter.run(62_500)
    XCTAssertEqual(leave(owner), [])
    XCTAssertEqual(owner.interrupt().count, 2)
    XCTAssertEqual(owner.service.statistics().interrupts, 1)
    XCTAssertEqual(owner.service.statistics().idleWaits, 0)
  }

  /// At every rate: at the count the deadline has come, one count before it has not.
  func testProgrammedCountIsTheFirstAtTheDeadline() throws {
    var dice = Dice(seed: 51)
    for frequency in [20_000, 1_000_000, 24_000_000, 62_500_000, 99_999_989, 999_999_937]
      as [UInt32]
    {
      MockCounter.reset(frequency: frequency, count: dice.next() >> 2)
      let owner = try KeeperOwner(EventPublisher())
      for _ in 0..<500 {
        MockCounter.run(UInt64.random(in: 0...UInt64(frequency), using: &dice))
        owner.keeper.update()
        var rate = ClockAdjustment(modes: .frequency)
        rate.frequency = .random(in: -32_768_000...32_768_000, using: &dice)
        XCTAssertNotNil(owner.keeper.adjust(&rate))
        MockCounter.run(UInt64.random(in: 0...1000, using: &dice))
        let length = UInt64.random(
          in: 0...(1 << UInt64.random(in: 1...57, using: &dice)), using: &dice)
        let deadline = owner.keeper.monotonicNanoseconds() + length
        let start = MockCounter.read()
        let count = try XCTUnwrap(owner.keeper.idleDeadline(deadline))
        MockCounter.run(count &- start)
        XCTAssertGreaterThanOrEqual(owner.keeper.monotonicNanoseconds(), deadline)
        if count > start {
          MockCounter.run(.max)
          XCTAssertLessThan(owner.keeper.monotonicNanoseconds(), deadline, "\(frequency)")
        }
        MockCounter.run(start &- MockCounter.read())
      }
    }
  }

  func testUnreachableDeadlineIsFarAhead() throws {
    let owner = try KeeperOwner(EventPublisher())
    XCTAssertNil(owner.keeper.idleDeadline(nil))
    for deadline in [.max, 1 << 63, 1_000_000_000 << 31] as [UInt64] {
      XCTAssertEqual(owner.keeper.idleDeadline(deadline), .max / 4)
    }
  }

  func testIdleSteersTheClockEverySecondDuringASlew() throws {
    let owner = try KeeperOwner(EventPublisher())
    var request = ClockAdjustment(modes: [.once, .offset])
    request.offset = 300
    XCTAssertNotNil(owner.keeper.adjust(&request))
    MockCounter.run(1000)
    XCTAssertEqual(owner.keeper.idleDeadline(nil), 62_500_000)
    XCTAssertEqual(owner.keeper.idleDeadline(1 << 40), 62_500_000)
    XCTAssertEqual(try XCTUnwrap(owner.keeper.idleDeadline(1_000_000)), 62_500, accuracy: 32)
    // Days of idleness later, 300 microseconds were slewed and not a nanosecond more.
    for _ in 0..<5 {
      guard let count = owner.keeper.idleDeadline(nil) else { break }
      MockCounter.run(count - MockCounter.read())
      owner.keeper.update()
    }
    XCTAssertNil(owner.keeper.idleDeadline(nil))
    MockCounter.run(62_500_000 * 86_400 * 3)
    owner.keeper.update()
    let (raw, slewed) = (owner.keeper.read(.monotonicRaw), owner.keeper.read(.monotonic))
    XCTAssertEqual(slewed - raw, Timespec(seconds: 0, nanoseconds: 300_000))
  }

  func testNarrowCounterIsReadBeforeItWraps() throws {
    MockCounter.reset(mask: 0xffff_ffff, count: 0xffff_0000)
    let owner = try ServiceOwner()
    var passed = UInt64(0)
    for _ in 0..<20 {
      guard case .armed(let count)? = enter(owner) else { return XCTFail("not armed") }
      let distance = (count &- MockCounter.read()) & 0xffff_ffff
      XCTAssertEqual(distance, 0x3fff_ffff)
      MockCounter.run(distance)
      passed += distance
      XCTAssertEqual(leave(owner).count, 2)
    }
    XCTAssertEqual(owner.service.timekeeper.monotonicNanoseconds(), passed * 16)
    XCTAssertEqual(owner.service.tickCount(), passed / 62_500)
  }

  /// Every tick is taken by an interrupt, missed, or skipped; no deadline is passed over.
  func testEveryTickIsAccountedFor() throws {
    var dice = Dice(seed: 52)
    for hertz in [10, 300, 1000, 9973] as [UInt32] {
      MockCounter.reset(frequency: 62_500_000)
      let owner = try ServiceOwner(tick: XCTUnwrap(TickConfiguration(hertz: hertz)))
      for _ in 0..<3000 {
        if Bool.random(using: &dice) {
          MockCounter.run(.random(in: 0...62_500_000 / UInt64(hertz) * 3, using: &dice))
          _ = owner.interrupt()
        } else {
          owner.service.enterIdle()
          MockCounter.run(
            .random(in: 0...1 << UInt64.random(in: 1...34, using: &dice), using: &dice))
          _ = leave(owner)
        }
        let ticks = owner.service.statistics()
        XCTAssertEqual(ticks.ticks, MockCounter.read() * UInt64(hertz) / 62_500_000)
        XCTAssertEqual(ticks.ticks, ticks.interrupts + ticks.missed + ticks.skipped)
      }
    }
  }
}
