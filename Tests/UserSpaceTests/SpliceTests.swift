// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import RTOSCore
@testable import System
@testable import UserSpace

/// splice, tee and vmsplice: no byte is lost or doubled by errors, other threads and their ends. Each
/// test checks that all frames and open files are free at its end.
final class SpliceTests: MachineTestCase {
  private let nonBlocking: UInt32 = 0o4000
  private let noMemory: Int32 = -12
  private let bytes = (0..<0x6000).map { UInt8(truncatingIfNeeded: $0 / 11) }
  /// A long buffer of the program's.
  private var long: UInt32 = 0

  override func setUpWithError() throws {
    try super.setUpWithError()
    long = machine.memory(0x20000)
    machine.put(bytes, at: long)
    machine.put([UInt8](repeating: 0, count: 0x6000), at: long + 0x8000)
    machine.put(words: [1, 0, 0, 0, 0], at: buffer)  // SIG_IGN
    XCTAssertEqual(machine.call(.rtSigaction, 13, buffer, 0, 8), 0)
  }

  /// A pipe with the first `count` of `bytes`: the ends to read from and to write to.
  private func pipe(_ count: UInt32) -> (UInt32, UInt32) {
    XCTAssertEqual(machine.call(.pipe2, buffer, nonBlocking), 0)
    let ends = (machine.word(buffer), machine.word(buffer + 4))
    if count > 0 { XCTAssertEqual(machine.call(.write, ends.1, long, count), Int32(count)) }
    return ends
  }

  private func open(_ path: String, _ flags: UInt32) -> UInt32 {
    UInt32(bitPattern: machine.call(.open, machine.string(path, at: buffer + 0x800), flags, 0o600))
  }

  private func splice(_ from: UInt32, _ to: UInt32, _ count: UInt32) -> Int32 {
    machine.call(.splice, from, 0, to, 0, count, 0)
  }

  /// What is left to read.
  private func rest(of end: UInt32) -> [UInt8] {
    let count = machine.call(.read, end, long + 0x8000, 0x8000)
    return count > 0 ? machine.bytes(long + 0x8000, Int(count)) : []
  }

  func testBytesThatAFileRefusesStayInThePipe() {
    let full = open("/dev/full", 1)
    for count: UInt32 in [100, 0x1000, 0x2fff] {
      let (end, other) = pipe(0x3000)
      XCTAssertEqual(splice(end, full, count), -28)
      XCTAssertEqual(rest(of: end), Array(bytes[..<0x3000]))
      close(end, other)
    }
    close(full)
  }

  func testEachFailedAllocationChangesNothing() {
    let (end, other) = pipe(0x2100)
    let (second, writer) = pipe(0)
    let (file, null) = (open("/init", 0), open("/dev/null", 1))
    let free = machine.pool.freeCount
    machine.withFrames(0) {
      XCTAssertEqual(splice(end, writer, 0x2000), noMemory)
      XCTAssertEqual(machine.call(.tee, end, writer, 0x2000, 0), noMemory)
      XCTAssertEqual(splice(end, null, 0x2000), noMemory)
      XCTAssertEqual(splice(file, writer, 0x2000), noMemory)
    }
    XCTAssertEqual(machine.pool.freeCount, free)
    machine.withFrames(1) { XCTAssertEqual(machine.call(.tee, end, writer, 0x2000, 0), 0x1000) }
    XCTAssertEqual(rest(of: second), Array(bytes[..<0x1000]))
    XCTAssertEqual(rest(of: end), Array(bytes[..<0x2100]))
    close(end, other, second, writer, file, null)
  }

  /// Another thread reads the source at each point of a transfer: each byte arrives once.
  func testConcurrentReaderGetsTheOtherBytes() {
    for number in 1...6 {
      for isFile in [false, true] {
        let (end, other) = pipe(0x3000)
        let (second, writer) = isFile ? (open("/to", 0o1102), 0) : pipe(0)
        let target = isFile ? second : writer
        let thread = machine.makeThread()
        var taken: [UInt8] = []
        let take = { [self] in
          machine.run(thread) {
            let count = machine.call(.read, end, long + 0x10000, 0x1800)
            if count > 0 { taken = machine.bytes(long + 0x10000, Int(count)) }
          }
        }
        let moved = at(point: number, take) { splice(end, target, 0x3000) }
        XCTAssertGreaterThan(moved, 0)
        let left = rest(of: end)
        if isFile { XCTAssertEqual(machine.call(.lseek, second, 0, 0), 0) }
        let arrived = rest(of: second)
        XCTAssertEqual(Int(moved), arrived.count)
        XCTAssertEqual(arrived.count + taken.count + left.count, 0x3000)
        XCTAssertEqual(Array(arrived.prefix(0x1000)), Array(bytes[..<0x1000]))
        close(end, other, second)
        if !isFile { close(writer) }
        machine.run(thread) { machine.call(.exit, 0) }
      }
    }
    _ = machine.call(.unlink, machine.string("/to", at: buffer + 0x800))
  }

