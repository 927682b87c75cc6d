// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import UserSpace

/// Long calls: they let other threads run, and end early for a thread that must end.
final class PreemptionPointTests: XCTestCase {
  private var machine: Machine!
  private var buffer: UInt32 = 0
  private let length: UInt32 = 0x4000

  override func setUpWithError() throws {
    var builder = CpioBuilder()
    builder.add("init", ElfBuilder().bytes, mode: 0o100755)
    builder.add("file", [UInt8](repeating: 7, count: Int(length)))
    machine = try Machine(initrd: builder.finish())
    _ = try machine.start()
    buffer = machine.memory(length)
  }

  override func tearDown() { XCTAssertEqual(machine.release(), 0) }

  private func open(_ path: String) -> UInt32 {
    UInt32(bitPattern: machine.call(.open, machine.string(path, at: buffer), 0, 0))
  }

  /// The points in `call`, and its result if `event` happens at the third one.
  private func points(_ event: (() -> Void)? = nil, _ call: () -> Int32) -> (Int, Int32) {
    var count = 0
    TestContext.atPreemptionPoint = {
      count += 1
      if count == 3 { event?() }
    }
    defer { TestContext.atPreemptionPoint = nil }
    let result = call()
    return (count, result)
  }

  /// As when another thread executes a program.
  private func end() { Services.thread.pointee.isKilledByExec = true }

  /// A signal that does not end the process.
  private func interrupt() { Services.thread.pointee.signals.isPending = true }

  private func restore() {
    Services.thread.pointee.isKilledByExec = false
    Services.thread.pointee.signals.isPending = false
  }

  func testRandomBytesHaveAPointAfterEachBlock() {
    let (count, result) = points { machine.call(.getrandom, buffer, length, 0) }
    XCTAssertEqual(result, Int32(length))
    XCTAssertEqual(count, Int(length) / 32 * 2, "one between filling and storing")
  }

  func testRandomBytesEndWithTheThreadAtOnce() {
    let (_, result) = points(end) { machine.call(.getrandom, buffer, length, 0) }
    XCTAssertEqual(result, 64)
    restore()
  }

  func testRandomBytesEndWithASignalAfterAPage() {
    let (_, result) = points(interrupt) { machine.call(.getrandom, buffer, length, 0) }
    XCTAssertEqual(result, 4096)
    restore()
  }

  func testReadOfZerosEndsEarly() {
    let zero = open("/dev/zero")
    for (event, expected) in [(end, Int32(1536)), (interrupt, 4096), ({}, Int32(length))] {
      let (_, result) = points(event) { machine.call(.read, zero, buffer, length) }
      XCTAssertEqual(result, expected)
      restore()
    }
  }

  func testReadOfAFileEndsWithTheThreadOnly() {
    for (event, expected) in [(end, Int32(0x3000)), (interrupt, Int32(length))] {
      let file = open("/file")
      let (_, result) = points(event) { machine.call(.read, file, buffer, length) }
      XCTAssertEqual(result, expected)
      restore()
      XCTAssertEqual(machine.call(.lseek, file, 0, 1), expected)
      machine.call(.close, file)
    }
  }

  /// Another thread's calls at the third point wait for the end of the read, or of their thread.
  func testReadOfASharedOpenFileKeepsOthersOut() {
    let file = open("/file")
    let other = machine.makeThread()
    let calls: [() -> Int32] = [
      { self.machine.call(.read, file, self.buffer, 8) },
      { self.machine.call(.pread64, file, self.buffer, 8, 0, 0, 0) },
      { self.machine.call(.lseek, file, 0, 0) },
    ]
    var results: [Int32] = []
    let (count, result) = points({
      TestContext.atPreemptionPoint = nil
      self.machine.run(other) {
        for call in calls {
          self.machine.turns.script = [
            {
              Services.processes.thread(of: other).pointee.isKilledByExec = true
              Services.requestUserReturnWork(other)
            }
          ]
          results.append(call())
          XCTAssertTrue(self.machine.turns.script.isEmpty, "the call did not wait")
          Services.processes.thread(of: other).pointee.isKilledByExec = false
        }
      }
    }) { machine.call(.read, file, buffer, length) }
    XCTAssertEqual(count, 3)
    XCTAssertEqual(result, Int32(length))
    XCTAssertEqual(results, [Int32](repeating: -512, count: 3))
    XCTAssertEqual(machine.call(.lseek, file, 0, 1), Int32(length))
    machine.run(other) { machine.call(.exit, 0) }
    machine.call(.close, file)
  }

