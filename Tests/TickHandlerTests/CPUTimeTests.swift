// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

/// A task's CPU time: it advances while the task runs, stops while it does not, and loses nothing.
final class CPUTimeTests: XCTestCase {
  override func setUp() { MockCounter.reset() }

  private func nanoseconds(_ time: Timespec) -> UInt64 {
    UInt64(time.seconds) * 1_000_000_000 + UInt64(time.nanoseconds)
  }

  func testClockStopsWhileTheTaskDoesNotRun() throws {
    let scale = try XCTUnwrap(ClockScale(frequency: 62_500_000))
    var run = CPUTime()
    run.counter = 1000
    XCTAssertEqual(run.time(at: 1100, on: MockCounter.self, scale).map(nanoseconds), 1600)
    run.advance(to: 1100, on: MockCounter.self, scale)
    run.counter = 50_000_000_000
    XCTAssertEqual(run.time(at: 50_000_000_001, on: MockCounter.self, scale).map(nanoseconds), 1616)
  }

  func testAThousandStopsLoseNothingBelowANanosecond() throws {
    var dice = Dice(seed: 4)
    for frequency in [1_000_003, 24_000_000, 999_999_999] as [UInt32] {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      var run = CPUTime()
      var now: UInt64 = 77
      var counts: UInt64 = 0
      for _ in 0..<1000 {
        run.counter = now
        let span = UInt64.random(in: 0...3 * UInt64(frequency), using: &dice)
        counts += span
        now += span
        run.advance(to: now, on: MockCounter.self, scale)
        now += UInt64.random(in: 0...UInt64(frequency), using: &dice)
      }
      let exact = counts.multipliedFullWidth(by: UInt64(scale.mult))
      let expected = exact.high << (64 - UInt64(scale.shift)) | exact.low >> UInt64(scale.shift)
      XCTAssertEqual(nanoseconds(run.time(scale)), expected, "\(frequency) Hz")
    }
  }

  func testOldPointIsNotExtrapolatedAndAnOlderSampleIsNoTime() throws {
    let scale = try XCTUnwrap(ClockScale(frequency: 62_500_000))
    var run = CPUTime()
    run.counter = 1000
    XCTAssertNotNil(run.time(at: 1000 + UInt64(scale.limit), on: MockCounter.self, scale))
    XCTAssertNil(run.time(at: 1001 + UInt64(scale.limit), on: MockCounter.self, scale))
    XCTAssertNil(run.time(at: 999, on: MockCounter.self, scale))
    run.advance(to: 999, on: MockCounter.self, scale)
    XCTAssertEqual(nanoseconds(run.time(scale)), 0)
  }

  /// One clock catches up at times; another one is advanced at once.
  func testCatchUpConvertsCountsToTime() throws {
    var dice = Dice(seed: 9)
    for frequency in [1_000_003, 62_500_000, 999_999_999] as [UInt32] {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      var (late, exact) = (CPUTime(), CPUTime())
      var now: UInt64 = 1 << 40
      var ran: UInt64 = 0
      for _ in 0..<300 {
        for span in [UInt64(frequency) / 50, 3 * UInt64(frequency), 100 << 32] {
          let since = now
          exact.counter = now
          if Bool.random(using: &dice) {
            let (point, counter) = ([late.seconds, Int64(late.shifted)], late.counter)
            let hasChanged = late.catchUp(ran, since: since, scale)
            var there = late
            there.advance(to: now, on: MockCounter.self, scale)
            XCTAssertEqual(there.seconds, exact.seconds)
            XCTAssertEqual(there.shifted, exact.shifted)
            XCTAssertLessThanOrEqual(now - late.counter, UInt64(scale.limit / 2))
            if hasChanged {
              XCTAssertEqual(late.counter, now)
            } else {
              XCTAssertEqual(point, [late.seconds, Int64(late.shifted)], "from \(counter)")
            }
            if Bool.random(using: &dice) {
              // It is read while the task runs: the same counts are not added twice.
              now += UInt64.random(in: 0...span, using: &dice)
              late.advance(to: now, on: MockCounter.self, scale)
              exact.advance(to: now, on: MockCounter.self, scale)
              late.catchUp(ran, since: since, scale)
              XCTAssertEqual(late.time(scale), exact.time(scale))
              XCTAssertTrue(now == since || late.counter == now)
            }
          }
          now += UInt64.random(in: 0...span, using: &dice)
          exact.advance(to: now, on: MockCounter.self, scale)
          ran += now - since
          now += UInt64.random(in: 0...span, using: &dice)
        }
      }
      late.catchUp(ran, since: now, scale)
      late.advance(to: now, on: MockCounter.self, scale)
      XCTAssertEqual([late.seconds, Int64(late.shifted)], [exact.seconds, Int64(exact.shifted)])
    }
  }

  func testCounterOf32BitsWraps() throws {
    MockCounter.reset(mask: 0xffff_ffff)
    let scale = try XCTUnwrap(ClockScale(frequency: 62_500_000))
    var run = CPUTime()
    run.counter = 0xffff_fff0
    run.advance(to: 0x10, on: MockCounter.self, scale)
    XCTAssertEqual(nanoseconds(run.time(scale)), 32 * 16)
  }
}
