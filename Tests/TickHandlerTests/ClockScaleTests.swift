import XCTest

@testable import TickHandler

/// Frequencies that counters have, the ends of the range, and a crowd of odd ones.
func manyFrequencies(_ extra: Int) -> [UInt32] {
  var dice = Dice(4)
  let known: [UInt32] = [
    1_000_000, 1_000_001, 1_048_576, 6_250_000, 12_345_679, 13_000_000, 19_200_000, 24_000_000,
    26_000_000, 31_250_000, 50_000_000, 54_000_000, 62_500_000, 99_999_989, 100_000_000,
    333_333_333, 536_870_912, 999_999_937, 999_999_999, 1_000_000_000,
  ]
  return known + (0..<extra).map { _ in UInt32.random(in: ClockScale.frequencies, using: &dice) }
}

final class ClockScaleTests: XCTestCase {
  func testTheDriftIsBelowOneNanosecondInFourSecondsForEveryFrequency() throws {
    for frequency in manyFrequencies(20_000) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      XCTAssertGreaterThanOrEqual(scale.mult, 1 << 31, "\(frequency)")
      // Relative error at most 2^-32: one nanosecond in 4.29 seconds.
      let error = UInt128(scale.excessPerSecond.magnitude)
      XCTAssertLessThanOrEqual(error << 32, UInt128(scale.second), "\(frequency)")
    }
  }

  func testOneMultiplicationUpToTheLimitStaysBelowTwoSeconds() throws {
    for frequency in manyFrequencies(20_000) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      let product = UInt64(scale.limit) * UInt64(scale.mult)
      XCTAssertLessThan(product, scale.second)
      XCTAssertGreaterThanOrEqual(product + UInt64(scale.mult), scale.second)
      XCTAssertLessThanOrEqual(scale.second, 1 << 61)
      XCTAssertLessThan(scale.nanoseconds(scale.second - 1 + product), 2_000_000_000)
      // A tick, at most 100 ms, always fits.
      XCTAssertGreaterThanOrEqual(scale.limit, frequency - 1)
    }
  }

  func testTheCounterOfQEMUIsExact() throws {
    let scale = try XCTUnwrap(ClockScale(frequency: 62_500_000))
    XCTAssertEqual(scale.mult, 0x8000_0000)
    XCTAssertEqual(scale.shift, 27)
    XCTAssertEqual(scale.excessPerSecond, 0)
  }

  func testShiftingDownInTwoWordsIsShiftingDown() throws {
    var dice = Dice(7)
    for frequency in manyFrequencies(100) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      for _ in 0..<100 {
        let shifted = UInt64.random(in: 0..<scale.second * 2, using: &dice)
        XCTAssertEqual(UInt64(scale.nanoseconds(shifted)), shifted >> UInt64(scale.shift))
      }
      XCTAssertEqual(scale.shifted(999_999_999), 999_999_999 << UInt64(scale.shift))
    }
  }

  func testFrequenciesOutsideOfTheRangeAreRefused() {
    for frequency: UInt32 in [0, 1, 32_768, 999_999, 1_000_000_001, .max] {
      XCTAssertNil(ClockScale(frequency: frequency))
    }
  }
}