  func testMapsHaveAPointAfterEachRegion() {
    let base = machine.memory(200 << 12)
    for page in stride(from: base, to: base + 200 << 12, by: 0x2000) {
      machine.call(.mprotect, page, 0x1000, 1)
    }
    for (path, least) in [("/proc/self/maps", 30), ("/proc/self/smaps", 60)] {
      let file = open(path)
      let (count, result) = points { machine.call(.read, file, buffer, length) }
      XCTAssertGreaterThan(result, 2000)
      XCTAssertGreaterThan(count, least)
      XCTAssertLessThan(count, 400, "\(path) is generated only as far as it is read")
      machine.call(.close, file)
    }
    machine.call(.munmap, base, 200 << 12)
  }

  func testPollAndSignalsToAllHavePoints() {
    machine.put(words: [UInt32](repeating: 0, count: 128), at: buffer)
    let (polled, _) = points { machine.call(.poll, buffer, 60, 0) }
    XCTAssertGreaterThanOrEqual(polled, 60 / 8)
    // A look that makes a waiter for each entry has a point at each.
    let (registered, _) = points { machine.call(.poll, buffer, 60, 1) }
    XCTAssertGreaterThanOrEqual(registered, 60 + 2 * 60 / 8)
    let children = (0..<5).map { _ in machine.task(of: machine.call(.fork)) }
    let (sent, _) = points { machine.call(.kill, .max, 0) }
    XCTAssertGreaterThanOrEqual(sent, children.count)
    for child in children { machine.run(child) { machine.call(.exit, 0) } }
    for _ in children { machine.call(.wait4, .max, 0, 0, 0) }
  }

  func testPollOfPipesHasPoints() {
    machine.call(.pipe2, buffer, 0)
    let (end, other) = (machine.word(buffer), machine.word(buffer + 4))
    machine.put(words: (0..<120).map { $0 % 2 == 0 ? end : 1 }, at: buffer)
    let (polled, ready) = points { machine.call(.poll, buffer, 60, 0) }
    XCTAssertEqual(ready, 0)
    XCTAssertGreaterThanOrEqual(polled, 60 / 24)
    machine.call(.close, end)
    machine.call(.close, other)
  }

  func testVectorEndsWithTheThread() {
    let null = UInt32(machine.call(.open, machine.string("/dev/null", at: buffer), 1, 0))
    machine.put(words: [UInt32](repeating: 8, count: 20), at: buffer)
    let (count, result) = points { machine.call(.writev, null, buffer, 10) }
    XCTAssertEqual(result, 80)
    XCTAssertGreaterThanOrEqual(count, 20)
    let (_, early) = points(end) { machine.call(.writev, null, buffer, 10) }
    XCTAssertEqual(early, -4)
    restore()
  }

  func testResidencyEndsWithTheThread() {
    let pages: UInt32 = 200
    let base = machine.memory(pages << 12)
    let (count, result) = points { machine.call(.mincore, base, pages << 12, buffer) }
    XCTAssertEqual(result, 0)
    XCTAssertEqual(count, 13)
    let (_, early) = points(end) { machine.call(.mincore, base, pages << 12, buffer) }
    XCTAssertEqual(early, -4)
    restore()
  }
}
