// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

final class ConsoleTests: SystemTestCase {
  private func read(_ count: Int) -> String {
    var bytes = [UInt8](repeating: 0, count: count)
    let done = bytes.withUnsafeMutableBytes {
      var span = MutableRawSpan(_unsafeBytes: $0)
      return Services.readConsole(into: &span).count
    }
    return String(decoding: bytes.prefix(done), as: UTF8.self)
  }

  /// Makes the running task wait for events of the console, without blocking it.
  private func append(_ events: FileEvents) -> RecordReference<FileWaiter> {
    let place = UnsafeMutablePointer<FileWaiter>.allocate(capacity: 1)
    place.initialize(to: FileWaiter(task: Services.task, events: events, isExclusive: true))
    FileWait<Services>.append(RecordReference(at: place), to: Services.consoleWaiters.queue)
    return RecordReference(at: place)
  }

  private func remove(_ waiter: RecordReference<FileWaiter>) {
    FileWait<Services>.remove(waiter)
    waiter.address.deallocate()
  }

  private func write(_ text: String) {
    _ = Services.writeConsole(Array(text.utf8).span.bytes)
  }

  private var output: String { String(decoding: TestConsole.output, as: UTF8.self) }

  /// The device has sent `count` bytes, and interrupts if it was asked to.
  private func send(_ count: Int) {
    TestConsole.room += count
    if TestConsole.transmits { Owner.serveInterrupt(35) }
  }

  private func arrive(_ text: String) {
    TestConsole.input += Array(text.utf8)
    if TestConsole.receives { Owner.serveInterrupt(35) }
  }

  func testConsoleIsReadUntilItIsEmpty() throws {
    run(try makeTask(isUser: true))
    arrive("hello")
    XCTAssertEqual(read(3), "")
    XCTAssertEqual(read(3), "hel")
    XCTAssertEqual(read(3), "lo", "it does not wait for more")
  }

  func testConsoleLineIsServed() throws {
    let reader = try makeTask(isUser: true)
    run(reader)
    XCTAssertEqual(read(8), "")
    XCTAssertTrue(TestConsole.receives)
    XCTAssertFalse(TestConsole.transmits)
    let waiter = append(.readable)
    Services.wait(until: .max)
    XCTAssertFalse(isReady(reader))
    arrive("a")
    XCTAssertTrue(isReady(reader), "the interrupt has taken the byte and woken the reader")
    XCTAssertEqual(TestConsole.input, [])
    XCTAssertEqual(read(8), "a")
    XCTAssertEqual(A.system.interrupts.count(of: 35, on: 0), 1)
    remove(waiter)
  }

  func testConsoleWakesEachReader() throws {
    let readers = [try makeTask(isUser: true), try makeTask(isUser: true)]
    let writer = try makeTask(isUser: true)
    run(writer)
    var waiters = [append(.writable)]
    Services.wait(until: .max)
    for reader in readers {
      run(reader)
      XCTAssertEqual(Services.withTerminal { $0.inputCount }, 0)
      waiters.append(append(.readable))
      Services.wait(until: .max)
    }
    arrive("a")
    XCTAssertEqual(readers.map(isReady), [true, true])
    XCTAssertFalse(isReady(writer), "it waits for something else")
    XCTAssertEqual(Services.withTerminal { $0.inputCount }, 1)
    waiters.forEach(remove)
  }

