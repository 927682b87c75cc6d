// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

final class TimekeeperTests: XCTestCase {
  override func setUp() { MockCounter.reset() }

  /// The snapshot that was published last.
  private func lastPublished() throws -> TimeSnapshot {
    guard case .published(let snapshot)? = MockCounter.events.last else {
      throw XCTSkip("nothing published")
    }
    return snapshot
  }

  /// The time that a reader of the page computes from a snapshot at `count`.
  private func extrapolate(
    _ seconds: Int64, _ shifted: UInt64, _ page: TimeSnapshot, at count: UInt64
  ) -> Timespec {
    let delta = count &- page.counter
    precondition(delta <= UInt64(page.counterLimit))
    var nanoseconds = (shifted + delta * UInt64(page.mult)) >> UInt64(page.shift)
    var seconds = seconds
    if nanoseconds >= 1_000_000_000 {
      nanoseconds -= 1_000_000_000
      seconds += 1
    }
    return Timespec(seconds: seconds, nanoseconds: Int32(nanoseconds))
  }

  func testTimeStartsAtZeroAndTheCalendarsDate() throws {
    MockCounter.reset(count: 123_456_789)
    let keeper = try KeeperOwner(EventPublisher())
    XCTAssertEqual(keeper.keeper.read(.monotonic), Timespec(seconds: 0, nanoseconds: 0))
    XCTAssertEqual(
      keeper.keeper.read(.realtime), Timespec(seconds: 1_700_000_000, nanoseconds: 0))
    let first = try lastPublished()
    XCTAssertEqual(first.realtimeSeconds, 1_700_000_000)
    XCTAssertEqual(first.counter, 123_456_789)
    XCTAssertEqual(first.tickNanoseconds, 1_000_000)
  }

  func testFineClocksFollowTheCounterAndCoarseOnesTheUpdate() throws {
    let owner = try KeeperOwner(EventPublisher())
    MockCounter.run(62_500_000 + 10)
    let fine = Timespec(seconds: 1, nanoseconds: 160)
    for clock in [ClockIdentifier.monotonic, .monotonicRaw, .boottime] {
      XCTAssertEqual(owner.keeper.read(clock), fine)
    }
    for clock in [ClockIdentifier.realtime, .tai] {
      XCTAssertEqual(
        owner.keeper.read(clock), Timespec(seconds: 1_700_000_001, nanoseconds: 160))
    }
    XCTAssertEqual(owner.keeper.read(.monotonicCoarse), Timespec(seconds: 0, nanoseconds: 0))
    let update = owner.keeper.update()
    XCTAssertEqual(update.monotonicNanoseconds, 1_000_000_160)
    XCTAssertEqual(owner.keeper.read(.monotonicCoarse), fine)
    XCTAssertEqual(
      owner.keeper.read(.realtimeCoarse), Timespec(seconds: 1_700_000_001, nanoseconds: 160))
  }

  func testOnlyTheKnownClocksAnswer() throws {
    let owner = try KeeperOwner(EventPublisher(), tick: XCTUnwrap(TickConfiguration(hertz: 300)))
    for number in [Int32.min, -1] + Array(0...31) + [Int32.max] {
      let clock = ClockIdentifier(rawValue: number)
      XCTAssertEqual(clock != nil, [0, 1, 4, 5, 6, 7, 8, 9, 11].contains(number))
      XCTAssertEqual(owner.keeper.read(number) != nil, clock != nil)
      let resolution: Timespec? = clock.map {
        Timespec(seconds: 0, nanoseconds: $0.isCoarse ? 3_333_333 : 1)
      }
      XCTAssertEqual(owner.keeper.resolution(of: number), resolution)
    }
  }

  func testSetOfTheWallClockPublishesAndKeepsMonotonicTime() throws {
    let owner = try KeeperOwner(EventPublisher())
    MockCounter.run(62_500_003)
    MockCounter.events = []
    let wanted = Timespec(seconds: 946_684_800, nanoseconds: 999_999_999)
    try owner.keeper.setRealtime(wanted)
    XCTAssertEqual(MockCounter.events.count, 1)
    let page = try lastPublished()
    XCTAssertTrue(page.isDiscontinuous)
    XCTAssertEqual(page.realtimeSeconds, wanted.seconds)
    XCTAssertEqual(page.realtimeNanoseconds, UInt32(wanted.nanoseconds))
    XCTAssertEqual(owner.keeper.read(.realtime), wanted)
    XCTAssertEqual(owner.keeper.read(.realtimeCoarse), wanted)
    XCTAssertEqual(owner.keeper.read(.monotonic), Timespec(seconds: 1, nanoseconds: 48))
    MockCounter.run(1)
    XCTAssertEqual(
      owner.keeper.read(.realtime), Timespec(seconds: 946_684_801, nanoseconds: 15))
    owner.keeper.update()
    XCTAssertFalse(try lastPublished().isDiscontinuous)
  }

