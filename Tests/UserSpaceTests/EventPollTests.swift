// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import RTOSCore
@testable import System
@testable import UserSpace

/// eventfd and epoll: waits, and what is freed at the end. Each test checks that all frames and open files
/// are free at its end.
final class EventPollTests: MachineTestCase {
  private let (tryAgain, noMemory, loop): (Int32, Int32, Int32) = (-11, -12, -40)
  private let (add, remove, change): (UInt32, UInt32, UInt32) = (1, 2, 3)

  private func pipe() -> (UInt32, UInt32) {
    XCTAssertEqual(machine.call(.pipe2, buffer, 0), 0)
    return (machine.word(buffer), machine.word(buffer + 4))
  }

  private func poll() -> UInt32 { UInt32(machine.call(.epollCreate1, 0)) }

  private func control(
    _ poll: UInt32, _ operation: UInt32, _ file: UInt32, _ wanted: UInt32 = 1
  ) -> Int32 {
    machine.put(words: [wanted, 0, file, 7], at: buffer + 0x80)
    return machine.call(.epollCtl, poll, operation, file, buffer + 0x80)
  }

  /// The descriptors that epoll_wait reports at once.
  private func ready(_ poll: UInt32, timeout: UInt32 = 0, limit: UInt32 = 8) -> [UInt32] {
    let count = machine.call(.epollWait, poll, buffer + 0x100, limit, timeout)
    return (0..<max(0, count)).map { machine.word(buffer + 0x108 + UInt32($0) * 16) }
  }

  private func write(_ end: UInt32) {
    XCTAssertEqual(machine.call(.write, end, buffer + 0x300, 1), 1)
  }