  func testConsoleInputWaitsInTheDeviceWhileThereIsNoRoom() throws {
    run(try makeTask(isUser: true))
    _ = read(1)
    let text = String((0..<9000).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
    TestConsole.input = Array(text.utf8)
    while TestConsole.receives { Owner.serveInterrupt(35) }
    XCTAssertEqual(Services.withTerminal { $0.inputCount }, 4095)
    var all = ""
    while all.utf8.count < 9000 {
      all += read(100)
      if TestConsole.receives { Owner.serveInterrupt(35) }
    }
    XCTAssertEqual(all, text, "nothing is lost or repeated")
  }

  func testConsoleGetsEveryByte() {
    write("a\0\n")
    XCTAssertEqual(TestConsole.output, [97, 0, 10])
    XCTAssertFalse(TestConsole.transmits, "no interrupt for what the device has accepted")
  }

  func testConsoleOutputGoesOnByInterrupts() throws {
    let writer = try makeTask(isUser: true)
    run(writer)
    TestConsole.room = 16
    let text = String(repeating: "0123456789", count: 60)
    XCTAssertTrue(Services.hasConsoleRoom(for: 768))
    write(text)
    XCTAssertEqual(output, String(text.prefix(16)))
    XCTAssertTrue(TestConsole.transmits)
    XCTAssertFalse(Services.hasConsoleRoom(for: 768))
    XCTAssertTrue(Services.hasConsoleRoom(for: 100))
    let waiter = append(.writable)
    Services.wait(until: .max)
    var interrupts = 0
    while TestConsole.transmits {
      XCTAssertFalse(isReady(writer))
      send(8)
      interrupts += 1
    }
    XCTAssertEqual(output, text)
    XCTAssertEqual(interrupts, 73)
    XCTAssertTrue(isReady(writer), "all is sent")
    remove(waiter)
  }

  func testLogIsSentAfterWhatWasWritten() {
    TestConsole.room = 3
    write("program")
    XCTAssertEqual(output, "pro")
    TestConsole.room = .max
    Services.writeLog(Array("kernel\n".utf8).span)
    XCTAssertEqual(output, "programkernel\n")
  }

  func testEndOfTheMachineSendsWhatIsLeft() {
    TestConsole.room = 1
    write("last")
    TestConsole.room = .max
    Services.end(.exited(0))
    XCTAssertEqual(output, "last")
  }

  func testConsoleNeedsNoLockInAPanic() {
    TestConsole.room = 1
    write("last")
    TestConsole.room = .max
    A.system.console.withLock { _ in
      TestConsole.isAlone = true
      Services.writeLog(Array("panic\n".utf8).span)
    }
    XCTAssertEqual(output, "lastpanic\n")
  }

  func testConsoleWithoutALineIsServedByTicks() throws {
    TestConsole.line = .max
    let reader = try makeTask(isUser: true)
    run(reader)
    XCTAssertEqual(read(8), "")
    let waiter = append(.readable)
    Services.wait(until: .max)
    TestConsole.input = [65]
    tick()
    XCTAssertTrue(isReady(reader))
    XCTAssertEqual(read(8), "A")
    remove(waiter)
  }

  func testReadsEndAtTheEndOfTheInput() {
    TestConsole.input = []
    Services.withTerminal { $0.end() }
    XCTAssertTrue(Services.withTerminal { $0.isReadable })
    XCTAssertEqual(read(8), "")
  }
}

/// The console with `console=terminal`.
final class TerminalConsoleTests: SystemTestCase {
  override var commandLine: String { "console=ttyAMA0 console=terminal,24x80" }

  private var output: String { String(decoding: TestConsole.output, as: UTF8.self) }

  private func type(_ text: String) {
    TestConsole.input += Array(text.utf8)
    Services.serveConsole()
    while !TestConsole.input.isEmpty, TestConsole.receives { Owner.serveInterrupt(35) }
  }

  private func read() -> String? {
    guard Services.withTerminal({ $0.hasInput }) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 100)
    let done = bytes.withUnsafeMutableBytes {
      var span = MutableRawSpan(_unsafeBytes: $0)
      return Services.readConsole(into: &span).count
    }
    return String(decoding: bytes.prefix(done), as: UTF8.self)
  }

  func testTerminalHasTheSizeOfTheCommandLine() {
    let words = Services.withTerminal { $0.window.words }
    XCTAssertEqual(words[0], 80 << 16 | 24)
  }

  func testLineIsEchoedAndReadWhenItIsComplete() {
    type("ab")
    XCTAssertEqual(output, "ab")
    XCTAssertNil(read())
    type("\u{7f}c\r")
    XCTAssertEqual(output, "ab\u{8} \u{8}c\r\n")
    XCTAssertEqual(read(), "ac\n")
  }

  func testLongWorkIsDividedAndLosesNothing() {
    type(String(repeating: "x", count: 3000))
    type("\u{15}end\r")
    XCTAssertEqual(read(), "end\n")
    XCTAssertEqual(output.utf8.count, 3000 + 3 * 3000 + 5)
  }

  func testStoppedOutputWaitsForTheKey() {
    type("\u{13}")
    XCTAssertEqual(Services.writeConsole(Array("text\n".utf8).span.bytes), 5)
    XCTAssertEqual(output, "")
    XCTAssertFalse(TestConsole.transmits)
    let long = [UInt8](repeating: 65, count: 3000)
    XCTAssertLessThan(Services.writeConsole(long.span.bytes), 1100, "it does not wait")
    type("\u{11}")
    XCTAssertTrue(output.hasPrefix("text\r\nAAA"))
  }

  func testLogIsSentAlthoughOutputIsStopped() {
    type("\u{13}")
    Services.writeLog(Array("kernel\n".utf8).span)
    XCTAssertEqual(output, "kernel\n")
  }
}

/// The console with `console=framed`.
final class FramedConsoleTests: SystemTestCase {
  override var commandLine: String { "console=framed" }

  func testFramedInputHasAnEndAndEveryByte() {
    TestConsole.input = [9, 0x10, 0x53, 1, 0x10, 0x10, 0x45, 0x10, 0x41, 0x10, 0x45]
    for _ in 0..<3 { Services.serveConsole() }
    var bytes = [UInt8](repeating: 0, count: 9)
    let done = bytes.withUnsafeMutableBytes {
      var span = MutableRawSpan(_unsafeBytes: $0)
      return Services.readConsole(into: &span).count
    }
    XCTAssertEqual(Array(bytes.prefix(done)), [1, 0x10, 0x45])
    XCTAssertTrue(Services.withTerminal { $0.hasInput && $0.inputCount == 0 })
  }
}
