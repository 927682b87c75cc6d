// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// Descriptors from 64 on, and open files from 1,024 on, are in frames of their own.
final class ManyDescriptorsTests: MachineTestCase {
  private static let (badDescriptor, noMemory, invalid, tooMany): (Int32, Int32, Int32, Int32) =
    (-9, -12, -22, -24)
  private var openCount: UInt32 { Services.openFiles.count }

  private func raiseLimit() {
    machine.put(words: [4096, 4096], at: buffer)
    XCTAssertEqual(machine.call(.setrlimit, 7, buffer), 0)
  }

  private func open(_ path: String = "/init", _ flags: UInt32 = 0) -> Int32 {
    machine.call(.open, machine.string(path, at: buffer), flags, 0)
  }

  private func isOpen(_ descriptor: UInt32) -> Bool { machine.call(.fcntl64, descriptor, 1) >= 0 }

  private func end(_ child: TaskNumber) {
    machine.run(child) { machine.call(.exitGroup, 0) }
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 1)
  }

  func testLimitsAreThoseOfLinux() {
    XCTAssertEqual(machine.call(.ugetrlimit, 7, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [1024, 4096])
    for number: Int32 in 3..<1024 { XCTAssertEqual(machine.call(.dup, 0), number) }
    XCTAssertEqual(machine.call(.dup, 0), Self.tooMany)
    XCTAssertEqual(machine.call(.dup2, 0, 1024), Self.badDescriptor)
    machine.put(words: [4096, 4097], at: buffer)
    XCTAssertEqual(machine.call(.setrlimit, 7, buffer), -1)
    raiseLimit()
    for number: Int32 in 1024..<4096 { XCTAssertEqual(machine.call(.dup, 0), number) }
    XCTAssertEqual(machine.call(.dup, 0), Self.tooMany)
    XCTAssertEqual(machine.call(.fcntl64, 0, 0, 4096), Self.invalid)
    for number: UInt32 in [3, 31, 32, 63, 64, 70, 2079, 2080, 4095] {
      XCTAssertEqual(machine.call(.close, number), 0)
      XCTAssertEqual(machine.call(.close, number), Self.badDescriptor)
      XCTAssertEqual(machine.call(.dup, 1), Int32(number), "the lowest one")
    }
    XCTAssertEqual(openCount, 1)
  }

  func testForkCopiesThemAndExecClosesThoseMarked() {
    let file = UInt32(open())
    for number: UInt32 in [64, 128, 1000] {
      XCTAssertEqual(
        machine.call(.dup3, file, number, number == 128 ? 0o2000000 : 0), Int32(number))
    }
    let before = openCount
    let child = machine.task(of: machine.call(.fork))
    XCTAssertEqual(machine.call(.close, 64), 0)
    machine.run(child) {
      XCTAssertTrue(isOpen(64), "the child has its own")
      XCTAssertEqual(machine.call(.read, 1000, buffer, 4), 4)
      _ = machine.string("/init", at: buffer)
      machine.put(words: [buffer, 0], at: buffer + 64)
      XCTAssertEqual(machine.execute(buffer, buffer + 64), 0)
      XCTAssertEqual([64, 128, 1000].map(isOpen), [true, false, true])
    }
    XCTAssertEqual(machine.call(.lseek, 1000, 0, 1), 4, "they share the position")
    XCTAssertTrue(isOpen(128))
    end(child)
    XCTAssertEqual(openCount, before)
  }

  func testWithoutMemoryNothingIsChanged() {
    XCTAssertEqual(machine.call(.dup2, 0, 63), 63)
    machine.withFrames(0) {
      XCTAssertEqual(machine.call(.dup2, 0, 64), Self.noMemory)
      XCTAssertEqual(machine.call(.fcntl64, 0, 0, 64), Self.noMemory)
      XCTAssertFalse(isOpen(64))
      XCTAssertEqual(machine.call(.dup, 0), 3)
    }
    XCTAssertEqual(machine.call(.dup2, 0, 64), 64)
    let free = machine.pool.freeCount
    var failures = 0
    for count: UInt32 in 0..<200 {
      var child: Int32 = 0
      machine.withFrames(count) { child = machine.call(.fork) }
      if child > 0 {
        end(machine.task(of: child))
        break
      }
      XCTAssertEqual(child, Self.noMemory)
      Services.reclaimTasks()
      XCTAssertEqual(machine.pool.freeCount, free, "\(count) frames")
      failures += 1
    }
    XCTAssertGreaterThan(failures, 2)
    XCTAssertTrue(isOpen(64))
  }

  func testOpenFilesBeyondTheTableTakeFramesAndGiveThemBack() {
    raiseLimit()
    let path = machine.string("/init", at: buffer)
    XCTAssertEqual(machine.call(.dup2, 0, 2500), 2500)
    let free = machine.pool.freeCount
    for number: Int32 in 3..<1200 { XCTAssertEqual(machine.call(.open, path, 0, 0), number) }
    XCTAssertLessThan(machine.pool.freeCount, free)
    XCTAssertEqual(machine.call(.pread64, 1199, buffer + 64, 4, 0, 1, 0), 4)
    XCTAssertEqual(machine.bytes(buffer + 64, 1), [0x45])
    XCTAssertEqual(machine.call(.closeRange, 3, 1199, 0), 0)
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(openCount, 1)
    XCTAssertTrue(isOpen(2500))
  }

  func testARangeIsClosedOrMarked() {
    for number: UInt32 in [5, 70, 200] { machine.call(.dup2, 0, number) }
    XCTAssertEqual(machine.call(.closeRange, 5, 4, 0), Self.invalid)
    XCTAssertEqual(machine.call(.closeRange, 5, 6, 1), Self.invalid)
    XCTAssertEqual(machine.call(.closeRange, 70, .max, 4), 0)
    XCTAssertEqual([5, 70, 200].map { machine.call(.fcntl64, $0, 1) }, [0, 1, 1])
    XCTAssertEqual(machine.call(.closeRange, 5, 70, 2), 0)
    XCTAssertEqual([5, 70, 200].map(isOpen), [false, false, true])
    XCTAssertEqual(machine.call(.closeRange, 0x8000_0000, .max, 0), 0)
  }
}