  func testWaitIsWokenByAWrite() {
    let (end, other) = pipe()
    let poll = poll()
    XCTAssertEqual(control(poll, add, end), 0)
    let thread = machine.makeThread()
    machine.turns.script = [
      { [task = Services.task] in Services.wake(task) },
      { self.machine.run(thread) { self.write(other) } },
    ]
    XCTAssertEqual(ready(poll, timeout: .max), [end])
    XCTAssertTrue(machine.turns.script.isEmpty)
    close(end, other, poll)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testDrainedFileWakesTheOuterInstanceAgain() {
    let (end, other) = pipe()
    let (inner, outer) = (poll(), poll())
    XCTAssertEqual(control(inner, add, end), 0)
    XCTAssertEqual(control(outer, add, inner), 0)
    for _ in 0..<2 {
      write(other)
      XCTAssertEqual(ready(outer), [inner])
      XCTAssertEqual(ready(inner), [end])
      XCTAssertEqual(machine.call(.read, end, buffer + 0x300, 1), 1)
      XCTAssertEqual(ready(outer), [])
    }
    close(end, other, inner, outer)
  }

  /// Five levels of instances, each of which waits for all of the next level: 9^4 ways.
  func testManyWaysThroughInstancesAreRefused() {
    let levels = (0..<5).map { _ in (0..<9).map { _ in poll() } }
    var answers: Set<Int32> = []
    for (outer, inner) in zip(levels, levels.dropFirst()).reversed() {
      for poll in outer { for other in inner { answers.insert(control(poll, add, other)) } }
    }
    XCTAssertEqual(answers, [0, -22])
    for poll in levels.joined() { close(poll) }
  }

  func testWaitForTheConsoleIsWokenByItsInterrupt() {
    let poll = poll()
    XCTAssertEqual(control(poll, add, 0), 0)
    XCTAssertEqual(ready(poll), [])
    machine.turns.script = [
      {
        TestConsole.input += [65]
        Services.serveConsole()
      }
    ]
    XCTAssertEqual(ready(poll, timeout: .max), [0])
    XCTAssertEqual(machine.call(.read, 0, buffer, 8), 1)
    XCTAssertEqual(ready(poll), [])
    close(poll)
  }

  func testOneOfTwoWaitersIsWoken() {
    let (end, other) = pipe()
    let poll = poll()
    XCTAssertEqual(control(poll, add, end), 0)
    let (first, me) = (machine.makeThread(), Services.task)
    machine.run(first) {
      machine.turns.script = [
        { [self] in
          machine.run(me) {
            machine.turns.script = [
              { [self] in
                let third = machine.newestTask
                machine.run(third) { write(other) }
                XCTAssertTrue(isReady(first))
                XCTAssertFalse(isReady(me))
                machine.turns.interrupt(me)
              }
            ]
            let helper = machine.makeThread()
            // The signal ends its wait; the event is there for the thread that asks first.
            XCTAssertEqual(machine.call(.epollWait, poll, buffer + 0x200, 1, .max), 1)
            Services.thread.pointee.signals.isPending = false
            machine.run(helper) { machine.call(.exit, 0) }
          }
        }
      ]
      XCTAssertEqual(ready(poll, timeout: .max), [end])
    }
    close(end, other, poll)
    machine.run(first) { machine.call(.exit, 0) }
  }

  private func isReady(_ task: TaskNumber) -> Bool {
    (try? MockArchitecture.system.scheduler.info(of: task))?.state == .ready
  }

  func testReadyFilesAreReportedInTurn() {
    let poll = poll()
    let pipes = (0..<4).map { _ in pipe() }
    for (end, other) in pipes {
      XCTAssertEqual(control(poll, add, end), 0)
      write(other)
    }
    let seen = (0..<4).flatMap { _ in ready(poll, limit: 1) }
    XCTAssertEqual(seen.sorted(), pipes.map(\.0))
    for (end, other) in pipes { close(end, other) }
    XCTAssertEqual(ready(poll), [])
    close(poll)
  }

  func testCloseOfEitherSideRemovesTheItems() {
    let files = Services.openFiles.count
    machine.put([0], at: buffer)
    let free = machine.pool.freeCount
    for closesFileFirst in [true, false] {
      let (end, other) = pipe()
      let (poll, outer) = (poll(), poll())
      XCTAssertEqual(control(poll, add, end), 0)
      XCTAssertEqual(control(poll, add, other, 4), 0)
      XCTAssertEqual(control(outer, add, poll), 0)
      write(other)
      XCTAssertEqual(ready(outer), [poll])
      if closesFileFirst { close(end, other, poll, outer) } else { close(outer, poll, other, end) }
      XCTAssertEqual(machine.pool.freeCount, free)
      XCTAssertEqual(Services.openFiles.count, files)
    }
  }

  func testCyclesAndLongChainsAreRefused() {
    let polls = (0..<7).map { _ in poll() }
    for index in 1..<7 {
      let answer = control(polls[index], add, polls[index - 1])
      XCTAssertEqual(answer, index == 5 ? loop : 0, "\(index)")
    }
    XCTAssertEqual(control(polls[0], add, polls[4]), loop)
    for poll in polls { close(poll) }
  }

  func testEachFailedAllocationChangesNothing() {
    let (end, other) = pipe()
    let poll = poll()
    machine.put([0], at: buffer + 0x80)
    let (files, free) = (Services.openFiles.count, machine.pool.freeCount)
    var taken: [PhysicalFrame] = []
    while let frame = try? machine.pool.allocate(zeroed: false) { taken.append(frame) }
    XCTAssertEqual(machine.call(.eventfd2, 0, 0), noMemory)
    XCTAssertEqual(control(poll, add, end), noMemory)
    XCTAssertEqual(Services.openFiles.count, files)
    taken.forEach { machine.pool.release($0) }
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(control(poll, remove, end), -2, "nothing was added")
    close(end, other, poll)
  }

  func testCounterWithoutADescriptorIsFreed() {
    while machine.call(.dup, 0) < 1023 {}
    let free = machine.pool.freeCount
    XCTAssertEqual(machine.call(.eventfd2, 0, 0), -24)
    XCTAssertEqual(machine.call(.epollCreate1, 0), -24)
    XCTAssertEqual(machine.pool.freeCount, free)
    for descriptor in 3..<1024 { close(UInt32(descriptor)) }
  }

  func testCounterWaitsForRoomAndForAValue() {
    let file = UInt32(machine.call(.eventfd2, 0, 0))
    let thread = machine.makeThread()
    machine.put(words: [.max - 1, .max], at: buffer)
    XCTAssertEqual(machine.call(.write, file, buffer, 8), 8)
    machine.turns.script = [
      { [self] in
        machine.run(thread) {
          XCTAssertEqual(machine.call(.read, file, buffer + 0x100, 8), 8)
          XCTAssertEqual(machine.words(buffer + 0x100, 2), [.max - 1, .max])
        }
      }
    ]
    machine.put(words: [5, 0], at: buffer)
    XCTAssertEqual(machine.call(.write, file, buffer, 8), 8)
    XCTAssertEqual(machine.call(.read, file, buffer, 8), 8)
    XCTAssertEqual(machine.words(buffer, 2), [5, 0])
    machine.turns.script = [
      { [self] in
        machine.run(thread) {
          machine.put(words: [9, 0], at: buffer + 0x100)
          XCTAssertEqual(machine.call(.write, file, buffer + 0x100, 8), 8)
        }
      }
    ]
    XCTAssertEqual(machine.call(.read, file, buffer, 8), 8)
    XCTAssertEqual(machine.words(buffer, 2), [9, 0])
    close(file)
    machine.run(thread) { machine.call(.exit, 0) }
  }
}
