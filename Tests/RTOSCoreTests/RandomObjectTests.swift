// SPDX-License-Identifier: Apache-2.0
import Foundation
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// Random calls of eight tasks on all objects, and the rules of `World` after each few of them.
final class RandomObjectTests: XCTestCase {
  /// APUS_OPERATIONS in the environment is another number than 1,000,000.
  private var operationCount: Int {
    let wanted = ProcessInfo.processInfo.environment["APUS_OPERATIONS"].flatMap { Int($0) }
    return wanted ?? 1_000_000
  }

  func testRandomCallsBreakNoRule() throws {
    for seed: UInt64 in 1...4 {
      var dice = Dice(seed: seed)
      let priorities: [UInt8] = [5, 10, 10, 12, 15, 15, 20, 31]
      // Half of them while the ticks' count outgrows 32 bits.
      let start = seed % 2 == 0 ? 0 : UInt64(UInt32.max) - 2000
      let world = try World(priorities: priorities, isMessageOrderKept: false, after: start)
      for operation in 0..<operationCount / 4 {
        let runnable = (1...8).filter { world.isRunnable($0) }
        if runnable.isEmpty || Int.random(in: 0..<6, using: &dice) == 0 {
          world.tick()
          if runnable.isEmpty { for task: UInt32 in 1...8 { rescue(task, world) } }
        } else if let task = runnable.randomElement(using: &dice) {
          world.act(task, step(&dice))
        }
        // A full check costs more than a call; a loss persists until the next check.
        guard operation % 32 == 0, let rule = world.brokenRule() else { continue }
        return XCTFail("seed \(seed), operation \(operation): \(rule)")
      }
      XCTAssertGreaterThan(world.taken, operationCount / 500)
      XCTAssertGreaterThan(world.received.count, operationCount / 500)
      XCTAssertGreaterThan(world.awaited, operationCount / 500)
    }
  }

  /// Resumes a task that all others could only have waited for.
  private func rescue(_ task: UInt32, _ world: World) {
    try? world.scheduler.resume(TaskNumber(rawValue: task))
  }

  private func step(_ dice: inout Dice) -> World.Step {
    let timeouts: [Timeout] = [.noWait, .ticks(1), .ticks(2), .ticks(7)]
    let timeout = timeouts[Int.random(in: 0..<4, using: &dice)]
    let place = Int.random(in: 0..<3, using: &dice)
    let bits = UInt32.random(in: 1..<16, using: &dice)
    switch Int.random(in: 0..<28, using: &dice) {
    case 0...1: return .take(timeout)
    case 2...3: return .give
    case 4...6: return .lock(place, timeout)
    case 7...9: return .unlock(place)
    case 10: return .await(timeout)
    case 11: return bits & 1 == 0 ? .signal : .broadcast
    case 12: return .read(bits, bits & 2 == 0 ? .any : .all, clears: bits & 4 != 0, timeout)
    case 13: return .write(bits)
    case 14...15: return .send(isUrgent: bits & 1 == 0, timeout)
    case 16...17: return .receive(timeout)
    case 18: return .lockReading(timeout)
    case 19: return .lockWriting(timeout)
    case 20...21: return .unlockReadWrite
    case 22...23: return .awaitDone(timeout)
    case 24...25: return .complete
    case 26: return bits & 1 == 0 ? .delay(bits) : .setPriority(UInt8(bits))
    default: return bits & 1 == 0 ? .suspend(place + 1) : .resume(place + 1)
    }
  }
}
