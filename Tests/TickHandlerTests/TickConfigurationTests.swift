// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegionMocks
import XCTest

@testable import TickHandler

nonisolated(unsafe) private var logged: [String] = []

final class TickConfigurationTests: XCTestCase {
  /// The configuration that `tick=text` gives, and the lines that it logs.
  private func parse(_ text: [UInt8]) -> (hertz: UInt32, lines: [String]) {
    logged = []
    Log.setOutput { start, count, _ in
      logged.append(
        String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
    }
    let configuration = TickConfiguration(option: text.span)
    Log.setOutput { _, _, _ in }
    return (configuration.hertz, logged)
  }

  func testMillisecondsAndTicksConvertRoundedDown() throws {
    let configuration = try XCTUnwrap(TickConfiguration(hertz: 300))
    XCTAssertEqual(configuration.ticks(inMilliseconds: 1000), 300)
    XCTAssertEqual(configuration.ticks(inMilliseconds: 3), 0)
    XCTAssertEqual(configuration.ticks(inMilliseconds: .max), .max, "without timeout")
    XCTAssertEqual(configuration.milliseconds(inTicks: 300), 1000)
    XCTAssertEqual(configuration.milliseconds(inTicks: 1), 3)
    XCTAssertEqual(configuration.milliseconds(inTicks: .max), .max, "clamped")
    let fastest = try XCTUnwrap(TickConfiguration(hertz: 10_000))
    XCTAssertEqual(fastest.ticks(inMilliseconds: .max - 1), .max, "clamped")
  }

  func testFrequenciesInTheRangeAreAcceptedSilently() {
    for hertz in [10, 11, 100, 250, 300, 999, 1000, 1001, 9999, 10_000] as [UInt32] {
      let (taken, lines) = parse(Array("\(hertz)".utf8))
      XCTAssertEqual(taken, hertz)
      XCTAssertEqual(lines, [])
    }
    XCTAssertEqual(parse(Array("0100".utf8)).hertz, 100)
  }

  func testOtherValuesAreReportedAndTheDefaultUsed() {
    let texts = [
      "", "0", "9", "10001", "-100", "+100", " 100", "100 ", "1e3", "0x100", "abc", "100Hz", "1.5",
      "4294967396", "18446744073709551716", "99999999999999999999999999999999999999",
    ]
    for text in texts {
      let (hertz, lines) = parse(Array(text.utf8))
      XCTAssertEqual(hertz, 1000)
      XCTAssertEqual(
        lines, ["tick: tick=\(text) is not 10 to 10000 Hz, using 1000 Hz\n"])
    }
  }

  func testRandomBytesNeverTrap() {
    var dice = Dice(seed: 61)
    for _ in 0..<5000 {
      let count = Int.random(in: 0..<300, using: &dice)
      let text = (0..<count).map { _ in UInt8.random(in: 0...255, using: &dice) }
      XCTAssertTrue(TickConfiguration.frequencies.contains(parse(text).hertz))
    }
  }

  func testTickIsRoundedToTheNearestNanosecond() throws {
    for (hertz, nanoseconds) in [(10, 100_000_000), (300, 3_333_333), (600, 1_666_667)]
      as [(UInt32, UInt32)]
    {
      XCTAssertEqual(try XCTUnwrap(TickConfiguration(hertz: hertz)).nanoseconds, nanoseconds)
    }
  }
}
