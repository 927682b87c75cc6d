// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// timerfd, signalfd and flock: waits, and what is freed at the end. The answers of the calls are
/// compared with Linux's in BootTests.
final class EventFileTests: MachineTestCase {
  private let (tryAgain, noMemory, canceled): (Int32, Int32, Int32) = (-11, -12, -125)
  private let (readable, monotonic, realtime): (Int32, UInt32, UInt32) = (1, 1, 0)

  /// A timer that may not block.
  private func timer(_ clock: UInt32 = 1) -> UInt32 {
    UInt32(machine.call(.timerfdCreate, clock, 0o4000))
  }

  private func set(
    _ timer: UInt32, _ value: UInt64, every interval: UInt64 = 0, flags: UInt32 = 0
  ) -> Int32 {
    let (second, low): (UInt64, UInt64) = (1_000_000_000, 0xffff_ffff)
    let words = [interval / second, interval % second, value / second, value % second]
    machine.put(words: words.flatMap { [UInt32($0 & low), UInt32($0 >> 32)] }, at: buffer)
    return machine.call(.timerfdSettime64, timer, flags, buffer, 0)
  }

  /// The expirations that a read returns, or its error.
  private func read(_ timer: UInt32) -> Int32 {
    let result = machine.call(.read, timer, buffer, 8)
    return result == 8 ? Int32(machine.word(buffer)) : result
  }

  private func events(_ file: UInt32) -> Int32 {
    machine.put(words: [file, 0xffff_ffff & 5], at: buffer + 0x80)
    let ready = machine.call(.poll, buffer + 0x80, 1, 0)
    return ready == 0 ? 0 : Int32(machine.word(buffer + 0x84) >> 16)
  }

  func testTimerCountsExpirationsOfItsInterval() {
    let timer = timer()
    XCTAssertEqual(set(timer, 3_000_000, every: 2_000_000), 0)
    XCTAssertEqual(read(timer), tryAgain)
    machine.pass(3_000_000)
    XCTAssertEqual(events(timer), readable)
    machine.pass(5_000_000)
    XCTAssertEqual(read(timer), 3)
    XCTAssertEqual(read(timer), tryAgain)
    machine.pass(1_000_000)
    XCTAssertEqual(read(timer), 1)
    XCTAssertEqual(machine.call(.close, timer), 0)
    machine.pass(10_000_000)  // The timeout of a closed timer is cancelled.
  }

  func testExpirationWakesAReader() {
    let timer = UInt32(machine.call(.timerfdCreate, monotonic, 0))
    XCTAssertEqual(set(timer, 3_000_000), 0)
    machine.turns.script = [{ self.machine.pass(3_000_000) }]
    XCTAssertEqual(read(timer), 1)
    XCTAssertTrue(machine.turns.script.isEmpty)
    XCTAssertEqual(machine.call(.close, timer), 0)
  }

  func testStepOfTheWallClockCancels() {
    let (timer, other) = (timer(realtime), timer(realtime))
    XCTAssertEqual(set(timer, 1_800_000_000_000_000_000, flags: 3), 0)
    XCTAssertEqual(set(other, 1_800_000_000_000_000_000, flags: 1), 0)
    machine.put(words: [1_750_000_000, 0, 0, 0], at: buffer)
    XCTAssertEqual(machine.call(.clockSettime64, realtime, buffer), 0)
    XCTAssertEqual(events(other), 0)
    XCTAssertEqual(events(timer), readable)
    XCTAssertEqual(read(timer), canceled)
    XCTAssertEqual(read(timer), tryAgain)
    XCTAssertEqual(machine.call(.close, timer), 0)
    XCTAssertEqual(machine.call(.close, other), 0)
  }

