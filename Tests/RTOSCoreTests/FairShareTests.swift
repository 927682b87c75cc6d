// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class FairShareTests: ObjectTestCase {
  private var now: UInt64 = 0

  /// Serves `count` ticks of 1 ms, and returns the task that ran before each.
  private func run(_ count: Int) -> [UInt32] {
    (0..<count).map { _ in
      let task = running
      now += 1
      Context.counter += 62_500
      tick(to: now)
      return task
    }
  }

  private func set(_ nice: Int32, of task: TaskNumber) {
    scheduler.setNice(Nice(clamping: nice), of: task)
  }

  /// Sorted parts of the time in permille.
  private func shares(_ order: [UInt32], _ tasks: [TaskNumber]) -> [Int] {
    tasks.map { task in order.filter { $0 == task.rawValue }.count * 1000 / order.count }
  }

  func testSharesFollowTheWeights() throws {
    let tasks = try start(20, 20)
    set(5, of: tasks[1])  // 335, to 1024
    XCTAssertEqual(shares(run(20_000), tasks)[1], 246, accuracy: 5)
    set(-5, of: tasks[0])  // 3121
    XCTAssertEqual(shares(run(20_000), tasks)[1], 96, accuracy: 3)
  }

  func testEqualTasksTakeTurnsOfThreeTicks() throws {
    let tasks = try start(20, 20, 20)
    let order = run(3000)
    for share in shares(order, tasks) { XCTAssertEqual(share, 333, accuracy: 8) }
    let turns = zip(order, order.dropFirst()).filter { $0 != $1 }.count
    XCTAssertEqual(turns, 1000, accuracy: 10)
  }

  func testWeightsBeyondTheCircleStarveNoTask() throws {
    let tasks = try start(20, 20, 20)
    set(-20, of: tasks[0])
    set(19, of: tasks[2])
    let order = run(60_000)
    XCTAssertEqual(shares(order, tasks)[1], 11, accuracy: 4)
    XCTAssertGreaterThan(order.filter { $0 == 3 }.count, 3)
  }

  func testSleeperRunsAtOnceAndHasNoClaimToMore() throws {
    let tasks = try start(20, 20)
    scheduler.block()
    XCTAssertEqual(Set(run(10_000)), [2])
    scheduler.wake(tasks[0])
    XCTAssertTrue(Context.isRescheduleDue)
    scheduler.reschedule()
    XCTAssertEqual(running, 1)
    XCTAssertLessThan(run(100).prefix { $0 == 1 }.count, 20, "two buckets and a turn")
    XCTAssertEqual(shares(run(1000), tasks)[0], 500, accuracy: 10)
  }

  func testTaskThatWakesAnotherKeepsItsTurn() throws {
    let tasks = try start(20, 20)
    scheduler.block()
    Context.isRescheduleDue = false
    scheduler.wake(tasks[0])
    XCTAssertFalse(Context.isRescheduleDue, "both had about as much")
  }

  func testNewTaskBeginsWithItsMakersShare() throws {
    try start(20, 20)
    _ = run(1000)
    let maker = running
    var made: UInt32 = 3
    // Each child runs until the next is made: together they get no more than one task.
    let order = (0..<10).flatMap { _ -> [UInt32] in
      guard let child = try? bench.create(made, priority: 20) else { return [] }
      made += 1
      XCTAssertEqual(
        bench.records[Int(child.rawValue)].share.time, bench.records[Int(running)].share.time)
      scheduler.wake(child)
      XCTAssertFalse(Context.isRescheduleDue)
      return run(1)
    }
    XCTAssertEqual(order.first, maker)
  }

  func testFIFOTaskOfTheFairLevelKeepsItsCPU() throws {
    let tasks = try start(20, 20)
    try scheduler.setPolicy(.fifo, of: tasks[0])
    XCTAssertEqual(Set(run(100)), [1])
    scheduler.yield()
    XCTAssertEqual(running, 2)
  }

  func testYieldLetsTheOthersRun() throws {
    try start(20, 20, 20)
    var order: [UInt32] = []
    for _ in 0..<6 {
      order.append(running)
      Context.counter += 100
      scheduler.yield()
    }
    XCTAssertEqual(order, [1, 2, 3, 1, 2, 3])
  }

  func testMoreUrgentTaskLeavesTheSharesAlone() throws {
    let tasks = try start(20, 20, 10)
    scheduler.block()  // Task 3.
    var order: [UInt32] = []
    for _ in 0..<1000 {
      order += run(1)
      preempt(by: tasks[2])
      Context.counter += 10_000
      scheduler.block()
    }
    XCTAssertEqual(shares(order, tasks)[0], 500, accuracy: 15)
  }

  func testNiceValuesHaveLinuxsWeights() throws {
    XCTAssertEqual(Nice.zero.weight, 1024)
    XCTAssertEqual(Nice(rawValue: -20)?.weight, 88761)
    XCTAssertEqual(Nice(rawValue: 19)?.weight, 15)
    XCTAssertNil(Nice(rawValue: 20))
    XCTAssertEqual(Nice(clamping: .min).rawValue, -20)
    let clock = FairClock(frequency: 62_500_000)
    XCTAssertEqual(Double(clock.rate) * 62_500_000 / 119, 4_294_967_296, accuracy: 10_000_000)
    XCTAssertEqual(FairClock(frequency: 1000).rate(of: try XCTUnwrap(Nice(rawValue: 19))), .max)
  }

  func testVirtualTimeWraps() {
    let late = VirtualTime(rawValue: .max)
    XCTAssertLessThan(late, VirtualTime(rawValue: 5))
    XCTAssertEqual(VirtualTime(bucket: 0).advanced(by: -1), VirtualTime(bucket: .max))
  }
}
