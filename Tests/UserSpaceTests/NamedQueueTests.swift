// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// POSIX message queues: no frame is lost by errors and missing frames. What the calls answer is in
/// BootTests (queues.c), as Linux does.
final class NamedQueueTests: MachineTestCase {
  private let (create, nonBlocking): (UInt32, UInt32) = (0o100, 0o4000)
  private var (text, attributes, message): (UInt32, UInt32, UInt32) = (0, 0, 0)
  private var freeBefore: UInt32 = 0

  override func setUpWithError() throws {
    try super.setUpWithError()
    let area = machine.memory(0x4000)
    for page: UInt32 in 0..<4 { machine.put([1], at: area + page * 0x1000) }
    (text, attributes, message) = (area, area + 0x200, area + 0x1000)
    close(open("first"))  // Descriptors and open files may keep a frame.
    XCTAssertEqual(unlink("first"), 0)
    freeBefore = machine.pool.freeCount
  }

  override func tearDown() {
    XCTAssertEqual(machine.pool.freeCount, freeBefore)
    XCTAssertNil(Services.fileObjects.pointee.firstQueue)
    XCTAssertEqual(Services.fileObjects.pointee.queueCount, 0)
    super.tearDown()
  }

  @discardableResult
  private func open(_ name: String, _ flags: UInt32? = nil, count: UInt32 = 4, size: UInt32 = 8192)
    -> UInt32
  {
    machine.put(words: [0, count, size, 0], at: attributes)
    return UInt32(
      bitPattern: machine.call(
        .mqOpen, machine.string(name, at: text), flags ?? create | nonBlocking | 2, 0o600,
        attributes))
  }

  private func unlink(_ name: String) -> Int32 {
    machine.call(.mqUnlink, machine.string(name, at: text))
  }

  private func close(_ queue: UInt32) { XCTAssertEqual(machine.call(.close, queue), 0) }

  private func send(_ queue: UInt32, _ byte: UInt8, _ priority: UInt32, count: UInt32 = 1) -> Int32
  {
    machine.put([byte], at: message)
    return machine.call(.mqTimedsend, queue, message, count, priority, 0)
  }

  /// The first byte of the next message; 0 for none.
  private func receive(_ queue: UInt32) -> UInt8 {
    guard machine.call(.mqTimedreceive, queue, message, 8192, 0, 0) > 0 else { return 0 }
    return machine.bytes(message, 1)[0]
  }

  func testMessagesComeByPriorityAndAge() {
    let queue = open("q", count: 6)
    for (byte, priority) in [(1, 5), (2, 7), (3, 5), (4, 0), (5, 7), (6, 6)] as [(UInt8, UInt32)] {
      XCTAssertEqual(send(queue, byte, priority), 0)
    }
    XCTAssertEqual(send(queue, 7, 9), -11)
    XCTAssertEqual((0..<7).map { _ in receive(queue) }, [2, 5, 6, 1, 3, 4, 0])
    close(queue)
    XCTAssertEqual(unlink("q"), 0)
  }

  func testManyMessagesComeByPriorityAndAge() {
    let queue = open("q", count: 48)
    let sent = (1...48).map { (byte: UInt8($0), priority: UInt32($0 * 37 % 11)) }
    for message in sent { XCTAssertEqual(send(queue, message.byte, message.priority), 0) }
    let order = (0..<11).reversed().flatMap { priority in
      sent.filter { $0.priority == UInt32(priority) }.map(\.byte)
    }
    XCTAssertEqual(sent.map { _ in receive(queue) }, order)
    close(queue)
    XCTAssertEqual(unlink("q"), 0)
  }

  func testLastUseFreesTheQueueWithItsMessages() {
    let queue = open("q")
    for _ in 0..<4 { XCTAssertEqual(send(queue, 1, 1, count: 8192), 0) }
    XCTAssertLessThanOrEqual(machine.pool.freeCount, freeBefore - 13)
    XCTAssertEqual(unlink("q"), 0)
    XCTAssertEqual(receive(queue), 1)
    let other = UInt32(bitPattern: machine.call(.dup, queue))
    close(queue)
    XCTAssertEqual(receive(other), 1)
    close(other)
  }

  func testQueueLivesOnByItsName() {
    let queue = open("q")
    XCTAssertEqual(send(queue, 9, 1), 0)
    close(queue)
    let again = open("q", 0)
    XCTAssertEqual(receive(again), 9)
    XCTAssertEqual(unlink("q"), 0)
    XCTAssertEqual(open("q", 0), UInt32(bitPattern: -2))
    close(again)
  }

  func testNamesAreFoundAfterOthersAreRemoved() {
    let names = ["a", "b", "c", "d"]
    for name in names { close(open(name)) }
    for name in ["b", "d", "a"] {
      XCTAssertEqual(unlink(name), 0)
      XCTAssertEqual(unlink(name), -2)
    }
    close(open("c", 0))
    XCTAssertEqual(unlink("c"), 0)
  }

  func testNoQueueBeyondTheLimit() {
    for number in 0..<256 { close(open("\(number)")) }
    XCTAssertEqual(open("more"), UInt32(bitPattern: -28))
    for number in 0..<256 { XCTAssertEqual(unlink("\(number)"), 0) }
  }

  func testMissingFramesLoseNothing() {
    machine.withFrames(0) { XCTAssertEqual(self.open("q"), UInt32(bitPattern: -12)) }
    let queue = open("q")
    for count: UInt32 in 0..<3 {
      machine.withFrames(count) { XCTAssertEqual(self.send(queue, 1, 1, count: 8192), -12) }
    }
    XCTAssertEqual(receive(queue), 0)
    close(queue)
    XCTAssertEqual(unlink("q"), 0)
  }

  func testBadMemoryLosesNoFrame() {
    let queue = open("q")
    XCTAssertEqual(machine.call(.mqTimedsend, queue, 8, 100, 1, 0), -14)
    XCTAssertEqual(send(queue, 1, 1), 0)
    XCTAssertEqual(machine.call(.mqTimedreceive, queue, 8, 8192, 0, 0), -14)
    XCTAssertEqual(receive(queue), 0)
    close(queue)
    XCTAssertEqual(unlink("q"), 0)
  }

  func testSignalEndsTheWait() {
    let queue = open("q", create | 2)
    machine.interruptNextWait()
    XCTAssertEqual(machine.call(.mqTimedreceive, queue, message, 8192, 0, 0), -512)
    for _ in 0..<4 { XCTAssertEqual(send(queue, 1, 1), 0) }
    machine.interruptNextWait()
    XCTAssertEqual(send(queue, 1, 1), -512)
    close(queue)
    XCTAssertEqual(unlink("q"), 0)
  }

  func testSizesAreChecked() {
    for (count, size) in [(0, 1), (1, 0), (257, 1), (1, 65537), (.max, 1)] as [(UInt32, UInt32)] {
      XCTAssertEqual(
        open("q", count: count, size: size), UInt32(bitPattern: -22), "\(count) \(size)")
    }
    close(open("q", count: 256, size: 65536))
    XCTAssertEqual(unlink("q"), 0)
  }
}
