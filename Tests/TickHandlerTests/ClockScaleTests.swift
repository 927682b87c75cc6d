// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

/// Frequencies that counters have, the ends of the range, and a crowd of odd ones.
func manyFrequencies(_ extra: Int) -> [UInt32] {
  var dice = Dice(seed: 4)
  let known: [UInt32] = [
    1_000_000, 1_000_001, 1_048_576, 6_250_000, 12_345_679, 13_000_000, 19_200_000, 24_000_000,
    26_000_000, 31_250_000, 50_000_000, 54_000_000, 62_500_000, 99_999_989, 100_000_000,
    333_333_333, 536_870_912, 999_999_937, 999_999_999, 1_000_000_000,
  ]
  return known
    + (0..<extra).map { _ in UInt32.random(in: ClockScale.fineFrequencies, using: &dice) }
}

final class ClockScaleTests: XCTestCase {
  func testDriftIsBelowANanosecondInThreeSecondsAtEveryFrequency() throws {
    for frequency in manyFrequencies(20_000) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      // An eighth more still fits, and twice as much would not.
      XCTAssertGreaterThan(UInt64(scale.mult) * 9 / 8, 1 << 31, "\(frequency)")
      XCTAssertEqual(scale.fastest, scale.mult + scale.mult / 8)
      // At most half a unit in 9 / 8 of 2^31: one nanosecond in 3.8 seconds.
      let excess = Int128(scale.mult) * Int128(frequency) - Int128(scale.second)
      XCTAssertLessThanOrEqual(
        UInt128(excess.magnitude) * 3_817_000_000, UInt128(scale.second), "\(frequency)")
    }
  }

  func testOneMultiplicationUpToTheLimitStaysBelowTwoSeconds() throws {
    for frequency in manyFrequencies(20_000) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      let product = UInt64(scale.limit) * UInt64(scale.fastest)
      XCTAssertLessThan(product, scale.second)
      XCTAssertGreaterThanOrEqual(product + UInt64(scale.fastest), scale.second)
      XCTAssertLessThanOrEqual(scale.second, 1 << 61)
      XCTAssertLessThan(scale.nanoseconds(scale.second - 1 + product), 2_000_000_000)
      // A tick, at most 100 ms, always fits.
      XCTAssertGreaterThanOrEqual(scale.limit, frequency / 10 * 8)
    }
  }

  func testQEMUsCounterIsExact() throws {
    let scale = try XCTUnwrap(ClockScale(frequency: 62_500_000))
    XCTAssertEqual(scale.mult, 0x8000_0000)
    XCTAssertEqual(scale.shift, 27)
    XCTAssertEqual(UInt64(scale.mult) * 62_500_000, scale.second)
  }

  func testShiftOfTwoWordsIsExact() throws {
    var dice = Dice(seed: 7)
    for frequency in manyFrequencies(100) + [20_000, 32_768, 999_999, 1_000_000_001, .max] {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      for _ in 0..<100 {
        let shifted = UInt64.random(in: 0..<scale.second * 2, using: &dice)
        XCTAssertEqual(UInt64(scale.nanoseconds(shifted)), shifted >> UInt64(scale.shift))
      }
      XCTAssertEqual(scale.shifted(999_999_999), 999_999_999 << UInt64(scale.shift))
    }
  }

  func testFrequenciesOutsideOfTheRangeAreRefused() {
    for frequency: UInt32 in [0, 1, 19_999] { XCTAssertNil(ClockScale(frequency: frequency)) }
  }
}
