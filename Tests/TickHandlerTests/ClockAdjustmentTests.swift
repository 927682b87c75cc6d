// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

final class ClockAdjustmentTests: XCTestCase {
  private typealias Owner = KeeperOwner<EventPublisher>

  override func setUp() { MockCounter.reset() }

  private func ask(_ owner: Owner, _ change: (inout ClockAdjustment) -> Void = { _ in })
    -> (isSynchronised: Bool?, answer: ClockAdjustment)
  {
    var request = ClockAdjustment()
    change(&request)
    let result = owner.keeper.adjust(&request)
    return (result, request)
  }

  private func slewOnce(_ owner: Owner, _ microseconds: Int64) {
    _ = ask(owner) {
      $0.modes = [.once, .offset]
      $0.offset = microseconds
    }
  }

  /// Lets seconds go by in ticks and returns monotonic less raw time, in nanoseconds.
  private func run(_ owner: Owner, seconds: Int, ticks: Int = 100) -> Int64 {
    for _ in 0..<seconds * ticks {
      MockCounter.run(UInt64(62_500_000 / ticks))
      owner.keeper.update()
    }
    return lead(owner)
  }

  private func lead(_ owner: Owner) -> Int64 {
    let difference = owner.keeper.read(.monotonic) - owner.keeper.read(.monotonicRaw)
    return difference.seconds * 1_000_000_000 + Int64(difference.nanoseconds)
  }

  func testUnadjustedClockIsReportedAsUnsynchronised() throws {
    let owner = try Owner(EventPublisher())
    MockCounter.events = []
    let (isSynchronised, answer) = ask(owner)
    XCTAssertEqual(isSynchronised, false)
    XCTAssertEqual(answer.status, 0x40)
    XCTAssertEqual(answer.constant, 2)
    XCTAssertEqual(answer.tick, 10_000)
    XCTAssertEqual([answer.offset, answer.frequency, answer.tai], [0, 0, 0])
    XCTAssertEqual(answer.maximumError, 16_000_000)
    XCTAssertEqual(answer.seconds, 1_700_000_000)
    XCTAssertEqual(MockCounter.events, [], "a question disturbs no reader")
  }

  func testFrequencyMovesMonotonicTimeAndNotRawTime() throws {
    for (wanted, taken) in [(100, 100), (-250, -250), (501, 500), (-9_999, -500)]
      as [(Int64, Int64)]
    {
      MockCounter.reset()
      let owner = try Owner(EventPublisher())
      let answer = ask(owner) {
        $0.modes = .frequency
        $0.frequency = wanted << 16
      }.answer
      XCTAssertEqual(answer.frequency, taken << 16)
      // A hundred seconds at this many parts in a million; a unit of mult is half a nanosecond.
      XCTAssertEqual(run(owner, seconds: 100), taken * 100_000, accuracy: 60)
      XCTAssertEqual(owner.keeper.read(.monotonicRaw), Timespec(seconds: 100, nanoseconds: 0))
    }
  }

  func testTickLengthIsARateLimitedToATenth() throws {
    for tick: Int64 in [9_000, 10_001, 11_000] {
      MockCounter.reset()
      let owner = try Owner(EventPublisher())
      let answer = ask(owner) {
        $0.modes = .tick
        $0.tick = tick
      }.answer
      XCTAssertEqual(answer.tick, tick)
      XCTAssertEqual(run(owner, seconds: 10), (tick - 10_000) * 1_000_000, accuracy: 10)
    }
    let owner = try Owner(EventPublisher())
    for tick: Int64 in [8_999, 11_001, .min, .max] {
      let (result, _) = ask(owner) {
        $0.modes = [.tick, .frequency]
        $0.tick = tick
        $0.frequency = 7
      }
      XCTAssertNil(result)
    }
    XCTAssertEqual(ask(owner).answer.frequency, 0)
  }

  func testSlewEndsExactlyAndNeverExceeds500PartsPerMillion() throws {
    for microseconds: Int64 in [1, -1, 333, 2_000, -7_654] {
      MockCounter.reset()
      let owner = try Owner(EventPublisher())
      slewOnce(owner, microseconds)
      var last: Int64 = 0
      for _ in 0..<25 {
        let now = run(owner, seconds: 1)
        XCTAssertLessThanOrEqual(abs(now - last), 500_001)
        last = now
      }
      XCTAssertEqual(last, microseconds * 1000, accuracy: 1)
      let rest = ask(owner) { $0.modes = [.once, .offset, .readOnly] }.answer.offset
      XCTAssertEqual(rest, 0)
      MockCounter.run(62_500_000)
      owner.keeper.update()
      XCTAssertEqual(lead(owner), last, "the rate is the old one again")
    }
  }

  func testRestOfASlewIsReportedAndANewOneReplacesIt() throws {
    let owner = try Owner(EventPublisher())
    slewOnce(owner, 5_000)
    _ = run(owner, seconds: 4)
    let old = ask(owner) {
      $0.modes = [.once, .offset]
      $0.offset = -100
    }.answer.offset
    XCTAssertEqual(old, 3_000, accuracy: 10)
    let before = lead(owner)
    XCTAssertEqual(run(owner, seconds: 10), before - 100_000, accuracy: 2)
  }

