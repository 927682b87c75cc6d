// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class PolicyTests: ObjectTestCase {
  /// Serves one tick after the other up to `last` and returns the task that ran after each.
  private func run(from first: UInt64, to last: UInt64) -> [UInt32] {
    (first...last).map {
      tick(to: $0)
      return running
    }
  }

  private func budget(_ runtime: UInt32, _ deadline: UInt32, _ period: UInt32) -> DeadlineBudget {
    DeadlineBudget(runtime: runtime, deadline: deadline, period: period) ?? .none
  }

  func testSliceEndRunsTheNextTaskOfThePriority() throws {
    try start(9, 9)
    // One other is ready: a slice is 20 ticks, less 15 twentieths of a tick for it.
    let order = run(from: 1, to: 60)
    XCTAssertEqual(order[18], 1)
    XCTAssertEqual(Array(order[19..<39]), Array(repeating: 2, count: 20))
    XCTAssertEqual(order[39], 1)
  }

  func testSlicesAreShorterTheMoreTasksWait() throws {
    try start(9, 9, 9, 9, 9, 9, 9, 9, 9)
    let order = run(from: 1, to: 28)
    XCTAssertEqual(order.filter { $0 == 1 }.count, 13, "14 ticks with 8 others, the last shared")
    XCTAssertEqual(order.filter { $0 == 2 }.count, 14)
  }

  func testFifoTaskKeepsItsCPU() throws {
    let tasks = try start(9, 9)
    try scheduler.setPolicy(.fifo, of: tasks[0])
    XCTAssertEqual(run(from: 1, to: 50), Array(repeating: 1, count: 50))
    scheduler.yield()
    XCTAssertEqual(running, 2)
  }

  func testPreemptedTaskResumesBeforeItsPeers() throws {
    let tasks = try start(9, 9, 3)
    scheduler.block()
    XCTAssertEqual(running, 1)
    preempt(by: tasks[2])
    scheduler.block()
    XCTAssertEqual(running, 1)
  }

  func testEarliestDeadlineRunsFirstAndBeforeAllPriorities() throws {
    let tasks = try start(0, 9, 9)
    try scheduler.setBudget(budget(2, 10, 20), of: tasks[1])
    XCTAssertEqual(running, 2)
    try scheduler.setBudget(budget(2, 8, 20), of: tasks[2])
    XCTAssertEqual(running, 3)
    scheduler.waitForNextPeriod()
    XCTAssertEqual(running, 2)
    scheduler.waitForNextPeriod()
    XCTAssertEqual(running, 1)
    XCTAssertEqual(Set(run(from: 1, to: 19)), [1])
    tick(to: 20)
    XCTAssertEqual(running, 3)
  }

  func testOverrunStopsUntilTheNextPeriod() throws {
    let tasks = try start(9, 9)
    try scheduler.setBudget(budget(3, 5, 10), of: tasks[0])
    let order = run(from: 1, to: 23)
    let expected: [UInt32] =
      [1, 1] + Array(repeating: 2, count: 7) + [1, 1, 1] + Array(repeating: 2, count: 7)
      + [1, 1, 1, 2]
    XCTAssertEqual(order, expected)
  }

  func testAdmissionRefusesWhatCouldMissADeadline() throws {
    let tasks = try start(9, 9, 9)
    try scheduler.setBudget(budget(5, 10, 10), of: tasks[0])
    refuses(TaskError.notAdmitted) {
      try self.scheduler.setBudget(self.budget(5, 10, 20), of: tasks[1])
    }
    try scheduler.setBudget(budget(4, 10, 10), of: tasks[1])
    try scheduler.setBudget(budget(3, 10, 10), of: tasks[1])
    refuses(TaskError.notAdmitted) { try self.scheduler.setPolicy(.deadline, of: tasks[2]) }
    try scheduler.setPolicy(.fifo, of: tasks[0])
    try scheduler.setBudget(budget(5, 10, 10), of: tasks[2])
    try scheduler.delete(tasks[1])
    try scheduler.setBudget(budget(4, 10, 10), of: tasks[0])
  }

  func testInvalidBudgetsAreRefused() {
    XCTAssertNil(DeadlineBudget(runtime: 0, deadline: 5, period: 5))
    XCTAssertNil(DeadlineBudget(runtime: 6, deadline: 5, period: 9))
    XCTAssertNil(DeadlineBudget(runtime: 1, deadline: 5, period: 4))
    XCTAssertNil(DeadlineBudget(runtime: 1, deadline: 5, period: 1 << 20 + 1))
  }

  func testAdmittedTasksNeverMissTheirDeadlines() throws {
    let tasks = try start(9, 9, 9, 9)
    let budgets = [budget(2, 10, 12), budget(3, 9, 15), budget(1, 4, 8)]
    for (task, budget) in zip(tasks, budgets) { try scheduler.setBudget(budget, of: task) }
    var had: [UInt32] = [0, 0, 0]
    for now: UInt64 in 1...20_000 {
      if running >= 1, running <= 3 { had[Int(running) - 1] += 1 }
      tick(to: now)
      for place in 0..<3 {
        let since = now % UInt64(budgets[place].period)
        if since == UInt64(budgets[place].deadline) {
          XCTAssertEqual(had[place], budgets[place].runtime, "task \(place + 1) at \(now)")
        }
        if since == 0 { had[place] = 0 }
      }
    }
  }

  func testMutexInheritsADeadline() throws {
    let tasks = try start(20, 15, 9)
    let mutex = fixed(Mutex())
    scheduler.block()
    scheduler.block()
    try scheduler.lock(mutex, .forever)
    preempt(by: tasks[2])
    try scheduler.setBudget(budget(3, 10, 20), of: tasks[2])
    blocks { try self.scheduler.lock(mutex, .forever) }
    preemptedNever(by: tasks[1])
    try scheduler.unlock(mutex)
    XCTAssertEqual(running, 3)
  }

  private func preemptedNever(by task: TaskNumber) {
    scheduler.wake(task)
    scheduler.reschedule()
    XCTAssertEqual(running, 1)
  }

  func testWaitCannotSaveUpRuntime() throws {
    let tasks = try start(9, 10)
    let semaphore = fixed(Semaphore(count: 0))
    try scheduler.setBudget(budget(4, 10, 10), of: tasks[0])
    blocks { try self.scheduler.take(semaphore, .forever) }
    tick(to: 9)
    try scheduler.give(semaphore)
    XCTAssertEqual(
      bench.records[1].budget.absoluteDeadline, 19, "4 ticks in the last period exceed its share")
  }
}
