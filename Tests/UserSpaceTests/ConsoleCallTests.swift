// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import UserSpace

/// Calls on the console, which may wait for its device.
final class ConsoleCallTests: MachineTestCase {
  func testConsoleReadReturnsTheAvailableBytes() {
    MockPlatform.state.input = Array("typed".utf8)
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), 5)
    XCTAssertEqual(machine.bytes(buffer, 5), Array("typed".utf8))
    XCTAssertEqual(machine.call(.read, 0, buffer, 0), 0)
  }

  func testConsoleReadWaitsForBytes() {
    MockPlatform.state.whileWaiting = [
      {}, { MockPlatform.state.input = Array("late".utf8) },
    ]
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), 4)
    XCTAssertEqual(MockPlatform.state.deadlines, [.max, .max], "another reader was faster")
    XCTAssertEqual(machine.call(.fcntl64, 0, 4, 0o4000), 0)
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), Int32(-11))
    MockPlatform.state.input = [65]
    XCTAssertEqual(machine.call(.ioctl, 0, 0x541b, buffer), 0)
    XCTAssertEqual(machine.word(buffer), 1)
    XCTAssertEqual(machine.call(.read, 0, buffer, 100), 1)
  }

  func testConsoleWriteWaitsForRoom() {
    let long = (0..<2000).map { UInt8(truncatingIfNeeded: $0) }
    machine.put(long, at: buffer)
    MockPlatform.state.consoleRoom = 0
    MockPlatform.state.whileWaiting = [
      { XCTAssertEqual(MockPlatform.state.console, []) }, { MockPlatform.state.consoleRoom = 768 },
    ]
    XCTAssertEqual(machine.call(.write, 1, buffer, 2000), 2000)
    XCTAssertEqual(MockPlatform.state.console, long)
    MockPlatform.state.consoleRoom = 0
    MockPlatform.state.whileWaiting = [{ MockPlatform.thread.pointee.signals.isPending = true }]
    XCTAssertEqual(machine.call(.write, 1, buffer, 10), -512, "restarted, unless a handler runs")
    MockPlatform.state.consoleRoom = 300
    XCTAssertEqual(
      machine.call(.write, 1, buffer, 200), 200, "a signal does not end what can go on")
    MockPlatform.thread.pointee.signals.isPending = false
  }

  func testPollAndSelectWaitForTheConsole() {
    machine.put(words: [0, 1], at: buffer)
    XCTAssertEqual(machine.call(.poll, buffer, 1, 0), 0)
    MockPlatform.state.whileWaiting = [{}, { MockPlatform.state.input = [65] }]
    XCTAssertEqual(machine.call(.poll, buffer, 1, .max), 1)
    XCTAssertEqual(machine.words(buffer, 2), [0, 0x1_0001])
    // Nothing to read, and room for output: the answer is the writer.
    MockPlatform.state.input = []
    machine.put(words: [1, 2, 3], at: buffer)
    XCTAssertEqual(machine.call(.newselect, 2, buffer, buffer + 4, buffer + 8, 0), 1)
    XCTAssertEqual(machine.words(buffer, 3), [0, 2, 0])
    // Neither: it waits until the end of the timeout.
    MockPlatform.state.consoleRoom = 0
    machine.put(words: [1, 2, 0, 1, 0], at: buffer)
    XCTAssertEqual(machine.call(.newselect, 2, buffer, buffer + 4, 0, buffer + 12), 0)
    XCTAssertEqual(machine.words(buffer, 5), [0, 0, 0, 0, 0])
  }
}
