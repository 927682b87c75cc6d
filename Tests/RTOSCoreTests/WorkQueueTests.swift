// SPDX-License-Identifier: Apache-2.0
import Foundation
import VmRegionMocks
import XCTest

@testable import RTOSCore

final class WorkQueueTests: ObjectTestCase {
  nonisolated(unsafe) private static var calls: [UInt] = []

  private func makeQueue(items count: Int) -> (ObjectHandle<WorkQueue>, [ObjectHandle<Work>]) {
    let queue = fixed(WorkQueue())
    let items = (0..<count).map { number in
      fixed(Work(in: queue, argument: UInt(number)) { WorkQueueTests.calls.append($0) })
    }
    return (queue, items)
  }

  /// The worker, which runs, does all its work; true when it waits or the queue is closed.
  private func workOn(_ queue: ObjectHandle<WorkQueue>) {
    while case .call(let function, let argument) = scheduler.nextWork(of: queue) {
      function(argument)
    }
  }

  override func setUpWithError() throws {
    try super.setUpWithError()
    Self.calls = []
  }

  func testWorkOfAnInterruptIsDoneByATaskInOrder() throws {
    try start(5, 20)
    let (queue, items) = makeQueue(items: 3)
    blocks { workOn(queue) }
    XCTAssertEqual(running, 2)
    Context.isInInterrupt = true
    for item in [items[2], items[0], items[1]] { XCTAssertTrue(scheduler.enqueue(item)) }
    XCTAssertFalse(scheduler.enqueue(items[0]), "it is queued")
    Context.isInInterrupt = false
    XCTAssertTrue(Context.isRescheduleDue)
    scheduler.reschedule()
    XCTAssertEqual(running, 1)
    blocks { workOn(queue) }
    XCTAssertEqual(Self.calls, [2, 0, 1])
    XCTAssertTrue(scheduler.enqueue(items[0]), "a more urgent worker runs at once")
    XCTAssertEqual(running, 1)
  }

  func testDelayedWorkRunsAtItsTick() throws {
    try start(5, 20)
    let (queue, items) = makeQueue(items: 3)
    XCTAssertTrue(scheduler.enqueue(items[0], after: 5))
    XCTAssertTrue(scheduler.enqueue(items[1], after: 3))
    XCTAssertFalse(scheduler.enqueue(items[1]), "it is delayed")
    blocks { workOn(queue) }
    XCTAssertTrue(scheduler.enqueue(items[2], after: 2))
    XCTAssertEqual(running, 1, "the worker looks what is the first now")
    blocks { workOn(queue) }
    for tick: UInt64 in 1...5 {
      Context.isInInterrupt = true
      scheduler.tick(to: tick)
      Context.isInInterrupt = false
      if Context.isRescheduleDue { scheduler.reschedule() }
      if running == 1 { blocks { workOn(queue) } }
      XCTAssertEqual(
        Self.calls, [[], [2], [2, 1], [2, 1], [2, 1, 0]][Int(tick) - 1], "tick \(tick)")
    }
  }

  func testWaitsAreRefusedOrTimeOut() throws {
    let tasks = try start(5, 20)
    let (queue, items) = makeQueue(items: 2)
    blocks { workOn(queue) }
    scheduler.enqueue(items[0])
    guard case .call = scheduler.nextWork(of: queue) else { return XCTFail("nothing to do") }
    XCTAssertEqual(running, 1)
    refuses(WaitError.deadlock) { try scheduler.flush(queue) }
    refuses(WaitError.deadlock) { try scheduler.flush(items[0]) }
    refuses(WaitError.deadlock) { try scheduler.cancelAndWait(items[0]) }
    XCTAssertNoThrow(try scheduler.cancelAndWait(items[1]), "it does not run")
    blocks { scheduler.block() }
    refuses(WaitError.wouldBlock) { try scheduler.flush(queue, .noWait) }
    XCTAssertTrue(scheduler.enqueue(items[0]), "again, while it runs")
    XCTAssertThrowsError(try scheduler.cancelAndWait(items[0], .noWait))
    XCTAssertFalse(scheduler.cancel(items[0]), "it was cancelled before")
    Context.isInInterrupt = true
    refuses(WaitError.inInterrupt) { try scheduler.cancelAndWait(items[0]) }
    refuses(WaitError.inInterrupt) { try scheduler.close(queue) }
    Context.isInInterrupt = false
    blocks { try scheduler.cancelAndWait(items[0], .ticks(1)) }
    XCTAssertFalse(scheduler.enqueue(items[0]), "a task waits for its end")
    Context.isInInterrupt = true
    scheduler.tick(to: 1)
    Context.isInInterrupt = false
    XCTAssertEqual(outcome(2), .timedOut)
    XCTAssertTrue(scheduler.enqueue(items[0]), "no task waits any more")
    scheduler.wake(tasks[0])
  }

