// SPDX-License-Identifier: Apache-2.0
import VmRegion
import RTOSCore
import SystemMocks
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// Open files are shared by dup and fork, are counted, and are closed by their last reference.
final class OpenFileTests: XCTestCase {
  private static let (badDescriptor, tableFull): (Int32, Int32) = (-9, -23)
  private var machine: Machine!
  private var buffer: UInt32 = 0

  override func setUpWithError() throws {
    var builder = CpioBuilder()
    builder.add("init", ElfBuilder().bytes, mode: 0o100755)
    builder.add("file", Array("0123456789".utf8))
    machine = try Machine(initrd: builder.finish())
    _ = try machine.start()
    buffer = machine.memory()
  }

  override func tearDown() { XCTAssertEqual(machine.release(), 0) }

  private var openCount: UInt32 { Services.openFiles.count }

  private func open(_ path: String = "/file", _ flags: UInt32 = 0) -> UInt32 {
    let answer = machine.call(.open, machine.string(path, at: buffer), flags, 0)
    XCTAssertGreaterThanOrEqual(answer, 0, path)
    return UInt32(bitPattern: answer)
  }

  /// The next bytes of an open file.
  private func read(_ descriptor: UInt32, _ count: UInt32) -> String {
    let answer = machine.call(.read, descriptor, buffer, count)
    XCTAssertGreaterThanOrEqual(answer, 0)
    return String(decoding: machine.bytes(buffer, Int(max(0, answer))), as: UTF8.self)
  }

  /// Forks; the task of the child.
  private func fork(_ call: ARMCallNumber = .fork) -> TaskNumber {
    machine.task(of: machine.call(call))
  }

