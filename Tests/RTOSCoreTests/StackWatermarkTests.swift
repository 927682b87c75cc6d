// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class StackWatermarkTests: ObjectTestCase {
  private let stack = UnsafeMutableRawPointer.allocate(byteCount: 1024, alignment: 8)

  deinit { stack.deallocate() }

  func testDeepestWrittenWordCounts() {
    StackWatermark.fill(stack, byteCount: 1024)
    XCTAssertEqual(StackWatermark.peak(stack, byteCount: 1024), 0)
    stack.storeBytes(of: 1, toByteOffset: 1020, as: UInt32.self)
    XCTAssertEqual(StackWatermark.peak(stack, byteCount: 1024), 4)
    stack.storeBytes(of: 0, toByteOffset: 100, as: UInt32.self)
    XCTAssertEqual(StackWatermark.peak(stack, byteCount: 1024), 924)
    stack.storeBytes(of: 0, toByteOffset: 0, as: UInt32.self)
    XCTAssertEqual(StackWatermark.peak(stack, byteCount: 1024), 1024, "all of it was used")
  }

  func testMarksGiveTheDepthToTheNextMark() {
    stack.initializeMemory(as: UInt8.self, repeating: 1, count: 1024)
    StackWatermark.mark(stack, byteCount: 1024)
    let interval = StackWatermark.markInterval
    let peak = { StackWatermark.peak(self.stack, byteCount: 1024, interval: interval) }
    XCTAssertEqual(peak(), 0)
    stack.storeBytes(of: 0, toByteOffset: 1024 - interval, as: UInt32.self)
    XCTAssertEqual(peak(), interval)
    stack.storeBytes(of: 0, toByteOffset: 2 * interval, as: UInt32.self)
    XCTAssertEqual(peak(), 1024 - 2 * interval)
    stack.storeBytes(of: 0, toByteOffset: 0, as: UInt32.self)
    XCTAssertEqual(peak(), 1024)
  }

  func testStackIsReadOnlyWhileItExists() throws {
    var looks = 0
    let look = { (task: UInt32) in
      self.scheduler.withStack(of: TaskNumber(rawValue: task)) {
        XCTAssertTrue(ThreadProcessor.silicon.isMasked)
        looks += 1
      }
    }
    let tasks = try start(9)
    look(tasks[0].rawValue)
    XCTAssertEqual(looks, 1)
    let priority = try XCTUnwrap(Priority(rawValue: 9))
    let made = try scheduler.create(Urgency(priority)) { number in
      look(number.rawValue)
      return 77
    }
    XCTAssertEqual(looks, 1, "it is being made")
    look(made.rawValue)
    XCTAssertEqual(looks, 2)
    scheduler.free(made)
    look(made.rawValue)
    look(99)
    XCTAssertEqual(looks, 2)
  }

  func testPeakIsFoundByTaskNumber() throws {
    let tasks = try start(9)
    XCTAssertNil(try scheduler.peakStackUse(of: tasks[0]))
    StackWatermark.fill(stack, byteCount: 1024)
    try scheduler.setStack(stack, byteCount: 1024, of: tasks[0])
    stack.storeBytes(of: 0, toByteOffset: 512, as: UInt32.self)
    XCTAssertEqual(try scheduler.peakStackUse(of: tasks[0]), 512)
    XCTAssertEqual(try scheduler.info(of: tasks[0]).stackSize, 1024)
    let stranger = TaskNumber(rawValue: 15)
    refuses(TaskError.noSuchTask) { _ = try self.scheduler.peakStackUse(of: stranger) }
    refuses(TaskError.noSuchTask) {
      try self.scheduler.setStack(self.stack, byteCount: 4, of: stranger)
    }
  }
}
