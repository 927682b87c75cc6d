// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore
import Synchronization
import XCTest

@testable import TickHandler

/// A counter that advances by one at each read, and fails in the way that the test sets.
private enum FaultyCounter: Counter {
  static var frequency: UInt32 { 62_500_000 }
  static let reads = Atomic<UInt64>(0)
  nonisolated(unsafe) static var fails: (UInt64) -> UInt64 = { $0 }
  nonisolated(unsafe) static var mask: UInt64 = .max

  static func read() -> UInt64 {
    fails(reads.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue) & mask
  }
  static func setDeadline(_ count: UInt64) {}
  static func stopDeadline() {}
}

final class CounterCheckTests: XCTestCase {
  private typealias Check = CounterCheck<MockProcessor, FaultyCounter>

  private final class Owner: @unchecked Sendable {
    let storage = UnsafeMutablePointer<Check.State>.allocate(capacity: 1)
    let check: Check
    init() { check = Check(in: storage) }
    deinit {
      storage.deinitialize(count: 1)
      storage.deallocate()
    }
  }

  private func verdict(
    mask: UInt64 = .max, _ fails: @escaping (UInt64) -> UInt64
  ) -> CounterFault? {
    FaultyCounter.reads.store(0, ordering: .relaxed)
    FaultyCounter.mask = mask
    FaultyCounter.fails = fails
    return Owner().check.run()
  }

  func testCounterThatCountsIsTrusted() {
    XCTAssertNil(verdict { $0 })
    XCTAssertNil(verdict { $0 << 40 })
    XCTAssertNil(verdict { $0 &- 500 }, "across the end of 64 bits")
  }

  func testWrapIsNotAStepBack() {
    XCTAssertNil(verdict(mask: 0xffff_ffff) { $0 &+ 0xffff_ff00 })
  }

  func testCounterOf20KilohertzHasTimeToAdvance() {
    XCTAssertNil(verdict { $0 / 10_000 })
  }

  func testStoppedCounterIsRefusedAndTheCheckEnds() {
    XCTAssertEqual(verdict { _ in 42 }, .stopped)
    XCTAssertEqual(verdict { _ in 0 }, .stopped)
  }

  func testOneStepBackIsEnough() {
    for step in [2, 500, 1000] as [UInt64] {
      XCTAssertEqual(verdict { $0 == step ? $0 - 2 : $0 }, .decreases, "\(step)")
    }
    XCTAssertEqual(verdict { $0 ^ 0x10 }, .decreases, "bits in the wrong order")
    XCTAssertEqual(verdict { $0 == 700 ? 0 : $0 + 1 }, .decreases, "a reading of zeros")
    XCTAssertEqual(verdict { $0 == 700 ? .max >> 8 : $0 }, .decreases, "a reading of ones")
  }

  func testCPUThatIsBehindIsFoundWhenItComesLater() {
    FaultyCounter.reads.store(100_000, ordering: .relaxed)
    FaultyCounter.mask = .max
    FaultyCounter.fails = { $0 }
    let owner = Owner()
    XCTAssertNil(owner.check.run())
    FaultyCounter.fails = { $0 - 5000 }
    XCTAssertEqual(onAThread { owner.check.run() }, .differsBetweenProcessors)
    XCTAssertEqual(owner.check.run(), .differsBetweenProcessors, "the first fault stays")
  }

  func testCPUThatIsAheadIsFoundWhenBothRunTheCheck() {
    FaultyCounter.reads.store(0, ordering: .relaxed)
    FaultyCounter.mask = .max
    let ahead = onAThread { MockProcessor.number }
    FaultyCounter.fails = { $0 + (MockProcessor.number == ahead ? 0 : 1_000_000) }
    let owner = Owner()
    // This CPU is ahead; the other one follows.
    XCTAssertNil(owner.check.run())
    FaultyCounter.fails = { $0 }
    XCTAssertEqual(onAThread { owner.check.run() }, .differsBetweenProcessors)
  }

  func testFrequencyIsTheRegistersOrTheTrees() {
    XCTAssertEqual(frequency(62_500_000, nil), "62500000 nil")
    XCTAssertEqual(frequency(62_500_000, 0), "62500000 nil")
    XCTAssertEqual(frequency(62_500_000, 62_500_000), "62500000 nil")
    XCTAssertEqual(frequency(0, 24_000_000), "24000000 nil")
    XCTAssertEqual(frequency(1_000_000, nil), "1000000 nil")
    XCTAssertEqual(frequency(1_000_000_000, nil), "1000000000 nil")
  }

  func testUncertainOrCoarseFrequencyIsAFault() {
    XCTAssertEqual(
      frequency(62_500_000, 24_000_000),
      "24000000 firmware and device tree name different frequencies")
    XCTAssertEqual(
      frequency(62_500_000, 5), "62500000 firmware and device tree name different frequencies")
    XCTAssertEqual(
      frequency(7, 24_000_000), "24000000 firmware and device tree name different frequencies")
    for hertz: UInt32 in [20_000, 32_768, 999_999, 1_000_000_001, .max] {
      XCTAssertEqual(frequency(hertz, nil), "\(hertz) it does not run at 1 MHz to 1 GHz")
    }
    for hertz: UInt32 in [0, 1, 19_999] {
      XCTAssertEqual(frequency(hertz, nil), "none")
      XCTAssertEqual(frequency(0, hertz), "none")
    }
  }

  private func frequency(_ register: UInt32, _ tree: UInt32?) -> String {
    guard let found = CounterFrequency(register: register, tree: tree) else { return "none" }
    return "\(found.hertz) \(found.fault.map { "\($0.text)" } ?? "nil")"
  }

  private func onAThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result? {
    let box = Mutex<Result?>(nil)
    let done = DispatchSemaphore(value: 0)
    Thread {
      let result = body()
      box.withLock { $0 = result }
      done.signal()
    }.start()
    _ = done.wait(timeout: .now() + 20)
    return box.withLock { $0 }
  }
}