  func testInvalidWallClockTimeIsRefusedAndChangesNothing() throws {
    let owner = try KeeperOwner(EventPublisher())
    MockCounter.run(62_500_000 * 100)
    owner.keeper.update()
    MockCounter.events = []
    let latest = KeeperOwner<EventPublisher>.Keeper.latestSet
    for bad in [
      Timespec(seconds: -1, nanoseconds: 0), Timespec(seconds: 1000, nanoseconds: -1),
      Timespec(seconds: 1000, nanoseconds: 1_000_000_000),
      Timespec(seconds: latest + 1, nanoseconds: 0), Timespec(seconds: .max, nanoseconds: 0),
      Timespec(seconds: .min, nanoseconds: 0), Timespec(seconds: 0, nanoseconds: .min),
      Timespec(seconds: 99, nanoseconds: 999_999_999),
    ] {
      XCTAssertThrowsError(try owner.keeper.setRealtime(bad)) {
        XCTAssertEqual(
          $0 as? KeeperOwner<EventPublisher>.Keeper.SetError, .invalid(bad))
      }
    }
    XCTAssertEqual(MockCounter.events, [])
    XCTAssertEqual(
      owner.keeper.read(.realtime), Timespec(seconds: 1_700_000_100, nanoseconds: 0))
    for good in [Timespec(seconds: 100, nanoseconds: 0), Timespec(seconds: latest, nanoseconds: 0)]
    {
      try owner.keeper.setRealtime(good)
      XCTAssertEqual(owner.keeper.read(.realtime), good)
    }
  }

  func testCounterOfTheWrongFrequencyIsRefused() {
    MockCounter.reset(frequency: 19_999)
    XCTAssertThrowsError(try KeeperOwner(EventPublisher())) {
      XCTAssertEqual(
        $0 as? KeeperOwner<EventPublisher>.Keeper.StartError, .unsupportedFrequency(19_999))
    }
  }

  func testUntrustedCounterLeavesAllClocksAtTickResolution() throws {
    let owner = try KeeperOwner(EventPublisher())
    owner.keeper.setMode(.systemCall)
    XCTAssertEqual(try lastPublished().mode, .systemCall)
    MockCounter.run(62_500)
    owner.keeper.update()
    let (tick, fine) = (
      Timespec(seconds: 0, nanoseconds: 1_000_000), [0, 1, 4, 7, 8, 9, 11] as [Int32]
    )
    for counts: UInt64 in [0, 1, 1000, 62_500 * 5000] {
      MockCounter.run(counts)
      for clock in fine {
        XCTAssertEqual(owner.keeper.read(clock)?.nanoseconds, 1_000_000, "clock \(clock)")
        XCTAssertEqual(owner.keeper.resolution(of: clock), tick)
      }
    }
    owner.keeper.setMode(.counter)
    MockCounter.run(1)
    for clock in fine {
      XCTAssertEqual(
        owner.keeper.read(clock)?.nanoseconds, 1_000_000 + 1001 * 16 + 16, "clock \(clock)")
      XCTAssertEqual(owner.keeper.resolution(of: clock)?.nanoseconds, 1)
    }
  }

  func testCounterWrapsAt64And32Bits() throws {
    for (mask, start) in [(UInt64.max, UInt64.max - 20), (0xffff_ffff, 0xffff_fff0)] {
      MockCounter.reset(mask: mask, count: start)
      let owner = try KeeperOwner(EventPublisher())
      for turn in 1...10_000 {
        MockCounter.run(62_500)
        owner.keeper.update()
        XCTAssertEqual(
          owner.keeper.monotonicNanoseconds(), UInt64(turn) * 1_000_000, "mask \(mask)")
      }
      // A 32-bit counter wraps every 69 seconds here; half of that may pass between two looks.
      for turn in 1...20 {
        MockCounter.run(0x7fff_ffff)
        let counts = 625_000_000 + UInt64(turn) * 0x7fff_ffff
        XCTAssertEqual(owner.keeper.update().monotonicNanoseconds, counts * 16)
      }
    }
  }

  func testSampleFromBeforeTheLastOneMovesNothing() throws {
    MockCounter.reset(count: 1_000_000)
    let owner = try KeeperOwner(EventPublisher())
    MockCounter.run(500_000)
    let now = owner.keeper.update()
    MockCounter.run(UInt64(bitPattern: -300))
    XCTAssertEqual(owner.keeper.read(.monotonic), Timespec(seconds: 0, nanoseconds: 8_000_000))
    XCTAssertEqual(owner.keeper.update(), now)
    XCTAssertEqual(owner.keeper.read(.monotonicCoarse).nanoseconds, 8_000_000)
  }

