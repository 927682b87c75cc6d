// SPDX-License-Identifier: Apache-2.0
import TickHandler
import XCTest

@testable import System
@testable import UserSpace

/// The four words that entry code keeps for each thread.
final class CallAreaTests: MachineTestCase {
  func testCallCountIncludesEndedThreads() {
    let process = Services.process
    let before = process.pointee.systemCalls
    let task = machine.makeThread()
    machine.call(.getpid)
    machine.run(task) {
      XCTAssertEqual(Services.process, process)
      for _ in 0..<5 { machine.call(.getppid) }
      XCTAssertEqual(process.pointee.systemCalls, before + 7)
      machine.call(.exit, 0)
    }
    XCTAssertTrue(machine.hasEnded(task))
    XCTAssertEqual(process.pointee.systemCalls, before + 8)
    Services.callArea(of: Services.task).pointee.calls = 0xffff_ffff
    machine.call(.getpid)
    XCTAssertGreaterThan(process.pointee.systemCalls, 1 << 32, "the count has 64 bits")
  }

  func testProcessTimeIncludesEndedThreads() {
    func clock(_ number: UInt32) -> UInt32 {
      XCTAssertEqual(machine.call(.clockGettime64, number, buffer), 0)
      return machine.word(buffer + 8)
    }
    let task = machine.makeThread()
    machine.pass(5000)
    machine.run(task) { machine.pass(300) }
    XCTAssertEqual(clock(2), 5300)
    machine.run(task) { machine.call(.exit, 0) }
    machine.pass(1000)
    XCTAssertEqual(clock(2), 6300)
    XCTAssertTrue(machine.isFlagged(Services.task), "the last thread is notified")
    XCTAssertFalse(machine.isPublished(Services.task))
    machine.doUserReturnWork()
    machine.doUserReturnWork()
    XCTAssertTrue(machine.isPublished(Services.task), "and opens the page again")
    // A child's use is known when it was waited for.
    XCTAssertEqual(machine.call(.getrusage, .max, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [0, 0])
    Services.process.pointee.addChild(
      CPUUsage(
        own: SplitTime(user: 1_500_000_000, system: 20_000_000),
        children: SplitTime(user: 2000, system: 3000)))
    XCTAssertEqual(machine.call(.getrusage, .max, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 4), [1, 500_002, 0, 20_003])
    machine.call(.times, buffer)
    XCTAssertEqual(machine.words(buffer + 8, 2), [150, 2])
  }

  private func counts(_ user: UInt32, _ system: UInt32) -> TickCounts {
    var counts = TickCounts()
    (counts.user, counts.system) = (user, system)
    return counts
  }

  func testUserAndSystemTimeDivideTheExactTimeByTicks() {
    let task = machine.makeThread()
    // A tick comes at the end of each second.
    machine.pass(1_000_000_000)
    for _ in 0..<2 { machine.pass(1_000_000_000, inProgram: false) }
    machine.run(task) { machine.pass(1_000_000_000, inProgram: false) }
    XCTAssertEqual(machine.call(.getrusage, 0, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 4), [1, 0, 3, 0])
    // The time of an ended thread stays in the sum.
    machine.run(task) { machine.call(.exit, 0) }
    for _ in 0..<4 { machine.pass(1_000_000_000) }
    XCTAssertEqual(machine.call(.getrusage, 0, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 4), [5, 0, 3, 0])
    machine.call(.times, buffer)
    XCTAssertEqual(machine.words(buffer, 2), [500, 300])
  }

  func testUserAndSystemTimeNeverGoBack() {
    var time = SplitTime()
    var total: UInt64 = 0
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let before = time
      total += .random(in: 0..<1 << 51, using: &random)
      time.advance(
        to: total,
        counts(.random(in: 0 ... .max, using: &random), .random(in: 0 ... .max, using: &random)))
      XCTAssertEqual(time.user + time.system, total)
      XCTAssertGreaterThanOrEqual(time.user, before.user)
      XCTAssertGreaterThanOrEqual(time.system, before.system)
    }
    time = SplitTime()
    time.advance(to: 1_000_000, counts(0, 0))
    XCTAssertEqual(time, SplitTime(user: 1_000_000, system: 0), "without a sample, as on Linux")
    time = SplitTime()
    time.advance(to: 1 << 62, counts(.max, .max))
    XCTAssertEqual(time, SplitTime(user: 1 << 61, system: 1 << 61))
  }

  func testVirtualTimerDoesNotCountSystemTime() {
    machine.put(words: [0, 0, 10, 0], at: buffer)
    XCTAssertEqual(machine.call(.setitimer, 1, buffer, 0), 0)
    XCTAssertEqual(machine.call(.setitimer, 2, buffer, 0), 0)
    machine.pass(2_000_000_000)
    for _ in 0..<3 { machine.pass(2_000_000_000, inProgram: false) }
    XCTAssertEqual(machine.call(.getitimer, 1, buffer), 0)
    XCTAssertEqual(machine.words(buffer + 8, 2), [8, 0])
    XCTAssertEqual(machine.call(.getitimer, 2, buffer), 0)
    XCTAssertEqual(machine.words(buffer + 8, 2), [2, 0])
  }

  func testGetppidOfAThreadIsThatOfItsProcess() {
    let task = machine.makeThread()
    machine.run(task) {
      XCTAssertEqual(machine.call(.getppid), 0)
      Services.processes.withLock { _ in
        Services.callArea(of: task).pointee.parent = ProcessID(rawValue: 7)
      }
      XCTAssertEqual(machine.call(.getppid), 7)
      machine.call(.exit, 0)
    }
    XCTAssertEqual(machine.call(.getppid), 0)
  }
}
