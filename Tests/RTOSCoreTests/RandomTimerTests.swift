// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// Random calls of software timers, compared with a list of the expected expiries.
final class RandomTimerTests: ObjectTestCase {
  nonisolated(unsafe) private static var calls: [UInt] = []
  private static let capacity = 12

  /// A timer as it should be.
  private struct Timer {
    let mode: TimerMode
    let interval: UInt64
    let argument: UInt
    /// The tick at which it expires next.
    var due: UInt64?
    /// When it was inserted after the others.
    var order = 0
  }

  /// The timers that expire up to `now`: the earliest first, those of one tick in order of starts.
  private func expire(_ model: inout [UInt32: Timer], at now: UInt64, _ order: inout Int) -> [UInt]
  {
    var calls: [UInt] = []
    while let next = model.filter({ $0.value.due.map { $0 <= now } ?? false })
      .min(by: { ($0.value.due ?? 0, $0.value.order) < ($1.value.due ?? 0, $1.value.order) })
    {
      calls.append(next.value.argument)
      order += 1
      switch next.value.mode {
      case .once: model[next.key] = nil
      case .noSelfDelete: model[next.key]?.due = nil
      case .periodic:
        model[next.key]?.due = (next.value.due ?? 0) + next.value.interval
        model[next.key]?.order = order
      }
    }
    return calls
  }

  func testRandomTimerCallsAgreeWithAList() throws {
    var dice = Dice(seed: 0x71e5)
    let timers = makeTimers(Self.capacity)
    var model: [UInt32: Timer] = [:]
    var now: UInt64 = 0
    var order = 0
    var total = 0
    for step in 0..<20_000 {
      let number = UInt32.random(in: 0..<UInt32(Self.capacity), using: &dice)
      let timer = TimerNumber(rawValue: number)
      switch Int.random(in: 0..<6, using: &dice) {
      case 0:
        let mode = TimerMode(rawValue: UInt8.random(in: 0..<3, using: &dice)) ?? .once
        let interval = UInt32.random(in: 1..<20, using: &dice)
        do throws(TimerError) {
          let made = try timers.create(mode, interval: interval, argument: UInt(step)) {
            RandomTimerTests.calls.append($0)
          }
          XCTAssertNil(model[made.rawValue], "step \(step)")
          model[made.rawValue] = Timer(
            mode: mode, interval: UInt64(interval), argument: UInt(step), due: nil)
        } catch {
          XCTAssertEqual(error, .tableFull)
          XCTAssertEqual(model.count, Self.capacity, "step \(step)")
        }
      case 1, 2:
        let isUsed = (try? timers.start(timer)) != nil
        XCTAssertEqual(isUsed, model[number] != nil, "step \(step)")
        order += 1
        if let interval = model[number]?.interval { model[number]?.due = now + interval }
        model[number]?.order = order
      case 3:
        let wasRunning = (try? timers.stop(timer)) != nil
        XCTAssertEqual(wasRunning, model[number]?.due != nil, "step \(step)")
        model[number]?.due = nil
      case 4 where Bool.random(using: &dice):
        let isUsed = (try? timers.delete(timer)) != nil
        XCTAssertEqual(isUsed, model[number] != nil, "step \(step)")
        model[number] = nil
      default:
        now += UInt64.random(in: 1..<4, using: &dice)
        Self.calls = []
        timers.tick(to: now)
        timers.callExpired()
        let wanted = expire(&model, at: now, &order)
        total += wanted.count
        // Timers of one tick expire in the order of starts; those of several ticks by their ticks.
        XCTAssertEqual(Self.calls.sorted(), wanted.sorted(), "step \(step)")
      }
      let left = try? timers.remaining(timer)
      XCTAssertEqual(left.map { UInt64($0) + now }, model[number]?.due, "step \(step)")
      XCTAssertEqual(timers.isAnyRunning, model.values.contains { $0.due != nil }, "step \(step)")
    }
    XCTAssertGreaterThan(total, 5000)
  }
}
