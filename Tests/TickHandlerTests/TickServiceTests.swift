// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

final class TickServiceTests: XCTestCase {
  override func setUp() { MockCounter.reset() }

  /// The kinds of events, in order.
  private func kinds(_ events: [Event]) -> [String] {
    events.map {
      switch $0 {
      case .published: "published"
      case .leapt: "leapt"
      case .armed(let count): "armed \(count)"
      case .stopped: "stopped"
      case .woken(let token): "woken \(token)"
      }
    }
  }

  func testTickPublishesThenProgramsTheTimerThenWakes() throws {
    let owner = try ServiceOwner()
    _ = try owner.service.schedule(at: 1_000_000, token: 7)
    _ = try owner.service.schedule(at: 900_000, token: 8)
    _ = try owner.service.schedule(at: 1_000_001, token: 9)
    MockCounter.run(62_500)
    XCTAssertEqual(kinds(owner.tick()), ["published", "armed 125000", "woken 8", "woken 7"])
    MockCounter.run(62_500)
    XCTAssertEqual(kinds(owner.tick()), ["published", "armed 187500", "woken 9"])
  }

  func testTimeoutJustAfterTheTickWaitsForTheNext() throws {
    let owner = try ServiceOwner()
    _ = try owner.service.schedule(at: 1_000_001, token: 1)
    MockCounter.run(62_500)
    XCTAssertEqual(kinds(owner.tick()), ["published", "armed 125000"])
    MockCounter.run(62_500)
    XCTAssertEqual(kinds(owner.tick()), ["published", "armed 187500", "woken 1"])
  }

  func testLateTickCountsTheMissedOnesAndKeepsTheGrid() throws {
    let owner = try ServiceOwner()
    MockCounter.run(62_500 * 5 + 17)
    XCTAssertEqual(kinds(owner.tick()), ["published", "armed 375000"])
    XCTAssertEqual(owner.service.tickCount(), 5)
    XCTAssertEqual(owner.service.statistics().missed, 4)
    XCTAssertEqual(
      owner.service.timekeeper.read(.monotonicCoarse).nanoseconds, 5_000_000 + 17 * 16)
  }

  func testSecondCPUOfATickOnlyProgramsItsTimer() throws {
    let owner = try ServiceOwner()
    MockCounter.run(62_500)
    _ = owner.tick()
    MockCounter.run(40)
    XCTAssertEqual(kinds(owner.tick()), ["published", "armed 125000"])
    XCTAssertEqual(owner.service.tickCount(), 1)
    MockCounter.events = []
    owner.service.join()
    XCTAssertEqual(kinds(MockCounter.events), ["armed 125000"])
  }

  func testWakerMayScheduleAndCancelDuringATick() throws {
    let owner = try ServiceOwner(capacity: 2)
    _ = try owner.service.schedule(at: 500_000, token: 1)
    let second = try owner.service.schedule(at: 600_000, token: 2)
    MockCounter.run(62_500)
    var woken: [UInt32] = []
    owner.service.handleTick { token in
      woken.append(token)
      if token == 1 {
        XCTAssertTrue(owner.service.cancel(second))
        XCTAssertNotNil(try? owner.service.schedule(at: 700_000, token: 3))
        XCTAssertNotNil(try? owner.service.schedule(at: 1_000_001, token: 4))
        XCTAssertNil(try? owner.service.schedule(at: 1_000_001, token: 5))
      }
    }
    XCTAssertEqual(woken, [1, 3])
  }

  func testNoTimeoutIsEarlyOrMoreThanATickLate() throws {
    var dice = Dice(seed: 41)
    for (frequency, hertz) in [(62_500_000, 1000), (99_999_989, 9973), (1_000_003, 10)]
      as [(UInt32, UInt32)]
    {
      MockCounter.reset(frequency: frequency)
      let tick = try XCTUnwrap(TickConfiguration(hertz: hertz))
      let owner = try ServiceOwner(tick: tick, capacity: 64)
      var deadlines: [UInt32: UInt64] = [:]
      var token = UInt32(0)
      var lastTick = UInt64(0)
      for turn in 1...5000 {
        // Programs start timeouts at times before the next tick.
        let next = UInt64(turn) * UInt64(frequency) / UInt64(hertz)
        MockCounter.run(.random(in: 0...(next - MockCounter.read()), using: &dice))
        while deadlines.count < 64, Bool.random(using: &dice) {
          let deadline =
            owner.service.timekeeper.monotonicNanoseconds()
            + .random(in: 0...UInt64(tick.nanoseconds) * 10, using: &dice)
          _ = try owner.service.schedule(at: deadline, token: token)
          deadlines[token] = deadline
          token += 1
        }
        MockCounter.run(next - MockCounter.read())
        let now = owner.service.timekeeper.monotonicNanoseconds()
        for case .woken(let token) in owner.tick() {
          let deadline = try XCTUnwrap(deadlines.removeValue(forKey: token))
          XCTAssertLessThanOrEqual(deadline, now)
          XCTAssertGreaterThan(deadline + 1, lastTick)
        }
        XCTAssertTrue(deadlines.values.allSatisfy { $0 > now })
        lastTick = now
      }
    }
  }
}
