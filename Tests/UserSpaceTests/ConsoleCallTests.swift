// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// Calls on the console, which may wait for its device.
final class ConsoleCallTests: MachineTestCase {
  /// Bytes arrive, and the device interrupts.
  private func type(_ text: String) {
    TestConsole.input += Array(text.utf8)
    Services.serveConsole()
  }

  /// A wake-up without a reason, as after another task was faster.
  private func wake(_ task: TaskNumber) -> () -> Void { { Services.wake(task) } }

  func testConsoleReadReturnsTheAvailableBytes() {
    TestConsole.input = Array("typed".utf8)
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), 5)
    XCTAssertEqual(machine.bytes(buffer, 5), Array("typed".utf8))
    XCTAssertEqual(machine.call(.read, 0, buffer, 0), 0)
  }

  func testConsoleReadWaitsForBytes() {
    machine.turns.script = [wake(Services.task), { self.type("late") }]
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), 4)
    XCTAssertTrue(machine.turns.script.isEmpty, "both happened")
    XCTAssertEqual(machine.call(.fcntl64, 0, 4, 0o4000), 0)
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), Int32(-11))
    TestConsole.input = [65]
    XCTAssertEqual(machine.call(.ioctl, 0, 0x541b, buffer), 0)
    XCTAssertEqual(machine.word(buffer), 1)
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), 1)
  }

  func testConsoleWriteWaitsForRoom() {
    let long = (0..<2000).map { UInt8(truncatingIfNeeded: $0) }
    machine.put(long, at: buffer)
    TestConsole.room = 0
    machine.turns.script = [
      { XCTAssertEqual(TestConsole.output, []) },
      {
        TestConsole.room = .max
        while TestConsole.transmits { Services.serveConsole() }
      },
    ]
    XCTAssertEqual(machine.call(.write, 1, buffer, 2000), 2000)
    XCTAssertEqual(TestConsole.output, long)
    TestConsole.room = 0
    XCTAssertEqual(machine.call(.write, 1, buffer, 500), 500, "the ring has room")
    machine.interruptNextWait()
    XCTAssertEqual(machine.call(.write, 1, buffer, 768), -512, "restarted, unless a handler runs")
    XCTAssertEqual(
      machine.call(.write, 1, buffer, 200), 200, "a signal does not end what can go on")
    Services.thread.pointee.signals.isPending = false
  }

  func testPollAndSelectWaitForTheConsole() {
    machine.put(words: [0, 1], at: buffer)
    XCTAssertEqual(machine.call(.poll, buffer, 1, 0), 0)
    machine.turns.script = [wake(Services.task), { self.type("A") }]
    XCTAssertEqual(machine.call(.poll, buffer, 1, .max), 1)
    XCTAssertEqual(machine.words(buffer, 2), [0, 0x1_0001])
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), 1)
    // Nothing to read, and room for output: the answer is the writer.
    machine.put(words: [1, 2, 3], at: buffer)
    XCTAssertEqual(machine.call(.newselect, 2, buffer, buffer + 4, buffer + 8, 0), 1)
    XCTAssertEqual(machine.words(buffer, 3), [0, 2, 0])
    // Neither: it waits until the end of the timeout.
    TestConsole.room = 0
    XCTAssertEqual(machine.call(.write, 1, buffer, 768), 768, "the ring has no room for more")
    machine.put(words: [1, 2, 0, 1, 0], at: buffer)
    XCTAssertEqual(machine.call(.newselect, 2, buffer, buffer + 4, 0, buffer + 12), 0)
    XCTAssertEqual(machine.words(buffer, 5), [0, 0, 0, 0, 0])
  }
}
