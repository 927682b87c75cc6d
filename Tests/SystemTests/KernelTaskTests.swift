// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import VmRegionMocks
import SystemMocks
import XCTest

@testable import System

final class KernelTaskTests: SystemTestCase {
  func testStackIsThreeFramesAndMarked() throws {
    var top: KernelAddress = 0
    var number: TaskNumber?
    let task = try Tasks.create(.fair) {
      (top, number) = ($0, $1)
      return $0
    }
    XCTAssertEqual(task.rawValue, 1)
    XCTAssertEqual(number, task)
    XCTAssertEqual(A.system.frames.freeCount, freeAtFirst - 3)
    XCTAssertEqual(top, TestSpace.top(of: 1), "the stack of the task's number")
    let peak = StackWatermark.peak(
      TestSpace.stack(of: 1), byteCount: TestSpace.stackSize,
      interval: StackWatermark.markInterval)
    XCTAssertEqual(peak, 0)
    Tasks.free(task)
    XCTAssertEqual(A.system.frames.freeCount, freeAtFirst)
    XCTAssertTrue(TestSpace.mapped.isEmpty)
  }

  func testFullTableCostsNothing() throws {
    for _ in 1..<TestSpace.stackCount { _ = try makeTask() }
    let free = A.system.frames.freeCount
    XCTAssertThrowsError(try makeTask()) {
      XCTAssertEqual($0 as? KernelTaskError, .tableFull)
    }
    XCTAssertEqual(A.system.frames.freeCount, free)
    XCTAssertEqual(TestSpace.mapped.count, Int(TestSpace.stackCount) - 1)
  }

  func testTooFewFramesCostNothing() throws {
    var taken: [PhysicalFrame] = []
    while A.system.frames.freeCount > 2 {
      taken.append(try A.system.frames.allocate(zeroed: false))
    }
    XCTAssertThrowsError(try makeTask()) {
      XCTAssertEqual($0 as? KernelTaskError, .outOfMemory)
    }
    XCTAssertEqual(A.system.frames.freeCount, 2)
    taken.forEach { A.system.frames.release($0) }
    _ = try makeTask()
  }

  func testEndedTaskKeepsItsStackUntilTheSweep() throws {
    let task = try makeTask(isUser: true)
    run(task)
    Services.endTask()
    XCTAssertEqual(TestContext.runningTask.rawValue, 0)
    XCTAssertTrue(TestContext.isRescheduleDue, "the next task sweeps")
    XCTAssertEqual(try scheduler.info(of: task).state, .exited)
    XCTAssertEqual(A.system.frames.freeCount, freeAtFirst - 3)
    Services.reclaimTasks()
    XCTAssertThrowsError(try scheduler.info(of: task))
    XCTAssertEqual(A.system.frames.freeCount, freeAtFirst)
    XCTAssertEqual(try makeTask(), task, "its number is used again")
  }

  func testEndOfTheLockHolderLeavesItsAddressSpaceFirst() throws {
    let task = try makeTask(isUser: true)
    run(task)
    Services.endTask()
    XCTAssertEqual(TestContext.activations, [], "one CPU has no lock")
    KernelEntry<A>.begin()
    let second = try makeTask(isUser: true)
    run(second)
    Services.enterKernel()
    Services.endTask()
    XCTAssertEqual(TestContext.activations, [0])
    Services.leaveKernel()
  }

  func testSweepWithoutDeadTasksFreesNothing() throws {
    _ = try makeTask()
    Tasks.sweep()
    XCTAssertEqual(TestSpace.mapped.count, 1)
  }
}