  func testTimersOfFilesLeaveOthersTheirReserve() {
    var timers: [UInt32] = []
    for _ in 0..<48 { timers.append(timer()) }
    XCTAssertEqual(machine.call(.timerCreate, monotonic, 0, buffer), 0)
    for timer in timers { XCTAssertEqual(machine.call(.close, timer), 0) }
    let (files, free) = (Services.openFiles.count, machine.pool.freeCount)
    machine.withFrames(0) { XCTAssertEqual(machine.call(.timerfdCreate, monotonic, 0), noMemory) }
    XCTAssertEqual(Services.openFiles.count, files)
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(machine.call(.timerDelete, machine.word(buffer)), 0)
  }

  func testSignalWakesAReader() {
    let usr1: UInt32 = 1 << 9
    machine.put(words: [usr1, 0], at: buffer)
    XCTAssertEqual(machine.call(.rtSigprocmask, 0, buffer, 0, 8), 0)
    let file = UInt32(machine.call(.signalfd4, .max, buffer, 8, 0))
    XCTAssertEqual(events(file), 0)
    let thread = machine.makeThread()
    machine.turns.script = [
      { [task = Services.task] in Services.wake(task) },
      { self.machine.run(thread) { self.machine.call(.kill, 1, 10) } },
    ]
    XCTAssertEqual(machine.call(.read, file, buffer, 256), 128)
    XCTAssertTrue(machine.turns.script.isEmpty)
    XCTAssertEqual(machine.word(buffer), 10)
    XCTAssertEqual(machine.call(.close, file), 0)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testInstanceOutlivesTheProcessOfItsSignals() {
    machine.put(words: [1 << 9, 0], at: buffer)
    let child = machine.call(.fork)
    machine.run(machine.task(of: child)) {
      let poll = UInt32(machine.call(.epollCreate1, 0))
      let file = UInt32(machine.call(.signalfd4, .max, buffer, 8, 0))
      machine.put(words: [1, 0, 7, 0], at: buffer + 0x80)
      XCTAssertEqual(machine.call(.epollCtl, poll, 1, file, buffer + 0x80), 0)
      let inner = machine.call(.fork)
      machine.call(.exitGroup, 0)
      machine.run(machine.task(of: inner)) {
        XCTAssertEqual(machine.call(.epollWait, poll, buffer + 0x100, 1, 0), 0)
        XCTAssertEqual(machine.call(.close, file), 0)
        machine.call(.exitGroup, 0)
      }
    }
    XCTAssertEqual(machine.call(.wait4, .max, 0, 0, 0), child)
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
  }

  func testLockIsHandedOverByAClose() {
    machine.put(Array("/tmp/lock\0".utf8), at: buffer)
    let file = UInt32(machine.call(.open, buffer, 0o102, 0o600))
    let other = UInt32(machine.call(.open, buffer, 0o2, 0))
    XCTAssertEqual(machine.call(.flock, file, 2), 0)
    XCTAssertEqual(machine.call(.flock, other, 2 | 4), tryAgain)
    let thread = machine.makeThread()
    machine.turns.script = [
      { [task = Services.task] in Services.wake(task) },
      { self.machine.run(thread) { self.machine.call(.close, file) } },
    ]
    XCTAssertEqual(machine.call(.flock, other, 2), 0)
    XCTAssertTrue(machine.turns.script.isEmpty)
    machine.run(thread) { machine.call(.exit, 0) }
    XCTAssertEqual(machine.call(.close, other), 0)
    for list in 0..<64 { XCTAssertNil(Services.fileObjects.pointee.firstLocks[list]) }
    XCTAssertEqual(machine.call(.unlink, buffer), 0)
  }

  func testLockWithoutMemoryHoldsNothing() {
    machine.put(Array("/tmp/lock\0".utf8), at: buffer)
    let file = UInt32(machine.call(.open, buffer, 0o102, 0o600))
    machine.withFrames(0) { XCTAssertEqual(machine.call(.flock, file, 2), noMemory) }
    XCTAssertEqual(machine.call(.flock, file, 2), 0)
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(machine.call(.unlink, buffer), 0)
  }
}
