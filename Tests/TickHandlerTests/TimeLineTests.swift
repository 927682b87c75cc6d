// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

final class TimeLineTests: XCTestCase {
  /// Where an exact line is after `counts`, computed in 128 bits.
  private func exact(_ counts: UInt128, _ scale: ClockScale) -> (Int64, UInt64) {
    let total = counts * UInt128(scale.mult)
    let (seconds, rest) = total.quotientAndRemainder(dividingBy: UInt128(scale.second))
    return (Int64(seconds), UInt64(rest))
  }

  private func check(_ line: TimeLine, _ counts: UInt128, _ what: String) {
    let (seconds, shifted) = exact(counts, line.scale)
    XCTAssertEqual(line.point.seconds, seconds, what)
    XCTAssertEqual(line.point.shifted, shifted, what)
  }

  func testAMillionUnevenStepsAreOneLine() throws {
    var dice = Dice(seed: 11)
    for frequency: UInt32 in [1_000_000, 19_200_000, 62_500_000, 99_999_989, 999_999_937] {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      var line = TimeLine(scale: scale, startingAt: 0)
      var count = UInt64(0)
      for _ in 0..<200_000 {
        let step = UInt64.random(in: 1...UInt64(frequency / 50), using: &dice)
        count += step
        line.move(to: count, distance: step)
      }
      check(line, UInt128(count), "\(frequency) Hz")
    }
  }

  func testStepsOfEverySizeAreOneLine() throws {
    var dice = Dice(seed: 12)
    for frequency in manyFrequencies(500) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      var line = TimeLine(scale: scale, startingAt: 0)
      var count = UInt64(0)
      for _ in 0..<100 {
        let step = dice.next() >> UInt64.random(in: 12..<63, using: &dice)
        count += step
        line.move(to: count, distance: step)
        check(line, UInt128(count), "\(frequency) Hz, step \(step)")
      }
    }
  }

  func testLimitsOfOneMultiplicationAreExact() throws {
    for frequency in manyFrequencies(500) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      let limit = UInt64(scale.limit)
      let seconds = UInt64(frequency)
      for step in [1, limit - 1, limit, limit + 1, seconds - 1, seconds, seconds + 1, seconds * 7] {
        var line = TimeLine(scale: scale, startingAt: 0)
        for turn in 1...5 {
          line.move(to: step * UInt64(turn), distance: step)
          check(line, UInt128(step) * UInt128(turn), "\(frequency) Hz, step \(step)")
        }
      }
    }
  }

  func testStepToAnExactSecondCarries() throws {
    for frequency: UInt32 in [1_000_000, 62_500_000, 1_000_000_000] {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      var line = TimeLine(scale: scale, startingAt: 0)
      for half in 1...6 {
        let step = UInt64(frequency / 2)
        line.move(to: step * UInt64(half), distance: step)
        XCTAssertEqual(
          line.point.time(scale),
          Timespec(seconds: Int64(half / 2), nanoseconds: Int32(half % 2) * 500_000_000))
      }
    }
  }

  func testFiveHundredYearsInOneStepAreExact() throws {
    for frequency in manyFrequencies(500) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      let counts = UInt64(frequency) * 86_400 * 365 * 500
      var line = TimeLine(scale: scale, startingAt: 0)
      line.move(to: counts, distance: counts)
      check(line, UInt128(counts), "\(frequency) Hz")
      // 64 bits of nanoseconds hold them, and the drift of 0.24 in 10^9 is four seconds at most.
      let years = Int64(86_400 * 365 * 500)
      XCTAssertLessThanOrEqual((line.point.seconds - years).magnitude, 4)
      XCTAssertEqual(line.point.totalNanoseconds(scale) / 1_000_000_000, UInt64(line.point.seconds))
    }
  }

  func testLargeStepsAreAsExactAsSmallOnesAtEveryRate() throws {
    var dice = Dice(seed: 13)
    for frequency in manyFrequencies(200) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      for _ in 0..<20 {
        let mult = UInt32.random(in: scale.mult - scale.mult / 8...scale.fastest, using: &dice)
        let step = dice.next() >> UInt64.random(in: 1..<50, using: &dice)
        var line = TimeLine(scale: scale, startingAt: 0)
        line.setRate(mult)
        line.move(to: step, distance: step)
        let (seconds, rest) = (UInt128(step) * UInt128(mult))
          .quotientAndRemainder(dividingBy: UInt128(scale.second))
        XCTAssertEqual(line.point.seconds, Int64(seconds), "\(frequency) Hz, \(step) x \(mult)")
        XCTAssertEqual(line.point.shifted, UInt64(rest), "\(frequency) Hz, \(step) x \(mult)")
      }
    }
  }

  func testNoRateIsAboveTheFastest() throws {
    let scale = try XCTUnwrap(ClockScale(frequency: 62_500_000))
    var line = TimeLine(scale: scale, startingAt: 0)
    line.setRate(.max)
    XCTAssertEqual(line.mult, scale.fastest)
  }

  func testZeroStepMovesNothing() throws {
    let scale = try XCTUnwrap(ClockScale(frequency: 62_500_000))
    var line = TimeLine(scale: scale, startingAt: 1000)
    let before = line
    line.move(to: 900, distance: 0)
    XCTAssertEqual(line, before)
  }
}
