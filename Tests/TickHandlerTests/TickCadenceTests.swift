// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import TickHandler

final class TickCadenceTests: XCTestCase {
  private func cadence(
    _ frequency: UInt32, _ hertz: UInt32, at start: UInt64 = 0, mask: UInt64 = .max
  ) throws -> TickCadence {
    TickCadence(
      frequency: frequency, configuration: try XCTUnwrap(TickConfiguration(hertz: hertz)),
      startingAt: start, mask: mask)
  }

  /// Where tick `k` lies: the definition.
  private func place(_ k: UInt64, _ frequency: UInt32, _ hertz: UInt32) -> UInt64 {
    k * UInt64(frequency) / UInt64(hertz)
  }

  func testMillionsOfTicksAtOddFrequenciesDoNotDrift() throws {
    for (frequency, hertz) in [
      (62_500_000, 1000), (62_500_000, 7777), (99_999_989, 9973), (1_000_003, 10_000),
      (19_200_001, 300), (999_999_937, 13),
    ] as [(UInt32, UInt32)] {
      let start = UInt64(987_654_321)
      var cadence = try cadence(frequency, hertz, at: start)
      for k in UInt64(1)...500_000 {
        guard cadence.deadline == start + place(k, frequency, hertz) else {
          return XCTFail("tick \(k) at \(hertz) Hz of \(frequency) Hz")
        }
        XCTAssertTrue(cadence.advance(to: cadence.deadline) == 1)
      }
      XCTAssertEqual(cadence.ticks, 500_000)
      XCTAssertEqual(cadence.missed, 0)
    }
  }

  func testMissedTicksAreCountedAndTheGridIsKept() throws {
    var dice = Dice(seed: 31)
    for (frequency, hertz) in [
      (62_500_000, 1000), (99_999_989, 9973), (1_000_003, 10_000), (999_999_937, 13),
    ] as [(UInt32, UInt32)] {
      var cadence = try cadence(frequency, hertz)
      var counter = UInt64(0)
      var missed = UInt64(0)
      for _ in 0..<3000 {
        // From a fraction of a tick up to an hour.
        let reach = UInt64.random(in: 1...22, using: &dice)
        counter += UInt64.random(in: 0...(UInt64(frequency) << reach) >> 10, using: &dice)
        let before = cadence.ticks
        let passed = cadence.advance(to: counter)
        XCTAssertEqual(cadence.ticks, before + passed)
        // The last tick is at or before the counter, the next one after it.
        XCTAssertLessThanOrEqual(place(cadence.ticks, frequency, hertz), counter)
        XCTAssertEqual(cadence.deadline, place(cadence.ticks + 1, frequency, hertz))
        XCTAssertGreaterThan(cadence.deadline, counter)
        missed += passed > 0 ? passed - 1 : 0
        XCTAssertEqual(cadence.missed, missed)
      }
    }
  }

  func testNothingIsCountedBeforeTheDeadline() throws {
    var cadence = try cadence(62_500_000, 1000, at: 1000)
    XCTAssertEqual(cadence.advance(to: 1000 + 62_499), 0)
    XCTAssertEqual(cadence.advance(to: 0), 0)
    XCTAssertEqual(cadence.ticks, 0)
    XCTAssertEqual(cadence.advance(to: 1000 + 62_500), 1)
    XCTAssertEqual(cadence.advance(to: 1000 + 62_500), 0)
  }

  func testGridContinuesAcrossTheCountersWrap() throws {
    for (mask, start) in [(UInt64.max, UInt64.max - 100_000), (0xffff_ffff, 0xffff_0000)] {
      var cadence = try cadence(62_500_000, 1000, at: start, mask: mask)
      var counter = start
      for turn in 1...100_000 {
        counter = (counter &+ 62_500) & mask
        XCTAssertTrue(cadence.deadline == counter)
        XCTAssertTrue(cadence.advance(to: counter) == 1, "turn \(turn)")
      }
    }
  }

  func testRestartDoesNotCountTheTimeBeforeIt() throws {
    var cadence = try cadence(62_500_000, 1000)
    cadence.restart(at: 1_000_000_000)
    XCTAssertEqual(cadence.deadline, 1_000_062_500)
    XCTAssertEqual(cadence.advance(to: 1_000_062_600), 1)
    XCTAssertEqual(cadence.missed, 0)
  }
}