  func testClosedQueueRefusesWorkAndItsWorkerEnds() throws {
    let tasks = try start(5, 20)
    let (queue, items) = makeQueue(items: 3)
    blocks { workOn(queue) }
    scheduler.enqueue(items[0])
    guard case .call = scheduler.nextWork(of: queue) else { return XCTFail("nothing to do") }
    scheduler.enqueue(items[1])
    scheduler.enqueue(items[2], after: 9)
    blocks { scheduler.block() }
    blocks { try scheduler.close(queue) }
    for item in items { XCTAssertFalse(scheduler.enqueue(item)) }
    XCTAssertEqual(bench.records[2].state, .blocked, "work still runs")
    preempt(by: tasks[0])
    guard case .end = scheduler.nextWork(of: queue) else { return XCTFail("there is work") }
    XCTAssertEqual(outcome(2), .satisfied)
    XCTAssertNoThrow(try scheduler.close(queue), "there is no worker to wait for")
  }

  /// APUS_OPERATIONS in the environment is another number than 20,000.
  func testRandomCallsAgreeWithTheModel() throws {
    let wanted = ProcessInfo.processInfo.environment["APUS_OPERATIONS"].flatMap { Int($0) }
    for seed: UInt64 in 1...4 {
      var dice = Dice(seed: seed)
      let world = try WorkWorld(items: 5)
      for operation in 0..<(wanted ?? 20_000) / 4 {
        let item = Int.random(in: 0..<5, using: &dice)
        let ticks = UInt32.random(in: 0..<4, using: &dice)
        let task = UInt32.random(in: 1...3, using: &dice)
        switch Int.random(in: 0..<14, using: &dice) {
        case 0...2: world.act(task, .enqueue(item))
        case 3...4: world.act(task, .delay(item, ticks))
        case 5: world.act(task, .cancel(item))
        case 6: world.act(task, .cancelAndWait(item))
        case 7: world.act(task, .flush(item))
        case 8: world.act(task, .flushAll)
        case 9...11: world.act(1, .work)
        default: world.act(0, .tick)
        }
        if let rule = world.brokenRule() {
          return XCTFail("seed \(seed), operation \(operation): \(rule)")
        }
      }
      XCTAssertGreaterThan(world.done.count, (wanted ?? 20_000) / 40)
    }
  }

  func testWorkerLosesTheUrgencyOfItsWaiterAfterTheWork() throws {
    let tasks = try start(5, 10, 20)
    let (queue, items) = makeQueue(items: 1)
    blocks { workOn(queue) }
    blocks { scheduler.block() }
    scheduler.enqueue(items[0])
    guard case .call = scheduler.nextWork(of: queue) else { return XCTFail("nothing to do") }
    scheduler.enqueue(items[0])
    blocks { scheduler.block() }
    preempt(by: tasks[1])
    blocks { try scheduler.flush(items[0]) }
    XCTAssertEqual(running, 3)
    XCTAssertThrowsError(try scheduler.cancelAndWait(items[0], .noWait))
    XCTAssertEqual(running, 2, "the work that it waited for was cancelled")
  }

  func testEveryOrderOfThreeCallsAgreesWithTheModel() throws {
    let calls: [(UInt32, WorkWorld.Step)] = [
      (1, .work), (0, .tick), (2, .enqueue(0)), (2, .enqueue(1)), (3, .delay(0, 1)),
      (2, .cancel(1)), (2, .cancelAndWait(0)), (3, .flushAll), (3, .flush(0)),
    ]
    let beginnings: [[(UInt32, WorkWorld.Step)]] = [
      [], [(2, .enqueue(0)), (1, .work)],
      [(2, .enqueue(0)), (1, .work), (2, .enqueue(0)), (2, .enqueue(1)), (3, .flushAll)],
    ]
    for beginning in beginnings {
      for order in 0..<calls.count * calls.count * calls.count {
        let places = [order % 9, order / 9 % 9, order / 81]
        let world = try WorkWorld(items: 2)
        for (task, step) in beginning + places.map({ calls[$0] }) { world.act(task, step) }
        if let rule = world.brokenRule() {
          return XCTFail("\(rule): \(beginning), \(places.map { calls[$0].1 })")
        }
      }
    }
  }
}
