// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class SoftwareTimerTests: ObjectTestCase {
  /// The arguments of the handlers that were called.
  nonisolated(unsafe) static var calls: [UInt] = []

  private let handler: TimerRecord.Handler = { SoftwareTimerTests.calls.append($0) }

  override func setUp() { Self.calls = [] }

  /// The arguments of the handlers that are called after tick `tick`.
  private func calls(_ timers: Timers, at tick: UInt64) -> [UInt] {
    Self.calls = []
    timers.tick(to: tick)
    timers.callExpired()
    return Self.calls
  }

  func testOneShotTimerIsDeletedWhenItExpires() throws {
    let timers = makeTimers()
    let timer = try timers.create(.once, interval: 3, argument: 7, handler: handler)
    refuses(TimerError.notStarted) { try timers.stop(timer) }
    try timers.start(timer)
    XCTAssertEqual(calls(timers, at: 2), [])
    XCTAssertEqual(try timers.remaining(timer), 1)
    XCTAssertEqual(calls(timers, at: 3), [7])
    refuses(TimerError.noSuchTimer) { try timers.start(timer) }
    XCTAssertEqual(calls(timers, at: 9), [])
  }

  func testTickThatAnotherCPUHasPassedChangesNothing() throws {
    let timers = makeTimers()
    XCTAssertEqual(calls(timers, at: 9), [])
    XCTAssertEqual(calls(timers, at: 8), [])
    let timer = try timers.create(.once, interval: 2, argument: 7, handler: handler)
    XCTAssertFalse(timers.isAnyRunning)
    try timers.start(timer)
    XCTAssertTrue(timers.isAnyRunning)
    XCTAssertEqual(calls(timers, at: 10), [], "two ticks from the ninth on")
    XCTAssertEqual(calls(timers, at: 11), [7])
    XCTAssertFalse(timers.isAnyRunning)
  }

  func testPeriodicTimerExpiresAtMultiplesAfterMissedTicks() throws {
    let timers = makeTimers()
    let timer = try timers.create(.periodic, interval: 4, argument: 1, handler: handler)
    try timers.start(timer)
    XCTAssertEqual(calls(timers, at: 4), [1])
    XCTAssertEqual(calls(timers, at: 7), [])
    XCTAssertEqual(calls(timers, at: 17), [1, 1, 1], "8, 12 and 16")
    XCTAssertEqual(try timers.remaining(timer), 3)
    try timers.stop(timer)
    XCTAssertEqual(calls(timers, at: 99), [])
  }

  func testKeptTimerCanBeStartedAgain() throws {
    let timers = makeTimers()
    let timer = try timers.create(.noSelfDelete, interval: 2, argument: 5, handler: handler)
    for start: UInt64 in [0, 10] {
      _ = calls(timers, at: start)
      try timers.start(timer)
      XCTAssertEqual(calls(timers, at: start + 2), [5])
      refuses(TimerError.notStarted) { try timers.stop(timer) }
    }
  }

  func testTimersOfOneTickExpireInTheOrderOfTheirStarts() throws {
    let timers = makeTimers()
    let all = try (0..<4).map {
      try timers.create(.noSelfDelete, interval: 5, argument: $0, handler: handler)
    }
    for place in [2, 0, 3, 1] { try timers.start(all[place]) }
    XCTAssertEqual(calls(timers, at: 5), [2, 0, 3, 1])
  }

  func testStartRestartsARunningTimer() throws {
    let timers = makeTimers()
    let timer = try timers.create(.once, interval: 5, argument: 1, handler: handler)
    try timers.start(timer)
    _ = calls(timers, at: 4)
    try timers.start(timer)
    XCTAssertEqual(calls(timers, at: 8), [])
    XCTAssertEqual(calls(timers, at: 9), [1])
  }

  func testStopAndDeleteCancelAnExpiredCall() throws {
    let timers = makeTimers()
    let all = try (0..<4).map {
      try timers.create(.noSelfDelete, interval: 1, argument: $0, handler: handler)
    }
    for timer in all { try timers.start(timer) }
    timers.tick(to: 1)
    try timers.stop(all[0])
    try timers.delete(all[3])
    timers.callExpired()
    XCTAssertEqual(Self.calls, [1, 2])
    try timers.start(all[0])
    XCTAssertEqual(calls(timers, at: 2), [0])
  }

  func testFullTableAndBadIntervalAreRefused() throws {
    let timers = makeTimers(2)
    refuses(TimerError.badInterval) {
      _ = try timers.create(.once, interval: 0, handler: self.handler)
    }
    for _ in 0..<2 { _ = try timers.create(.once, interval: 1, handler: handler) }
    refuses(TimerError.tableFull) {
      _ = try timers.create(.once, interval: 1, handler: self.handler)
    }
    refuses(TimerError.noSuchTimer) { try timers.start(TimerNumber(rawValue: 2)) }
    refuses(TimerError.noSuchTimer) { try timers.delete(TimerNumber(rawValue: .max)) }
    try timers.delete(TimerNumber(rawValue: 0))
    refuses(TimerError.noSuchTimer) { _ = try timers.remaining(TimerNumber(rawValue: 0)) }
    XCTAssertEqual(try timers.create(.once, interval: 1, handler: handler).rawValue, 0)
  }

  func testTicksBeyond32BitsAreCounted() throws {
    let timers = makeTimers()
    timers.tick(to: 0xffff_ffff)
    let timer = try timers.create(.once, interval: 3, argument: 1, handler: handler)
    try timers.start(timer)
    XCTAssertEqual(calls(timers, at: 0x1_0000_0001), [])
    XCTAssertEqual(calls(timers, at: 0x1_0000_0002), [1])
  }
}
