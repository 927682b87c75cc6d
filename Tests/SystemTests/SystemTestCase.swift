// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// Tests on a system of their own, whose task 0 is the idle task and runs. A tick is a millisecond
/// and a count a nanosecond.
class SystemTestCase: XCTestCase {
  typealias A = MockArchitecture
  typealias Services = UserServices<MockArchitecture>
  typealias Owner = System<MockArchitecture>
  typealias Tasks = KernelTask<MockArchitecture>

  var scheduler: Owner.TaskScheduler { A.system.scheduler }
  private(set) var freeAtFirst: UInt32 = 0
  var commandLine: String { "" }

  override func setUpWithError() throws {
    MockKernel<A>.install(commandLine: commandLine)
    TestCode.reset()
    Owner.setHooks(TestCode.hooks)
    freeAtFirst = A.system.frames.freeCount
  }

  override func tearDown() {
    XCTAssertFalse(TestProcessor.isMasked)
    TestControl.counts = false
  }

  /// A task with a stack, as its number; ready, and of an owner if it is a user thread.
  func makeTask(_ priority: UInt8 = 20, isUser: Bool = false) throws -> TaskNumber {
    let task = try Tasks.create(Urgency(try XCTUnwrap(Priority(rawValue: priority)))) { top, _ in
      top
    }
    if isUser { Services.attachThread(of: task) }
    return task
  }

  /// Makes a task run: it is woken, and the running task blocks.
  func run(_ task: TaskNumber) {
    scheduler.wake(task)
    scheduler.reschedule()
    XCTAssertEqual(TestContext.runningTask, task)
  }

  /// Lets time pass without a tick.
  func pass(_ nanoseconds: UInt64) { TestClock.count += nanoseconds }

  /// Lets `count` ticks come, one after the other.
  func tick(_ count: Int = 1) {
    for _ in 0..<count {
      pass(1_000_000)
      Owner.serveTimer()
    }
  }

  func isReady(_ task: TaskNumber) -> Bool {
    (try? scheduler.info(of: task))?.state == .ready
  }
}
