// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// The rows of C code's tasks and objects in /proc/tasks.
final class ListTests: LiteOSTestCase {
  private func name(of task: UInt32) -> String {
    var sink = TextBuffer()
    los.writeName(of: TaskNumber(rawValue: task), to: &sink)
    return sink.text
  }

  private var objects: [String] {
    var sink = TextBuffer()
    var slot: UInt32 = 0
    while los.writeObject(slot, to: &sink) { slot += 1 }
    XCTAssertEqual(Int(slot), Self.semaphoreCount + Self.queueCount + Self.timerCount)
    return sink.lines
  }

  func testNameIsCutAndHasNoBlanks() {
    var number: UInt32 = 0
    var wanted = parameters()
    let name = Array("a b\u{7f}c and much more".utf8CString)
    name.withUnsafeBufferPointer { name in
      wanted.pcName = UnsafeMutablePointer(mutating: name.baseAddress)
      XCTAssertEqual(los.taskCreateOnly(&number, &wanted), LOS_OK)
    }
    XCTAssertEqual(self.name(of: number), "a?b?c?and?much?")
    XCTAssertEqual(self.name(of: 0), "", "the idle task is not C code's")
    XCTAssertEqual(self.name(of: UInt32(Self.taskCount)), "")
    bench.scheduler.setOwner(0x1000, of: TaskNumber(rawValue: number))
    XCTAssertEqual(self.name(of: number), "", "a program's thread has its own name")
  }

  func testEachObjectHasALine() {
    XCTAssertEqual(objects, [])
    var (gone, semaphore, queue): (UInt32, UInt32, UInt32) = (0, 0, 0)
    XCTAssertEqual(los.semCreate(1, &gone), LOS_OK)
    XCTAssertEqual(los.semCreate(0, &semaphore), LOS_OK)
    XCTAssertEqual(los.semDelete(gone), LOS_OK)
    XCTAssertEqual(los.queueCreate(5, &queue, 8), LOS_OK)
    var word: UInt32 = 7
    XCTAssertEqual(los.queueWriteCopy(queue, &word, 4, 0), LOS_OK)
    var (stopped, running): (UInt16, UInt16) = (0, 0)
    XCTAssertEqual(los.swtmrCreate(10, 0, { _ in }, &stopped, 0), LOS_OK)
    XCTAssertEqual(los.swtmrCreate(10, 1, { _ in }, &running, 0), LOS_OK)
    XCTAssertEqual(los.swtmrStart(running), LOS_OK)
    let waiter = start(5)
    XCTAssertEqual(self.running, waiter)
    _ = los.semPend(semaphore, .max)
    XCTAssertEqual(
      objects,
      [
        "semaphore \(semaphore): count 0, waiting 1", "queue \(queue): messages 1 of 5, waiting 0",
        "timer \(stopped): stopped", "timer \(running): ticks left 10",
      ])
  }
}