  /// The other thread closes the ends that the transfer uses, or fills the target, at each point.
  func testEndsAreClosedOrFilledAtEachPoint() {
    let file = open("/init", 0)
    for number in 1...8 {
      for event in 0..<3 {
        for keeps in [false, true] {
          let (end, other) = pipe(0x4000)
          let (second, writer) = pipe(0)
          let thread = machine.makeThread()
          let happens = { [self] in
            machine.run(thread) {
              switch event {
              case 0:
                machine.call(.close, end)
                machine.call(.close, other)
              case 1: machine.call(.close, second)
              default: while machine.call(.write, writer, long, 0x1000) > 0 {}
              }
            }
          }
          let moved = at(point: number, happens) {
            keeps ? machine.call(.tee, end, writer, 0x4000, 0) : splice(end, writer, 0x4000)
          }
          XCTAssertGreaterThan(moved, 0)
          machine.put(words: [0, 0], at: buffer + 0x700)
          _ = at(point: number, happens) {
            machine.call(.splice, file, buffer + 0x700, writer, 0, 0x4000, 0)
          }
          for descriptor in [end, other, second, writer] { _ = machine.call(.close, descriptor) }
          machine.run(thread) { machine.call(.exit, 0) }
        }
      }
    }
    close(file)
  }

  func testSocketsPassBytesThroughAPipe() {
    XCTAssertEqual(machine.call(.socketpair, 1, 1 | nonBlocking, 0, buffer), 0)
    let (near, far) = (machine.word(buffer), machine.word(buffer + 4))
    let (end, other) = pipe(0x3000)
    XCTAssertEqual(splice(end, near, 0x2800), 0x2800)
    XCTAssertEqual(rest(of: end), Array(bytes[0x2800..<0x3000]))
    XCTAssertEqual(splice(far, other, 0x6000), 0x2800)
    XCTAssertEqual(rest(of: end), Array(bytes[..<0x2800]))
    close(near, far, end, other)
  }

  /// The last page of the source grows after its copy, and another page follows.
  func testBytesBehindTheCopiedOnesAreNotSkipped() {
    for number in 1...4 {
      let (end, other) = pipe(0x1800)
      let (second, writer) = pipe(0)
      let grow = { [self] in
        XCTAssertEqual(machine.call(.write, other, long + 0x1800, 100), 100)
        XCTAssertEqual(machine.call(.write, other, long + 0x1864, 0x1000), 0x1000)
      }
      let copied = at(point: number, grow) { machine.call(.tee, end, writer, 0x6000, 0) }
      XCTAssertEqual(rest(of: second), Array(bytes[..<Int(copied)]))
      close(end, other, second, writer)
    }
  }

  /// A write to an odd position has several pieces, and the thread dies between two.
  func testEndedWriteAtAnOddPositionLosesNoBytes() {
    for number in 1...6 {
      let (end, other) = pipe(0x3000)
      let file = open("/to", 0o1102)
      XCTAssertEqual(machine.call(.lseek, file, 1, 0), 1)
      let die = { Services.thread.pointee.isKilledByExec = true }
      let moved = at(point: number, die) { splice(end, file, 0x3000) }
      Services.thread.pointee.isKilledByExec = false
      XCTAssertEqual(machine.call(.lseek, file, 1, 0), 1)
      let arrived = rest(of: file)
      XCTAssertEqual(arrived.count, Int(moved))
      XCTAssertEqual(arrived + rest(of: end), Array(bytes[..<0x3000]))
      close(end, other, file)
    }
    _ = machine.call(.unlink, machine.string("/to", at: buffer + 0x800))
  }

  func testStreamOfSocketsGetsNoPackets() {
    XCTAssertEqual(machine.call(.socketpair, 1, 1 | nonBlocking, 0, buffer), 0)
    let (near, far) = (machine.word(buffer), machine.word(buffer + 4))
    XCTAssertEqual(machine.call(.pipe2, buffer, nonBlocking | 0o200000), 0)
    let (end, other) = (machine.word(buffer), machine.word(buffer + 4))
    XCTAssertEqual(machine.call(.write, other, long, 100), 100)
    XCTAssertEqual(splice(end, near, 0x1000), 100)
    XCTAssertEqual(machine.call(.read, far, long + 0x8000, 50), 50)
    XCTAssertEqual(rest(of: far), Array(bytes[50..<100]))
    close(near, far, end, other)
  }

  func testEmptySocketThatMayNotBlockIsEAGAIN() {
    XCTAssertEqual(machine.call(.socketpair, 1, 1 | nonBlocking, 0, buffer), 0)
    let (near, far) = (machine.word(buffer), machine.word(buffer + 4))
    XCTAssertEqual(machine.call(.pipe2, buffer, 0), 0)
    let (end, other) = (machine.word(buffer), machine.word(buffer + 4))
    XCTAssertEqual(splice(far, other, 0x1000), -11)
    while machine.call(.write, near, long, 0x1000) > 0 {}
    XCTAssertEqual(machine.call(.write, other, long, 10), 10)
    XCTAssertEqual(splice(end, near, 10), -11)
    XCTAssertEqual(machine.call(.splice, end, 0, near, 0, 0x8000_0000, 0), -22)
    close(near, far, end, other)
  }

  func testMemoryFillsAPipeOnce() {
    let (end, other) = pipe(0)
    machine.put(words: [long, 0x3000, 8, 0, long + 0x3000, 0x1d000], at: buffer + 0x400)
    XCTAssertEqual(machine.call(.vmsplice, other, buffer + 0x400, 3, 0), 0x10000)
    machine.put(words: [long + 0x8000, 0x100, 8, 4], at: buffer + 0x400)
    XCTAssertEqual(machine.call(.vmsplice, end, buffer + 0x400, 2, 0), 0x100, "a bad second piece")
    XCTAssertEqual(machine.bytes(long + 0x8000, 0x100), Array(bytes[..<0x100]))
    close(end, other)
  }
}
