// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import XCTest

@testable import UserSpace

/// Waits for several futexes at once (futex_waitv).
final class FutexVectorTests: MachineTestCase {
  /// The entries, and after them the words.
  private func word(_ index: UInt32) -> UInt32 { words + index * 4 }
  private var words: UInt32 = 0

  /// Entries for `count` words.
  private func describe(_ count: UInt32, flags: UInt32 = 2 | 128) {
    words = machine.memory()
    for index in 0..<count {
      machine.put(words: [0, 0, word(index), 0, flags, 0], at: buffer + index * 24)
    }
  }

  private func wait(_ count: UInt32, timeout: UInt32 = 0, clock: UInt32 = 1) -> Int32 {
    machine.call(.futexWaitv, buffer, count, 0, timeout, clock)
  }

  func testWakeAtAnyFutexReturnsItsIndex() {
    describe(128)
    let other = machine.makeThread()
    for index: UInt32 in [0, 1, 35, 36, 127] {
      machine.turns.script = [
        { [self] in
          machine.run(other) {
            XCTAssertEqual(machine.call(.futex, word(index), 1 | 128, 9), 1)
          }
        }
      ]
      XCTAssertEqual(wait(128), Int32(index))
      XCTAssertEqual(machine.call(.futex, word(index), 1 | 128, 9), 0)
    }
    machine.run(other) { machine.call(.exit, 0) }
  }

  func testTimeoutAndSignalEndTheWait() {
    describe(3)
    let time = word(100)
    machine.put(words: [1_700_000_100, 0, 0, 0, 100, 0, 0, 0], at: time)
    XCTAssertEqual(wait(3, timeout: time, clock: 0), -110)
    XCTAssertEqual(wait(3, timeout: time + 16), -110)
    machine.interruptNextWait()
    XCTAssertEqual(wait(3), -512)
    Services.thread.pointee.signals.isPending = false
  }

  func testOtherValueEndsTheWaitAndRemovesAllWaiters() {
    describe(40)
    machine.put(words: [1], at: word(39))
    XCTAssertEqual(wait(40), -11)
    XCTAssertEqual(machine.call(.futex, word(0), 1 | 128, 9), 0)
    machine.put(words: [8], at: buffer + 38 * 24 + 8)
    XCTAssertEqual(wait(40), -14)
    machine.put(words: [word(0) + 1], at: buffer + 38 * 24 + 8)
    XCTAssertEqual(wait(40), -22)
  }

  func testAllDescriptionsAreCheckedBeforeTheFirstAddress() {
    describe(3)
    machine.put(words: [8], at: buffer + 8)
    XCTAssertEqual(wait(3), -14)
    machine.put(words: [0], at: buffer + 2 * 24 + 16)
    XCTAssertEqual(wait(3), -22)
  }

  func testLackOfFramesIsReported() {
    describe(128)
    let count = machine.pool.freeCount
    var taken: [PhysicalFrame] = []
    while let frame = try? machine.pool.allocate(zeroed: false) { taken.append(frame) }
    for missing in 0...1 {
      if missing == 1, let frame = taken.popLast() { machine.pool.release(frame) }
      XCTAssertEqual(wait(128), -12)
      XCTAssertEqual(Int(machine.pool.freeCount), missing)
    }
    taken.forEach { machine.pool.release($0) }
    XCTAssertEqual(machine.pool.freeCount, count)
  }
}