  func testLoopSlewsAnOffsetOnlyWhenItIsOn() throws {
    let owner = try Owner(EventPublisher())
    func offset(_ nanoseconds: Int64) -> ClockAdjustment {
      ask(owner) {
        $0.modes = [.offset, .nano]
        $0.offset = nanoseconds
      }.answer
    }
    XCTAssertEqual(offset(1_000_000).offset, 0)
    let on = ask(owner) {
      $0.modes = [.status, .timeConstant]
      $0.status = 0x81  // The loop, and the frequency stays.
      $0.constant = 0
    }
    XCTAssertEqual(on.isSynchronised, true)
    XCTAssertEqual(offset(1_000_000).offset, 1_000_000)
    XCTAssertEqual(run(owner, seconds: 1), 250_000, accuracy: 3_000)
    XCTAssertEqual(run(owner, seconds: 80), 1_000_000, accuracy: 5)
    XCTAssertEqual(ask(owner).answer.frequency, 0)
    // Half a second is the most, and it goes away with 500 microseconds a second.
    XCTAssertEqual(offset(.max).offset, 500_000_000)
    XCTAssertEqual(run(owner, seconds: 10), 6_000_000, accuracy: 10_000)
  }

  func testStepClearsTheRestOfASlew() throws {
    let owner = try Owner(EventPublisher())
    _ = ask(owner) { $0.modes = .status }
    slewOnce(owner, 50_000)
    _ = run(owner, seconds: 2)
    let before = lead(owner)
    let (isSynchronised, answer) = ask(owner) {
      $0.modes = [.setOffset, .nano]
      $0.seconds = 100
      $0.fraction = 5
    }
    XCTAssertEqual(isSynchronised, false)
    XCTAssertEqual(answer.status, 0x2040)
    XCTAssertEqual(answer.seconds, 1_700_000_102)
    XCTAssertEqual(run(owner, seconds: 3), before)
    for bad: (Int64, Int64) in [(0, -1), (0, 1_000_000_000), (-4_000_000_000, 0), (.max, 0)] {
      let (result, _) = ask(owner) {
        $0.modes = [.setOffset, .nano]
        ($0.seconds, $0.fraction) = bad
      }
      XCTAssertNil(result, "\(bad)")
    }
  }

  func testAtomicTimeIsAheadByItsOffset() throws {
    let owner = try Owner(EventPublisher())
    func setTAI(_ seconds: Int64) -> Int64 {
      ask(owner) {
        $0.modes = .tai
        $0.constant = seconds
      }.answer.tai
    }
    XCTAssertEqual(setTAI(37), 37)
    XCTAssertEqual(setTAI(-1), 37)
    XCTAssertEqual(setTAI(100_001), 37)
    XCTAssertEqual(owner.keeper.read(.tai).seconds, 1_700_000_037)
    XCTAssertEqual(owner.keeper.snapshot().taiOffset, 37)
    MockCounter.run(62_500_000 * 1000)
    XCTAssertEqual(owner.keeper.read(.tai).seconds, 1_700_001_037)
  }

  func testErrorGrowsUntilTheClockIsNotSynchronised() throws {
    let owner = try Owner(EventPublisher())
    _ = ask(owner) {
      $0.modes = [.status, .maximumError, .estimatedError]
      $0.maximumError = 15_999_000
      $0.estimatedError = 3
    }
    _ = run(owner, seconds: 2, ticks: 2)
    XCTAssertEqual(ask(owner).isSynchronised, true)
    XCTAssertEqual(ask(owner).answer.maximumError, 16_000_000)
    _ = run(owner, seconds: 1, ticks: 2)
    XCTAssertEqual(ask(owner).isSynchronised, false)
    XCTAssertEqual(ask(owner).answer.status, 0x40)
  }

  func testNoSeriesOfAdjustmentsMovesTimeBack() throws {
    var dice = Dice(seed: 31)
    for frequency: UInt32 in [1_000_000, 62_500_000, 99_999_989, 1_000_000_000] {
      MockCounter.reset(frequency: frequency, count: dice.next() >> 1)
      let owner = try Owner(EventPublisher())
      var last = owner.keeper.read(.monotonic)
      var lastRaw = owner.keeper.read(.monotonicRaw)
      var lastCoarse = owner.keeper.read(.monotonicCoarse)
      let begin = MockCounter.read()
      for _ in 0..<20_000 {
        MockCounter.run(UInt64.random(in: 0...UInt64(frequency / 40), using: &dice))
        switch Int.random(in: 0..<20, using: &dice) {
        case 0:
          _ = ask(owner) {
            $0.modes = .init(rawValue: UInt32.random(in: 0...0xffff, using: &dice) & ~0x100)
            $0.offset = .random(in: -900_000_000...900_000_000, using: &dice)
            $0.frequency = .random(in: -40_000_000...40_000_000, using: &dice)
            $0.tick = .random(in: 8_990...11_010, using: &dice)
            $0.status = dice.next() & 1 == 0 ? 1 : 0
            $0.constant = .random(in: -1...12, using: &dice)
          }
        case 1: MockCounter.run(UInt64(frequency) * UInt64.random(in: 1...9, using: &dice))
        case 2:
          try owner.keeper.setRealtime(
            Timespec(seconds: .random(in: 2_000_000...4_000_000_000, using: &dice), nanoseconds: 0))
        default: owner.keeper.update()
        }
        let now = owner.keeper.read(.monotonic)
        let raw = owner.keeper.read(.monotonicRaw)
        let coarse = owner.keeper.read(.monotonicCoarse)
        XCTAssertTrue(now >= last && raw >= lastRaw && coarse >= lastCoarse && now >= coarse)
        (last, lastRaw, lastCoarse) = (now, raw, coarse)
      }
      // Raw time is the counter's, whatever the adjustment.
      let counts = UInt128(MockCounter.read() - begin)
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      let exact = (counts * UInt128(scale.mult)) >> UInt128(scale.shift)
      XCTAssertEqual(UInt128(lastRaw.totalNanoseconds ?? 0), exact)
    }
  }
}