  func testPageAndCallAgreeAndNeverGoBackOverSetsAndTicks() throws {
    var dice = Dice(seed: 21)
    for frequency: UInt32 in [1_000_000, 24_000_000, 62_500_000, 99_999_989, 999_999_937] {
      MockCounter.reset(frequency: frequency, count: dice.next())
      let owner = try KeeperOwner(EventPublisher())
      var lastFine = Timespec(seconds: 0, nanoseconds: 0)
      var lastCoarse = lastFine
      var lastRealtime = owner.keeper.read(.realtime)
      for _ in 0..<20_000 {
        MockCounter.run(UInt64.random(in: 0...UInt64(frequency / 800), using: &dice))
        switch Int.random(in: 0..<10, using: &dice) {
        case 0:
          lastRealtime = Timespec(
            seconds: .random(in: 10_000...4_000_000_000, using: &dice),
            nanoseconds: .random(in: 0..<1_000_000_000, using: &dice))
          try owner.keeper.setRealtime(lastRealtime)
          XCTAssertEqual(owner.keeper.read(.realtime), lastRealtime)
        case 1...4: owner.keeper.update()
        default: break
        }
        let page = try lastPublished()
        XCTAssertEqual(
          owner.keeper.read(.monotonicCoarse),
          Timespec(
            seconds: page.monotonicSeconds, nanoseconds: Int32(page.monotonicNanoseconds)))
        XCTAssertEqual(
          owner.keeper.read(.realtimeCoarse),
          Timespec(seconds: page.realtimeSeconds, nanoseconds: Int32(page.realtimeNanoseconds)))
        let count = MockCounter.read()
        let fine = owner.keeper.read(.monotonic)
        let realtime = owner.keeper.read(.realtime)
        XCTAssertEqual(
          fine, extrapolate(page.monotonicSeconds, page.monotonicShifted, page, at: count))
        XCTAssertEqual(
          realtime, extrapolate(page.realtimeSeconds, page.realtimeShifted, page, at: count))
        let both = owner.keeper.readBoth()
        XCTAssertEqual(both.monotonic, fine)
        XCTAssertEqual(both.realtime, realtime)
        let coarse = owner.keeper.read(.monotonicCoarse)
        XCTAssertTrue(coarse >= lastCoarse && fine >= lastFine && fine >= coarse)
        XCTAssertTrue(realtime >= lastRealtime && coarse.isValid && fine.isValid)
        (lastFine, lastCoarse, lastRealtime) = (fine, coarse, realtime)
      }
    }
  }

  func testUpdateContinuesTheLineSoThatBothBanksAgree() throws {
    var dice = Dice(seed: 22)
    for frequency in manyFrequencies(50) {
      MockCounter.reset(frequency: frequency)
      let owner = try KeeperOwner(EventPublisher())
      var before = owner.keeper.snapshot()
      for _ in 0..<200 {
        MockCounter.run(UInt64.random(in: 1...UInt64(frequency / 3), using: &dice))
        owner.keeper.update()
        let after = owner.keeper.snapshot()
        let count = after.counter + UInt64.random(in: 0..<UInt64(frequency / 2), using: &dice)
        XCTAssertEqual(
          extrapolate(before.monotonicSeconds, before.monotonicShifted, before, at: count),
          extrapolate(after.monotonicSeconds, after.monotonicShifted, after, at: count))
        before = after
      }
    }
  }

  func testModeOfTheFineClocksIsPublished() throws {
    let owner = try KeeperOwner(EventPublisher())
    owner.keeper.setMode(.systemCall)
    XCTAssertEqual(try lastPublished().mode, .systemCall)
    owner.keeper.update()
    XCTAssertEqual(try lastPublished().mode, .systemCall)
  }

  func testIntervalsConvertToNanosecondsOrNil() {
    XCTAssertEqual(Timespec(seconds: 2, nanoseconds: 3).totalNanoseconds, 2_000_000_003)
    XCTAssertEqual(Timespec(seconds: .max, nanoseconds: 3).totalNanoseconds, .max)
    XCTAssertEqual(
      Timespec(seconds: 18_446_744_073, nanoseconds: 709_551_615).totalNanoseconds, .max)
    XCTAssertEqual(
      Timespec(seconds: 18_446_744_073, nanoseconds: 709_551_616).totalNanoseconds, .max)
    XCTAssertNil(Timespec(seconds: -1, nanoseconds: 0).totalNanoseconds)
    XCTAssertNil(Timespec(seconds: 0, nanoseconds: -1).totalNanoseconds)
    XCTAssertNil(Timespec(seconds: 0, nanoseconds: 1_000_000_000).totalNanoseconds)
  }
}
