// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// The load average is Linux's: the same fixed point, the same rounding.
final class LoadAverageTests: XCTestCase {
  private func values(_ load: LoadAverage) -> [UInt32] { (0..<3).map { load.values[$0] } }

  func testSamplesAreTakenEachFiveSeconds() {
    var load = LoadAverage(tickFrequency: 100)
    XCTAssertFalse(load.isDue(at: 499))
    XCTAssertTrue(load.isDue(at: 500))
    load.add(1, at: 503)
    XCTAssertEqual(values(load), [164, 34, 11])
    XCTAssertFalse(load.isDue(at: 999))
    load.add(3, at: 1000)
    XCTAssertEqual(values(load), [643, 136, 44])
    load.add(0, at: 1500)
    XCTAssertEqual(values(load), [591, 133, 43])
  }

  func testLongWorkReachesTheNumberOfTasks() {
    var load = LoadAverage(tickFrequency: 1000)
    for sample: UInt64 in 1...2000 { load.add(2, at: sample * 5000) }
    XCTAssertEqual(values(load), [4096, 4096, 4096])
  }

  func testSamplesThatNoCPUTookCountAsIdle() {
    var (idle, sampled) = (LoadAverage(tickFrequency: 100), LoadAverage(tickFrequency: 100))
    for sample: UInt64 in 1...100 {
      idle.add(4, at: sample * 500)
      sampled.add(4, at: sample * 500)
    }
    for sample: UInt64 in 101...112 { sampled.add(0, at: sample * 500) }
    idle.add(0, at: 112 * 500 + 17)
    for (one, other) in zip(values(idle), values(sampled)) {
      XCTAssertEqual(Double(one), Double(other), accuracy: 16)
    }
    idle.add(0, at: 1 << 60)
    XCTAssertEqual(values(idle), [0, 0, 0])
    XCTAssertFalse(idle.isDue(at: 1 << 60))
  }

  func testManyTasksDoNotOverflow() {
    var load = LoadAverage(tickFrequency: 10_000)
    for sample: UInt64 in 1...1000 { load.add(.max, at: sample * 50_000) }
    XCTAssertEqual(values(load), [2_097_152, 2_097_152, 2_087_633])
  }
}
