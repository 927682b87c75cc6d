// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// The scheduler with tasks that really run: the state of a new task, and of a task that is
/// switched in again. The tasks of a test stay blocked permanently, as does its scheduler.
final class SchedulerThreadTests: XCTestCase {
  nonisolated(unsafe) private static var bench: TestBench<ThreadContext>?
  nonisolated(unsafe) private static var trace: [UInt32] = []
  nonisolated(unsafe) private static var peers: [TaskNumber] = []

  private static var scheduler: Scheduler<ThreadProcessor, ThreadContext> {
    guard let bench else { fatalError("the test has no scheduler") }
    return bench.scheduler
  }

  override func setUpWithError() throws {
    ThreadContext.runningTask = 0
    Self.bench = try TestBench()
    Self.trace = []
    Self.peers = []
  }

  private func create(
    count: UInt32, priority: UInt8 = 9, entry: @convention(c) (UInt32) -> Void
  ) throws {
    for number in 1...count {
      let bench = try XCTUnwrap(Self.bench)
      Self.peers.append(try bench.create(number, priority: priority, entry: entry))
    }
    Self.peers.forEach(Self.scheduler.wake)
  }

  func testNewTaskReleasesTheLockOfItsSwitch() throws {
    try create(count: 1) { number in
      SchedulerThreadTests.scheduler.didStart()
      SchedulerThreadTests.trace = [number, ThreadProcessor.silicon.isMasked ? 1 : 0]
      SchedulerThreadTests.scheduler.block()
    }
    Self.scheduler.yield()
    XCTAssertEqual(Self.trace, [1, 1], "it runs with interrupts masked")
    XCTAssertFalse(ThreadProcessor.silicon.isMasked, "a task that is switched in has its own state")
    XCTAssertEqual(Self.scheduler.current.rawValue, 0)
  }

  func testTasksOfOnePriorityTakeTurns() throws {
    try create(count: 3) { number in
      SchedulerThreadTests.scheduler.didStart()
      for _ in 0..<3 {
        SchedulerThreadTests.trace.append(number)
        SchedulerThreadTests.scheduler.yield()
      }
      SchedulerThreadTests.scheduler.block()
    }
    Self.scheduler.yield()
    XCTAssertEqual(Self.trace, [1, 2, 3, 1, 2, 3, 1, 2, 3])
  }

  func testTwoTasksPassATokenToAndFro() throws {
    try create(count: 2) { number in
      let scheduler = SchedulerThreadTests.scheduler
      scheduler.didStart()
      for _ in 0..<100 {
        SchedulerThreadTests.trace.append(number)
        scheduler.wake(SchedulerThreadTests.peers[Int(2 - number)])
        scheduler.block()
      }
      scheduler.block()
    }
    Self.scheduler.yield()
    // Both are ready at first, so the first wakes find tasks that run anyway; afterwards each
    // wake lets the other one go on.
    XCTAssertEqual(Self.trace.filter { $0 == 1 }.count, 100)
    XCTAssertEqual(Self.trace.filter { $0 == 2 }.count, 100)
    XCTAssertEqual(Self.trace.prefix(2), [1, 2])
    XCTAssertEqual(Self.scheduler.current.rawValue, 0)
  }
}
