// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// The stop of a process with all its threads, and who is told of it.
final class GroupStopTests: MachineTestCase {
  private var parent = TaskNumber(rawValue: 0)
  private var child: Int32 = 0
  /// The child's first thread.
  private var task = TaskNumber(rawValue: 0)

  override func setUpWithError() throws {
    try super.setUpWithError()
    parent = Services.task
    child = machine.call(.fork)
    task = machine.task(of: child)
  }

  override func tearDown() {
    if machine.call(.kill, UInt32(child), 9) == 0 {
      machine.run(task) { machine.doUserReturnWork() }
      XCTAssertEqual(machine.call(.wait4, UInt32(child), 0, 0, 0), child)
    }
    super.tearDown()
  }

  private func send(_ number: UInt32) {
    machine.run(parent) { XCTAssertEqual(machine.call(.kill, UInt32(child), number), 0) }
  }

  /// The status that wait4 has of the child; nil if there is none.
  private func status(_ options: UInt32) -> UInt32? {
    var status: UInt32?
    machine.run(parent) {
      if machine.call(.wait4, UInt32(child), buffer, options | 1, 0) == child {
        status = machine.word(buffer)
      }
    }
    return status
  }

  /// The thread returns to user mode; while it waits, `body` happens.
  private func returnToUser(_ task: TaskNumber, _ body: @escaping () -> Void) {
    machine.turns.script = [body]
    machine.run(task) { machine.doUserReturnWork() }
    XCTAssertTrue(machine.turns.script.isEmpty, "it did not stop")
  }

  func testStopAndContinuationAreToldOnce() {
    send(19)
    XCTAssertNil(status(2), "not stopped yet")
    returnToUser(task) {
      XCTAssertEqual(self.status(2), 0x137f)
      XCTAssertNil(self.status(2))
      self.send(18)
      XCTAssertEqual(self.status(8), 0xffff)
      XCTAssertNil(self.status(8))
    }
  }

  func testStopIsCompleteWithTheLastThread() {
    var second = task
    machine.run(task) { second = machine.makeThread() }
    send(20)
    send(22)
    let orphans = Services.processes
    XCTAssertTrue(orphans.isInOrphanedGroup(.first))
    // SIGTSTP does not stop an orphaned group.
    machine.run(task) { machine.doUserReturnWork() }
    send(19)
    returnToUser(task) {
      XCTAssertNil(self.status(2), "a thread runs")
      self.returnToUser(second) {
        XCTAssertEqual(self.status(2), 0x137f)
        self.send(18)
      }
    }
    machine.run(second) { machine.call(.exit, 0) }
  }

  func testThreadThatEndsCompletesTheStop() {
    var second = task
    machine.run(task) { second = machine.makeThread() }
    send(19)
    returnToUser(task) {
      self.machine.run(second) { self.machine.call(.exit, 0) }
      XCTAssertEqual(self.status(2), 0x137f)
      self.send(18)
    }
  }

  func testContinuationDiscardsWhatWouldStop() {
    send(19)
    send(21)
    send(18)
    machine.run(task) { machine.doUserReturnWork() }
    XCTAssertNil(status(2))
    XCTAssertNil(status(8), "it had not stopped")
  }

  func testKillEndsAStoppedProcess() {
    send(19)
    returnToUser(task) { self.send(9) }
    XCTAssertEqual(status(0), 9)
  }

  /// Otherwise it would make the call again and again before the notified thread runs.
  func testThreadThatMayNotForkTakesTheSignalItself() {
    var second = task
    machine.run(task) { second = machine.makeThread() }
    send(19)
    machine.run(second) {
      XCTAssertFalse(Services.thread.pointee.signals.isPending, "the first thread was notified")
      XCTAssertEqual(machine.call(.fork), -513)
      XCTAssertTrue(Services.thread.pointee.signals.isPending)
    }
    send(18)
    machine.run(second) { machine.call(.exit, 0) }
  }

  func testThreadAboutToStopMakesNoProcess() {
    send(19)
    machine.run(task) {
      XCTAssertEqual(machine.call(.fork), -513)
      XCTAssertEqual(machine.call(.clone, 0x10f00, 0, 0, 0, 0) > 0, true, "a thread will be told")
    }
    let second = machine.newestTask
    machine.run(second) { machine.call(.exit, 0) }
    send(18)
  }
}