  private func end(_ child: TaskNumber) {
    machine.run(child) { machine.call(.exitGroup, 0) }
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 1)
  }

  func testForkAndDupSharePositionAndFlags() {
    let file = open()
    let other = UInt32(machine.call(.dup, file))
    XCTAssertEqual(read(file, 2), "01")
    let child = fork()
    machine.run(child) {
      XCTAssertEqual(read(other, 3), "234")
      XCTAssertEqual(machine.call(.fcntl64, file, 4, 0o4000), 0)
      XCTAssertEqual(machine.call(.fcntl64, file, 2, 1), 0, "close-on-exec is the descriptor's")
    }
    XCTAssertEqual(read(file, 1), "5")
    XCTAssertEqual(machine.call(.fcntl64, other, 3), 0o4000)
    XCTAssertEqual(machine.call(.fcntl64, file, 1), 0)
    machine.run(child) { XCTAssertEqual(machine.call(.lseek, file, 9, 0), 9) }
    XCTAssertEqual(read(other, 9), "9")
    XCTAssertEqual(machine.call(.pread64, file, buffer, 4, 0, 1, 0), 4)
    XCTAssertEqual(machine.call(.lseek, file, 0, 1), 10, "pread leaves the position alone")
    // Opened again, a file has a position of its own.
    XCTAssertEqual(read(open(), 1), "0")
    end(child)
  }

  func testTheLastReferenceClosesAFile() {
    let before = openCount
    let file = open()
    let child = fork()
    XCTAssertEqual(openCount, before + 1)
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(openCount, before + 1, "the child has it")
    XCTAssertEqual(machine.call(.read, file, buffer, 1), Self.badDescriptor)
    machine.run(child) {
      XCTAssertEqual(read(file, 2), "01")
      XCTAssertEqual(machine.call(.close, file), 0)
    }
    XCTAssertEqual(openCount, before)
    let kept = open()
    let second = fork()
    XCTAssertEqual(machine.call(.close, kept), 0)
    end(second)
    XCTAssertEqual(openCount, before, "the end of the child closes it")
    end(child)
    XCTAssertEqual(openCount, before)
  }

  func testDup2ClosesTheFileOfItsTarget() {
    let before = openCount
    let (first, second) = (open(), open())
    XCTAssertEqual(openCount, before + 2)
    XCTAssertEqual(machine.call(.dup2, first, second), Int32(second))
    XCTAssertEqual(openCount, before + 1)
    XCTAssertEqual(machine.call(.dup2, second, first), Int32(first), "the same file again")
    XCTAssertEqual(read(first, 1) + read(second, 1), "01")
    for descriptor in [first, second] { machine.call(.close, descriptor) }
    XCTAssertEqual(openCount, before)
  }

  func testExecClosesDescriptorsMarkedCloseOnExec() {
    let before = openCount
    let marked = open("/file", 0o2000000)
    let child = fork()
    machine.run(child) {
      let kept = open()
      XCTAssertEqual(read(kept, 1), "0")
      _ = machine.string("/init", at: buffer)
      machine.put(words: [buffer, 0], at: buffer + 64)
      XCTAssertEqual(machine.execute(buffer, buffer + 64), 0)
      buffer = machine.memory()
      XCTAssertEqual(machine.call(.read, marked, buffer, 1), Self.badDescriptor)
      XCTAssertEqual(read(kept, 1), "1", "exec keeps the position")
    }
    XCTAssertEqual(openCount, before + 2)
    end(child)
    XCTAssertEqual(openCount, before + 1, "the parent's descriptor is still open")
  }

  func testOpenWithAFullTableIsENFILEAndTakesNoDescriptor() {
    let before = openCount
    let child = fork()
    var others: [UInt16] = []
    while let file = try? Services.openFiles.open(.root, flags: 0, machine.pool) {
      others.append(file)
    }
    XCTAssertEqual(openCount, UInt32(OpenFiles.capacity))
    let path = machine.string("/file", at: buffer)
    for _ in 0..<3 { XCTAssertEqual(machine.call(.open, path, 0, 0), Self.tableFull) }
    XCTAssertEqual(machine.call(.dup, 0), 3, "dup needs no open file")
    let other = fork()
    XCTAssertEqual(openCount, UInt32(OpenFiles.capacity), "nor does fork")
    for file in others {
      XCTAssertTrue(FileReference(Services.openFiles, file).release())
      Services.openFiles.free(file, machine.pool)
    }
    XCTAssertEqual(openCount, before)
    XCTAssertEqual(open(), 4)
    XCTAssertEqual(read(4, 4), "0123")
    [child, other].forEach(end)
  }

  func testParentAndChildReadOneProcTextInTurn() {
    let file = open("/proc/self/counters")
    let whole = machine.contents("/proc/self/counters")
    let free = machine.pool.freeCount
    let first = read(file, 5)
    XCTAssertEqual(machine.pool.freeCount, free - 1)
    let child = fork()
    machine.run(child) { XCTAssertEqual(first + read(file, 7), String(whole.prefix(12))) }
    XCTAssertEqual(read(file, 5).count, 5)
    XCTAssertEqual(machine.call(.lseek, file, 0, 1), 17)
    XCTAssertEqual(machine.call(.close, file), 0)
    end(child)
    Services.reclaimTasks()
    XCTAssertLessThanOrEqual(free - machine.pool.freeCount, 1, "one page was copied for the child")
  }

  /// The other thread runs while a read of the console waits, and closes the descriptor.
  func testAReadKeepsItsFileWhenAnotherThreadClosesIt() {
    let thread = machine.makeThread()
    let console = open("/dev/console", 2)
    let before = openCount
    machine.turns.script = [
      { [machine, buffer] in
        machine?.run(thread) {
          XCTAssertEqual(machine?.call(.close, console), 0)
          XCTAssertEqual(Services.openFiles.count, before, "the read has a reference")
          // The same descriptor and perhaps the same slot, were it free.
          XCTAssertEqual(
            machine?.call(.open, machine?.string("/file", at: buffer + 64) ?? 0, 0, 0),
            Int32(console))
        }
        TestConsole.input = Array("typed".utf8)
        Services.serveConsole()
      }
    ]
    XCTAssertEqual(machine.call(.read, console, buffer, 16), 5)
    XCTAssertEqual(openCount, before, "the console is closed, the file open")
    XCTAssertEqual(machine.call(.lseek, console, 0, 1), 0, "the new file's position is its own")
    machine.run(thread) { machine.call(.exit, 0) }
  }
}
