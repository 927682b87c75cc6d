// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// Random operations on the scheduler and on a model that is too simple to be wrong.
final class SchedulerModelTests: XCTestCase {
  /// Ready tasks as one list in the order in which they came.
  private struct Model {
    var priorities: [UInt8] = [31]
    var ready: [Int] = []
    var blocked: Set<Int> = []
    var pending: Set<Int> = []
    var running = 0
    var switches: UInt32 = 0
    var isDue = false

    var mostUrgent: Int? {
      ready.min { (priorities[$0], position($0)) < (priorities[$1], position($1)) }
    }

    private func position(_ task: Int) -> Int { ready.firstIndex(of: task) ?? 0 }

    mutating func create(_ priority: UInt8) {
      blocked.insert(priorities.count)
      priorities.append(priority)
    }

    mutating func wake(_ task: Int) {
      guard blocked.remove(task) != nil else {
        pending.insert(task)
        return
      }
      ready.append(task)
      if priorities[task] < priorities[running] { isDue = true }
    }

    mutating func block() {
      guard pending.remove(running) == nil else { return }
      blocked.insert(running)
      runNext()
    }

    mutating func yield() {
      guard let next = mostUrgent, priorities[next] <= priorities[running] else { return }
      ready.append(running)
      runNext()
    }

    /// Only a more urgent task comes before one whose turn is not over.
    mutating func giveWay() {
      guard let next = mostUrgent, priorities[next] < priorities[running] else { return }
      ready.insert(running, at: 0)
      runNext()
    }

    private mutating func runNext() {
      guard let next = mostUrgent else { return XCTFail("the test blocked the last task") }
      ready.removeAll { $0 == next }
      running = next
      switches += 1
    }
  }

  func testRandomOperationsAgreeWithTheModel() throws {
    for seed: UInt64 in 1...8 { try run(seed: seed, steps: 4000) }
  }

  private func run(seed: UInt64, steps: Int) throws {
    RecordingContext.reset()
    let bench = try TestBench<RecordingContext>()
    defer { bench.free() }
    let scheduler = bench.scheduler
    var model = Model()
    var random = Dice(seed: seed)
    for step in 0..<steps {
      let operation = Int.random(in: 0..<100, using: &random)
      switch operation {
      case 0..<2 where model.priorities.count < 16:
        let priority = UInt8.random(in: 0..<4, using: &random) * 9  // None is the fair level.
        _ = try bench.create(UInt32(model.priorities.count), priority: priority)
        model.create(priority)
      case 2..<45:
        let task = Int.random(in: 0..<model.priorities.count, using: &random)
        scheduler.wake(TaskNumber(rawValue: UInt32(task)))
        model.wake(task)
      case 45..<70 where model.running != 0:  // The idle task never blocks.
        scheduler.block()
        model.block()
      case 70..<85:
        scheduler.yield()
        model.yield()
      default:
        scheduler.reschedule()
        model.isDue = false
        model.giveWay()
      }
      guard
        RecordingContext.runningTask.index == model.running,
        RecordingContext.isRescheduleDue == model.isDue,
        scheduler.switchCount == model.switches,
        RecordingContext.complaints == []
      else {
        return XCTFail(
          """
          seed \(seed), step \(step): runs \(RecordingContext.runningTask), \
          model \(model); \(RecordingContext.complaints)
          """)
      }
    }
    XCTAssertGreaterThan(model.switches, UInt32(steps / 10))
  }
}
