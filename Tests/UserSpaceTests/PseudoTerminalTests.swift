// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// Pseudo-terminals: both sides, what each waits for, and what is left when one is closed. Each
/// test checks that all frames and open files are free at its end.
final class PseudoTerminalTests: MachineTestCase {
  private let both: UInt32 = 2
  private let keepsTerminal: UInt32 = 0o400
  private let nonBlocking: UInt32 = 0o4000

  private func open(_ path: String, _ flags: UInt32 = 0) -> Int32 {
    machine.call(.open, machine.string(path, at: buffer), both | keepsTerminal | flags, 0)
  }

  /// The master and a user of a new pseudo-terminal.
  private func pair() -> (UInt32, UInt32) {
    let master = UInt32(bitPattern: open("/dev/ptmx"))
    machine.put(words: [0], at: buffer)
    XCTAssertEqual(machine.call(.ioctl, master, 0x4004_5431, buffer), 0)
    XCTAssertEqual(machine.call(.ioctl, master, 0x8004_5430, buffer), 0)
    let number = machine.word(buffer)
    return (master, UInt32(bitPattern: open("/dev/pts/\(number)")))
  }

  private func write(_ file: UInt32, _ text: String) -> Int32 {
    machine.put(Array(text.utf8), at: buffer + 0x100)
    return machine.call(.write, file, buffer + 0x100, UInt32(text.utf8.count))
  }

  private func read(_ file: UInt32) -> String {
    let answer = machine.call(.read, file, buffer + 0x200, 100)
    guard answer >= 0 else { return String(answer) }
    return String(decoding: machine.bytes(buffer + 0x200, Int(answer)), as: UTF8.self)
  }

  func testTypedLineIsReadAndEchoed() {
    let (master, slave) = pair()
    XCTAssertEqual(write(master, "lime\u{7f}\u{7f}ne\r"), 9)
    XCTAssertEqual(read(slave), "line\n")
    XCTAssertEqual(read(master), "lime\u{8} \u{8}\u{8} \u{8}ne\r\n")
    close(master, slave)
  }

  func testBothSidesWait() {
    let (master, slave) = pair()
    let thread = machine.makeThread()
    machine.turns.script = [
      { self.machine.run(thread) { XCTAssertEqual(self.write(master, "late\n"), 5) } }
    ]
    XCTAssertEqual(read(slave), "late\n")
    XCTAssertEqual(read(master), "late\r\n")
    machine.turns.script = [
      { self.machine.run(thread) { XCTAssertEqual(self.write(slave, "out"), 3) } }
    ]
    XCTAssertEqual(read(master), "out")
    machine.turns.script = [{ self.machine.run(thread) { self.close(slave) } }]
    XCTAssertEqual(read(master), "-5")
    XCTAssertTrue(machine.turns.script.isEmpty)
    close(master)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testCloseOfTheMasterHangsUp() {
    let (master, slave) = pair()
    let thread = machine.makeThread()
    machine.turns.script = [{ self.machine.run(thread) { self.close(master) } }]
    XCTAssertEqual(read(slave), "")
    XCTAssertTrue(machine.turns.script.isEmpty)
    XCTAssertEqual(write(slave, "x"), -5)
    XCTAssertEqual(open("/dev/pts/0"), -2)
    close(slave)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testThereAreSixteen() {
    var masters: [UInt32] = []
    for _ in 0..<16 { masters.append(UInt32(bitPattern: open("/dev/ptmx"))) }
    let files = Services.openFiles.count
    XCTAssertEqual(open("/dev/ptmx"), -28)
    XCTAssertEqual(Services.openFiles.count, files)
    for master in masters { close(master) }
  }

  func testWithoutMemoryNoneIsMade() {
    let path = machine.string("/dev/ptmx", at: buffer)
    let free = machine.pool.freeCount
    for count in UInt32(0)...1 {
      machine.withFrames(count) { XCTAssertEqual(machine.call(.open, path, both, 0), -12) }
    }
    XCTAssertEqual(machine.pool.freeCount, free)
  }
}
