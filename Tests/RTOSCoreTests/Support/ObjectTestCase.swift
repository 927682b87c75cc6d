// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// Tests that act as the running task: a call that blocks returns at once, and the next call is
/// made by the task that was switched in. The outcome of a wait is read from the task's record.
class ObjectTestCase: XCTestCase {
  typealias Context = RecordingContext

  private var benches: [TestBench<RecordingContext>] = []
  var bench: TestBench<RecordingContext> { benches[0] }
  var scheduler: Scheduler<ThreadProcessor, RecordingContext> { bench.scheduler }

  override func setUpWithError() throws {
    Context.reset()
    benches = [try TestBench()]
  }

  override func tearDown() {
    XCTAssertEqual(Context.complaints, [])
    XCTAssertFalse(ThreadProcessor.silicon.isMasked)
    bench.free()
  }

  /// An object in memory of its own, for the length of the test.
  func fixed<Object>(_ object: Object) -> ObjectHandle<Object> {
    let place = UnsafeMutablePointer<Object>.allocate(capacity: 1)
    place.initialize(to: object)
    addTeardownBlock { place.deallocate() }
    return ObjectHandle(at: place)
  }

  /// Tasks 1 up to the count of `priorities`, ready in this order; the most urgent runs.
  @discardableResult
  func start(_ priorities: UInt8...) throws -> [TaskNumber] {
    var tasks: [TaskNumber] = []
    for (place, priority) in priorities.enumerated() {
      tasks.append(try bench.create(UInt32(place) + 1, priority: priority))
    }
    tasks.forEach(scheduler.wake)
    scheduler.yield()
    return tasks
  }

  /// The number of the task that runs.
  var running: UInt32 { Context.runningTask.rawValue }

  /// The next call of the running task must block it.
  func blocks(_ body: () throws -> Void, file: StaticString = #filePath, line: UInt = #line) {
    let me = running
    _ = try? body()
    XCTAssertEqual(bench.records[Int(me)].state, .blocked, file: file, line: line)
    XCTAssertNotEqual(running, me, file: file, line: line)
  }

  /// A call that must be refused with this error.
  func refuses<Refusal: Error & Equatable>(
    _ error: Refusal, file: StaticString = #filePath, line: UInt = #line,
    _ body: () throws -> Void
  ) {
    let before = snapshot
    XCTAssertThrowsError(try body(), file: file, line: line) {
      XCTAssertEqual($0 as? Refusal, error, file: file, line: line)
    }
    XCTAssertEqual(snapshot, before, "a refusal changes nothing", file: file, line: line)
  }

  /// Wakes `task` and lets it come before the one that runs.
  func preempt(by task: TaskNumber, file: StaticString = #filePath, line: UInt = #line) {
    scheduler.wake(task)
    scheduler.reschedule()
    XCTAssertEqual(running, task.rawValue, file: file, line: line)
  }

  /// How the last wait of a task ended, once it is over.
  func outcome(
    _ task: UInt32, file: StaticString = #filePath, line: UInt = #line
  ) -> WaitOutcome {
    XCTAssertNotEqual(
      bench.records[Int(task)].state, .blocked, "task \(task) still waits", file: file, line: line)
    return bench.records[Int(task)].outcome
  }

  /// The priority at which a task is scheduled at the moment.
  func effective(_ task: UInt32) -> Int {
    Int(bench.records[Int(task)].urgency.priority.rawValue)
  }

  func state(_ task: UInt32) -> TaskState { bench.records[Int(task)].state }

  /// All that a refusal could have changed about tasks.
  private var snapshot: [String] {
    bench.records.map {
      "\($0.state) \($0.urgency) \($0.isSuspended) \($0.wait.kind) \($0.held as Any) \($0.next)"
        + " \($0.previous) \($0.preemptionLocks) \($0.timeout.isQueued) \($0.level) \($0.policy)"
    } + ["\(running)"]
  }

  /// Counts ticks up to `tick`, as the timer's interrupt does, and reschedules if that is due.
  func tick(to tick: UInt64) {
    Context.isInInterrupt = true
    scheduler.tick(to: tick)
    Context.isInInterrupt = false
    if Context.isRescheduleDue { scheduler.reschedule() }
  }
}
