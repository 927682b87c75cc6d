// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class SchedulerTests: XCTestCase {
  private typealias Context = RecordingContext

  private var benches: [TestBench<RecordingContext>] = []
  private var bench: TestBench<RecordingContext> { benches[0] }
  private var scheduler: Scheduler<ThreadProcessor, RecordingContext> { bench.scheduler }

  override func setUpWithError() throws {
    Context.reset()
    benches = [try TestBench()]
  }

  override func tearDown() {
    XCTAssertEqual(Context.complaints, [])
    XCTAssertFalse(ThreadProcessor.silicon.isMasked)
    bench.free()
  }

  /// Tasks 1 up to the count of `priorities`, all of them woken in this order.
  private func createReady(_ priorities: UInt8...) throws -> [TaskNumber] {
    var tasks: [TaskNumber] = []
    for (place, priority) in priorities.enumerated() {
      tasks.append(try bench.create(UInt32(place) + 1, priority: priority))
    }
    tasks.forEach(scheduler.wake)
    return tasks
  }

  func testNewTaskIsBlockedUntilItIsWoken() throws {
    let task = try bench.create(1, priority: 5)
    scheduler.yield()
    XCTAssertEqual(scheduler.current.rawValue, 0)
    scheduler.wake(task)
    scheduler.yield()
    XCTAssertEqual(scheduler.current, task)
  }

  func testMostUrgentTaskRunsFirst() throws {
    _ = try createReady(20, 0, 31, 7)
    scheduler.yield()
    for _ in 0..<4 { scheduler.block() }
    XCTAssertEqual(Context.switches, [2, 4, 1, 3, 0])
  }

  func testTasksOfAPriorityRunInOrder() throws {
    let tasks = try createReady(9, 9, 9)
    scheduler.yield()
    for _ in 0..<4 { scheduler.yield() }
    XCTAssertEqual(Context.switches, [1, 2, 3, 1, 2])
    scheduler.block()
    scheduler.wake(tasks[1])
    for _ in 0..<3 { scheduler.yield() }
    XCTAssertEqual(Context.switches, [1, 2, 3, 1, 2, 3, 1, 2, 3])
  }

  func testYieldAloneReturnsToTheSameTask() throws {
    _ = try createReady(9, 10)
    scheduler.yield()
    scheduler.yield()
    scheduler.yield()
    XCTAssertEqual(scheduler.current.rawValue, 1, "no other task is as urgent")
    XCTAssertEqual(scheduler.switchCount, 1)
  }

  func testWakeBeforeBlockIsNotLost() throws {
    let tasks = try createReady(9)
    scheduler.yield()
    scheduler.wake(tasks[0])
    scheduler.wake(tasks[0])
    scheduler.block()
    XCTAssertEqual(scheduler.current, tasks[0], "the wake came before")
    scheduler.block()
    XCTAssertEqual(scheduler.current.rawValue, 0, "two wakes in a row count once")
  }

  /// A signal that an interrupt sends to the very task that is about to wait.
  func testUserReturnWorkBeforeBlockIsNotLost() throws {
    let tasks = try createReady(9)
    scheduler.yield()
    scheduler.requestUserReturnWork(tasks[0])
    scheduler.block()
    XCTAssertEqual(scheduler.current, tasks[0])
    scheduler.block()
    XCTAssertEqual(scheduler.current.rawValue, 0)
  }

  func testWakeOfAReadyTaskIsNotLost() throws {
    let tasks = try createReady(9)
    scheduler.wake(tasks[0])
    scheduler.yield()
    scheduler.block()
    XCTAssertEqual(scheduler.current, tasks[0])
    scheduler.block()
    XCTAssertEqual(scheduler.current.rawValue, 0)
  }

  func testOnlyAMoreUrgentTaskRequestsAReschedule() throws {
    let running = try bench.create(1, priority: 10)
    scheduler.wake(running)
    XCTAssertTrue(Context.isRescheduleDue, "more urgent than the idle task")
    scheduler.reschedule()
    XCTAssertFalse(Context.isRescheduleDue)
    for priority: UInt8 in [10, 11, 31] {
      scheduler.wake(try bench.create(nextPlace, priority: priority))
      XCTAssertFalse(Context.isRescheduleDue, "\(priority) is no more urgent than 10")
    }
    scheduler.wake(try bench.create(nextPlace, priority: 9))
    XCTAssertTrue(Context.isRescheduleDue)
    XCTAssertEqual(scheduler.current, running, "a wake never switches by itself")
    scheduler.reschedule()
    XCTAssertEqual(Context.switches, [1, 5])
  }

  private var nextPlace: UInt32 {
    UInt32(bench.records.firstIndex { $0.state == .free } ?? -1)
  }

  func testRescheduleWithoutAReadyTaskStays() throws {
    _ = try createReady(9)
    scheduler.reschedule()
    Context.isRescheduleDue = true
    scheduler.reschedule()
    XCTAssertFalse(Context.isRescheduleDue)
    XCTAssertEqual(Context.switches, [1])
  }

  func testFullTableIsAnErrorAndKeepsTheTasks() throws {
    for number: UInt32 in 1..<16 { _ = try bench.create(number, priority: 3) }
    let refused = { _ = try self.scheduler.create(.fair) { _ in fatalError("a stack") } }
    XCTAssertThrowsError(try refused()) { XCTAssertEqual($0 as? TaskError, .tableFull) }
    XCTAssertThrowsError(try scheduler.adoptCurrent(Urgency(.idle)))
    XCTAssertEqual(scheduler.current.rawValue, 0)
    scheduler.yield()
    XCTAssertEqual(Context.switches, [])
  }

  func testCPUTimeIsCountedForEachTask() throws {
    let tasks = try createReady(9, 9)
    scheduler.setAddressSpace(5, of: tasks[1])
    // A step back, which another CPU's sample could show, is no time.
    let late: UInt64 = 1 << 40
    for count in [100, 130, late, late + 5, late - 1] {
      Context.counter = count
      scheduler.yield()
    }
    XCTAssertEqual(Context.switches, [1, 2, 1, 2, 1])
    XCTAssertEqual(Context.given, [[2, 0, 130], [2, late - 130, late + 5]])
    var counted: [[UInt64]] = []
    for task in 0..<3 as Range<UInt32> {
      scheduler.withTask(TaskNumber(rawValue: task)) { counted.append([$0 ? 1 : 0, $1, $2]) }
    }
    XCTAssertEqual(counted[0], [0, 100, 0])
    XCTAssertEqual(counted[1], [1, 35, late - 1])
    XCTAssertEqual(counted[2], [0, late - 130, late + 5])
    scheduler.block()
    XCTAssertEqual(scheduler.switchCount, 6)
    scheduler.free(tasks[0])
    XCTAssertEqual(scheduler.switchCount, 6, "switches to tasks that are no more")
  }

  func testSwitchesAreCountedForTheCPUAndForEachTask() throws {
    _ = try createReady(9, 9)
    for _ in 0..<5 { scheduler.yield() }
    XCTAssertEqual(scheduler.switchCount, 5)
    XCTAssertEqual(bench.records[1].switches, 3)
    XCTAssertEqual(bench.records[2].switches, 2)
    XCTAssertEqual(bench.records[0].switches, 0)
  }

  func testAddressSpaceIsActivatedWhenItsTaskRuns() throws {
    let tasks = try createReady(9, 9, 9)
    scheduler.setAddressSpace(0x1_0000_0007, of: tasks[0])
    scheduler.setAddressSpace(8, of: tasks[2])
    XCTAssertEqual(Context.activations, [], "none of them runs")
    for _ in 0..<4 { scheduler.yield() }
    XCTAssertEqual(Context.activations, [0x1_0000_0007, 8, 0x1_0000_0007], "task 2 has no space")
    scheduler.setAddressSpace(9, of: tasks[0])
    XCTAssertEqual(Context.activations.last, 9, "it runs now")
  }

  func testAddressSpaceThatIsActiveIsNotActivatedAgain() throws {
    let tasks = try createReady(9, 9, 9)
    tasks[0...1].forEach { scheduler.setAddressSpace(7, of: $0) }
    for _ in 0..<3 { scheduler.yield() }
    XCTAssertEqual(Context.activations, [7])
    scheduler.yield()
    XCTAssertEqual(Context.activations, [7, 7], "task 3 has no space")
  }

  func testWakeAndSwitchRunsAMoreUrgentTaskAtOnce() throws {
    let tasks = try createReady(9, 20)
    scheduler.yield()
    scheduler.block()
    Context.isRescheduleDue = false
    scheduler.wakeAndSwitch(tasks[0])
    XCTAssertEqual(scheduler.current, tasks[0])
    XCTAssertFalse(Context.isRescheduleDue)
    scheduler.block()
    scheduler.block()
    XCTAssertEqual(Context.switches, [1, 2, 1, 2, 0])
  }

  func testWakeAndSwitchLetsAnEquallyUrgentTaskWait() throws {
    let tasks = try createReady(9, 9, 5)
    scheduler.yield()
    scheduler.block()
    scheduler.block()
    scheduler.wakeAndSwitch(tasks[0])
    XCTAssertEqual(scheduler.current, tasks[1])
    scheduler.wakeAndSwitch(tasks[1])
    scheduler.block()
    XCTAssertEqual(scheduler.current, tasks[1], "it was woken before")
    scheduler.wake(tasks[2])
    scheduler.wakeAndSwitch(tasks[2])
    XCTAssertEqual(scheduler.current, tasks[1], "it was ready already")
    XCTAssertTrue(Context.isRescheduleDue)
  }

  func testBlockOfTheLastTaskTraps() throws {
    let signal = ChildProcess.signal { scheduler.block() }
    XCTAssertTrue(signal == SIGILL || signal == SIGTRAP)
  }

  func testPrioritiesAreZeroTo31() {
    XCTAssertEqual(Priority(rawValue: 31), .idle)
    XCTAssertEqual(Priority(rawValue: 0)?.rawValue, 0)
    XCTAssertNil(Priority(rawValue: 32))
    XCTAssertEqual(Priority.user.rawValue, 20)
  }
}
