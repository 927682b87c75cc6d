// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// Handles of processes: they name one process, not its number.
final class ProcessHandleTests: MachineTestCase {
  private func end(_ child: Int32) {
    machine.run(machine.task(of: child)) { machine.call(.exitGroup, 3) }
  }

  func testHandleIsReadableAtTheEnd() {
    let child = machine.call(.fork)
    let handle = UInt32(bitPattern: machine.call(.pidfdOpen, UInt32(child), 0))
    machine.put(words: [handle, 1], at: buffer)
    machine.turns.script = [{ self.end(child) }]
    XCTAssertEqual(machine.call(.poll, buffer, 1, .max), 1)
    XCTAssertTrue(machine.turns.script.isEmpty)
    XCTAssertEqual(machine.call(.waitid, 3, handle, buffer, 4, 0), 0)
    XCTAssertEqual(machine.word(buffer + 12), UInt32(child))
    XCTAssertEqual(machine.call(.pidfdSendSignal, handle, 0, 0, 0), -3)
    XCTAssertEqual(machine.call(.close, handle), 0)
  }

  func testHandleWithoutMemoryMakesNoProcess() {
    let (files, free) = (Services.openFiles.count, machine.pool.freeCount)
    machine.withFrames(0) {
      XCTAssertEqual(machine.call(.pidfdOpen, 1, 0), -12)
      XCTAssertEqual(machine.call(.clone, 0x1011, 0, buffer, 0, 0), -12)
    }
    XCTAssertEqual(machine.call(.clone, 0x1011, 0, 8, 0, 0), -14)
    XCTAssertEqual(machine.call(.wait4, .max, 0, 0, 0), -10, "no child")
    XCTAssertEqual(Services.openFiles.count, files)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testCloneStoresAHandleOfTheChild() {
    let child = machine.call(.clone, 0x1011, 0, buffer, 0, 0)
    let handle = machine.word(buffer)
    end(child)
    XCTAssertEqual(machine.call(.waitid, 3, handle, buffer, 4, 0), 0)
    XCTAssertEqual(machine.word(buffer + 20), 3)
    XCTAssertEqual(machine.call(.close, handle), 0)
  }
}
