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

  func testTickPublishesThenWakesThenProgramsTheTimer() throws {
    let owner = try ServiceOwner()
    _ = try owner.service.schedule(at: 1_000_000, token: 7)
    _ = try owner.service.schedule(at: 1_000_000, token: 8)
    XCTAssertEqual(kinds(MockCounter.events), ["armed 62500"])
    MockCounter.run(62_500)
    XCTAssertEqual(kinds(owner.interrupt()), ["published", "woken 7", "woken 8", "armed 125000"])
  }

  /// What the boot did before is no part of the age of the first publication.
  func testStartPublishesTheTime() throws {
    let owner = try ServiceOwner()
    MockCounter.run(100)
    owner.service.start()
    XCTAssertEqual(kinds(MockCounter.events), ["published", "armed 62600"])
  }

  func testTimeoutBetweenTicksHasAnInterruptOfItsOwn() throws {
    let owner = try ServiceOwner()
    _ = try owner.service.schedule(at: 400_001, token: 1)
    XCTAssertEqual(kinds(MockCounter.events), ["armed 25001"])
    MockCounter.run(25_001)
    XCTAssertEqual(kinds(owner.interrupt()), ["woken 1", "armed 62500"])
    XCTAssertEqual(owner.service.statistics().interrupts, 0, "it is no tick")
  }

  func testTimeoutJustAfterTheTickIsProgrammedByTheTick() throws {
    let owner = try ServiceOwner()
    _ = try owner.service.schedule(at: 1_000_001, token: 1)
    MockCounter.run(62_500)
    XCTAssertEqual(kinds(owner.interrupt()), ["published", "armed 62501"])
    MockCounter.run(1)
    XCTAssertEqual(kinds(owner.interrupt()), ["woken 1", "armed 125000"])
  }

  func testTimerIsProgrammedWithItsLockReleased() throws {
    let owner = try ServiceOwner()
    var programmed = 0
    MockCounter.willProgram = {
      programmed += 1
      XCTAssertNil(owner.service.timers.lockHolder)
    }
    defer { MockCounter.willProgram = {} }
    _ = try owner.service.schedule(at: 400_000, token: 1)
    MockCounter.run(25_000)
    _ = owner.interrupt()
    _ = owner.service.enterIdle()
    owner.service.leaveIdle { _ in }
    XCTAssertEqual(programmed, 4)
  }

  func testSlackWaitsForATickThatIsInIt() throws {
    let owner = try ServiceOwner()
    _ = try owner.service.schedule(at: 990_000, slack: 9_999, token: 1)
    _ = try owner.service.schedule(at: 980_000, slack: 20_000, token: 2)
    XCTAssertEqual(kinds(MockCounter.events), ["armed 61875", "armed 62500"])
    MockCounter.run(62_500)
    XCTAssertEqual(kinds(owner.interrupt()), ["published", "woken 2", "woken 1", "armed 125000"])
  }

  func testOneInterruptServesTwoTimeoutsAtMost() throws {
    let owner = try ServiceOwner()
    for token in 1...5 as ClosedRange<UInt32> {
      _ = try owner.service.schedule(at: 160_000, token: token)
    }
    MockCounter.run(10_000)
    XCTAssertEqual(kinds(owner.interrupt()), ["woken 1", "woken 2", "armed 10000"])
    XCTAssertEqual(kinds(owner.interrupt()), ["woken 3", "woken 4", "armed 10000"])
    XCTAssertEqual(kinds(owner.interrupt()), ["woken 5", "armed 62500"])
  }

  func testEachCPUServesItsOwnTimeouts() throws {
    let owner = try ServiceOwner()
    NumberedProcessor.number = 1
    owner.service.join()
    let first = try owner.service.schedule(at: 160_000, token: 1)
    _ = try owner.service.schedule(at: 160_000, token: 2)
    NumberedProcessor.number = 0
    MockCounter.run(10_000)
    XCTAssertEqual(kinds(owner.interrupt()), ["armed 62500"])
    XCTAssertTrue(owner.service.cancel(first), "any CPU cancels it")
    NumberedProcessor.number = 1
    XCTAssertEqual(kinds(owner.interrupt()), ["woken 2", "armed 66406"])
  }

  func testUntrustedCounterServesTimeoutsAtTicks() throws {
    let owner = try ServiceOwner(mode: .systemCall)
    _ = try owner.service.schedule(at: 400_000, token: 1)
    XCTAssertEqual(kinds(MockCounter.events), ["armed 62500"])
    MockCounter.run(40_000)
    XCTAssertEqual(kinds(owner.interrupt()), ["armed 62500"], "the clocks show no time after it")
    MockCounter.run(22_500)
    XCTAssertEqual(kinds(owner.interrupt()), ["published", "woken 1", "armed 125000"])
  }

  func testLateTickCountsTheMissedOnesAndKeepsTheGrid() throws {
    let owner = try ServiceOwner()
    MockCounter.run(62_500 * 5 + 17)
    XCTAssertEqual(kinds(owner.interrupt()), ["published", "armed 375000"])
    XCTAssertEqual(owner.service.tickCount(), 5)
    XCTAssertEqual(owner.service.statistics().missed, 4)
    XCTAssertEqual(
      owner.service.timekeeper.read(.monotonicCoarse).nanoseconds, 5_000_000 + 17 * 16)
  }

  func testSecondCPUOfATickOnlyProgramsItsTimer() throws {
    let owner = try ServiceOwner()
    MockCounter.run(62_500)
    _ = owner.interrupt()
    NumberedProcessor.number = 1
    owner.service.join()
    XCTAssertEqual(kinds(MockCounter.events).last, "armed 128906")
    MockCounter.run(66_406 - 62_500)
    XCTAssertEqual(kinds(owner.interrupt()), ["armed 128906"])
    XCTAssertEqual(owner.service.tickCount(), 1)
  }

  func testWakerMayScheduleAndCancelDuringATick() throws {
    let owner = try ServiceOwner(capacity: 2)
    _ = try owner.service.schedule(at: 500_000, token: 1)
    let second = try owner.service.schedule(at: 600_000, token: 2)
    MockCounter.run(62_500)
    var woken: [UInt32] = []
    _ = owner.service.handleInterrupt { token in
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

  func testNoTimeoutIsEarlyOrLate() throws {
    var dice = Dice(seed: 41)
    for (frequency, hertz) in [(62_500_000, 1000), (99_999_989, 9973), (1_000_003, 10)]
      as [(UInt32, UInt32)]
    {
      MockCounter.reset(frequency: frequency)
      let tick = try XCTUnwrap(TickConfiguration(hertz: hertz))
      let owner = try ServiceOwner(tick: tick, capacity: 64)
      owner.service.join()
      var deadlines: [UInt32: UInt64] = [:]
      var armed = MockCounter.lastArmed
      for token in 0..<5000 as Range<UInt32> {
        if deadlines.count < 64 {
          // Somewhere before the next interrupt a program starts a timeout.
          MockCounter.run(.random(in: 0...(armed - MockCounter.read()), using: &dice))
          let deadline =
            owner.service.timekeeper.monotonicNanoseconds()
            + .random(in: 0...UInt64(tick.nanoseconds) * 10, using: &dice)
          deadlines[token] = deadline
          MockCounter.events = []
          _ = try owner.service.schedule(at: deadline, token: token)
          if !MockCounter.events.isEmpty { armed = MockCounter.lastArmed }
        }
        if armed > MockCounter.read() { MockCounter.run(armed - MockCounter.read()) }
        repeat {
          let now = owner.service.timekeeper.monotonicNanoseconds()
          for case .woken(let token) in owner.interrupt() {
            XCTAssertLessThanOrEqual(try XCTUnwrap(deadlines.removeValue(forKey: token)), now)
          }
          armed = MockCounter.lastArmed
        } while armed <= MockCounter.read()
        let now = owner.service.timekeeper.monotonicNanoseconds()
        XCTAssertTrue(deadlines.values.allSatisfy { $0 > now })
      }
    }
  }
}
