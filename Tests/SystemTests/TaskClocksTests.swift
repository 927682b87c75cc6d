// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

final class TaskClocksTests: SystemTestCase {
  private typealias Clocks = TaskClocks<MockArchitecture>
  private typealias Load = TaskLoad<MockArchitecture>

  private func nanoseconds(_ task: TaskNumber) -> UInt64 { Load.nanoseconds(of: task) }

  func testTaskTimeIsTheTimeThatItRan() throws {
    let (first, second) = (try makeTask(10), try makeTask(10))
    run(first)
    pass(5_000_000)
    scheduler.wake(second)
    scheduler.yield()
    XCTAssertEqual(TestContext.runningTask, second)
    pass(2_000_000)
    XCTAssertEqual(nanoseconds(first), 5_000_000)
    XCTAssertEqual(nanoseconds(second), 2_000_000, "up to now, though it still runs")
  }

  func testRunningTaskReadsItsOwnTime() throws {
    let task = try makeTask(isUser: true)
    run(task)
    pass(1234)
    XCTAssertEqual(Services.runTime.totalNanoseconds, 1234)
    pass(3_000_000_000)
    XCTAssertEqual(Services.runTime.totalNanoseconds, 3_000_001_234, "after more than a second")
    pass(10)
    XCTAssertEqual(Services.runTime.totalNanoseconds, 3_000_001_244)
  }

  func testTimesAreAddedUp() throws {
    let task = try makeTask()
    run(task)
    pass(400)
    var sum = CPUTime()
    Services.addTime(of: task, to: &sum)
    Services.addTime(of: task, to: &sum)
    XCTAssertEqual(Services.time(sum).totalNanoseconds, 800)
  }

  func testTicksAreChargedToTheInterruptedMode() throws {
    let task = try makeTask()
    run(task)
    for isInProgram in [true, false, true, true] { Clocks.tick(isInProgram: isInProgram) }
    XCTAssertEqual(Services.tickCounts(of: task).user, 3)
    XCTAssertEqual(Services.tickCounts(of: task).system, 1)
    XCTAssertEqual(Services.tickCounts(of: TaskNumber(rawValue: 0)), TickCounts())
  }

  func testNewTaskWithAnOldNumberStartsAtZero() throws {
    let task = try makeTask()
    run(task)
    pass(700)
    Clocks.tick(isInProgram: true)
    scheduler.block()
    Tasks.free(task)
    let again = try makeTask()
    XCTAssertEqual(again, task, "the number is used again")
    XCTAssertEqual(nanoseconds(again), 0)
    XCTAssertEqual(Services.tickCounts(of: again), TickCounts())
  }

  func testLoadIsThatOfTheLastWholeSpan() throws {
    let task = try makeTask()
    pass(1_000_000_000)
    Load.sample()
    XCTAssertEqual(Load.permille(of: task), 0)
    run(task)
    pass(250_000_000)
    scheduler.block()
    pass(750_000_000)
    Load.sample()
    XCTAssertEqual(Load.permille(of: task), 249, "a quarter of a second, rounded down")
    XCTAssertEqual(Load.permille(of: TaskNumber(rawValue: 0)), 749)
  }

  func testLoadIsAtMostAWholeCPUAlsoWhenItIsReadLate() throws {
    let task = try makeTask()
    pass(1_000_000_000)
    Load.sample()
    run(task)
    pass(1_000_000_000)
    Load.sample()
    pass(100_000_000)
    XCTAssertEqual(Load.permille(of: task), 1000, "it has run on since the span's end")
  }

  func testSpanLastsASecond() throws {
    let task = try makeTask()
    pass(1_000_000_000)
    Load.sample()
    run(task)
    pass(500_000_000)
    Load.sample()
    XCTAssertEqual(Load.permille(of: task), 333, "of the second and a half since boot")
    pass(500_000_000)
    Load.sample()
    XCTAssertEqual(Load.permille(of: task), 999, "of the last second, rounded down")
  }
}
