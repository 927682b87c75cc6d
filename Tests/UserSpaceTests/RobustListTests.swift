// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// Futexes whose owner ends (set_robust_list(2)), and the counts of requeue calls.
final class RobustListTests: MachineTestCase {
  private let (waiters, ownerDied): (UInt32, UInt32) = (1 << 31, 1 << 30)
  private var head: UInt32 { buffer }

  /// Where the word of an entry is.
  private func word(_ entry: UInt32) -> UInt32 { buffer + 0x100 + entry * 16 + 4 }

  /// A ring of `count` entries with these words, from `first` on, and its head.
  private func ring(_ words: [UInt32], pending: UInt32 = 0) {
    let places = words.indices.map { buffer + 0x100 + UInt32($0) * 16 }
    for (index, value) in words.enumerated() {
      machine.put(words: [(places + [head])[index + 1], value], at: places[index])
    }
    machine.put(words: [(places + [head])[0], 4, pending], at: head)
  }

  /// Makes a thread with the list at `head`, runs `body` with its number, and ends it.
  private func withThread(_ body: (UInt32) -> Void) {
    let task = machine.makeThread()
    machine.run(task) {
      XCTAssertEqual(machine.call(.setRobustList, head, 12), 0)
      body(Services.thread.pointee.identifier.rawValue)
      machine.call(.exit, 0)
    }
  }

  func testEndedOwnerMarksItsFutexesAndWakesOneWaiterOfEach() {
    let sleepers = [machine.makeThread(), machine.makeThread()]
    withThread { me in
      ring([me | waiters, me, me + 1, 0])
      for task in sleepers {
        machine.run(task) {
          let key = Futex<Services>.key(of: UserAddress(word(0)), isPrivate: false)
          Services.processes.withLock { table in
            table.futexes.append(
              table.futexes.waiter(of: task), key: key ?? FutexKey(), bits: .max)
          }
        }
      }
      XCTAssertEqual(machine.words(word(1), 1), [me])
    }
    XCTAssertEqual(machine.word(word(0)), waiters | ownerDied)
    XCTAssertEqual(machine.word(word(1)), ownerDied)
    XCTAssertLessThan(machine.word(word(2)), ownerDied)
    XCTAssertEqual(machine.word(word(3)), 0)
    XCTAssertEqual(sleepers.map(machine.isWoken), [true, false])
    XCTAssertEqual(machine.call(.futex, word(0), 1, 9), 1, "the other one still waits")
    for task in sleepers { machine.run(task) { machine.call(.exit, 0) } }
  }

  func testPendingEntryIsIncluded() {
    withThread { me in ring([me, me], pending: buffer + 0x110) }
    XCTAssertEqual([word(0), word(1)].map(machine.word), [ownerDied, ownerDied])
    withThread { me in
      ring([me])
      machine.put(words: [0, me | waiters], at: buffer + 0x110)
      machine.put(words: [buffer + 0x110], at: head + 8)
    }
    XCTAssertEqual([word(0), word(1)].map(machine.word), [ownerDied, ownerDied | waiters])
  }

  func testEndlessListStopsAfter2048Entries() {
    withThread { me in
      ring([me, me])
      machine.put(words: [buffer + 0x100], at: buffer + 0x110)  // The second leads to the first.
    }
    XCTAssertEqual([word(0), word(1)].map(machine.word), [ownerDied, ownerDied])
  }

  func testBadAddressEndsTheList() {
    for bad: UInt32 in [8, 0x8000_0000, 0xffff_fffc, buffer + 0x112, 0x7000_0000] {
      withThread { me in
        ring([me, me, me])
        machine.put(words: [bad], at: buffer + 0x100)
      }
      XCTAssertEqual(machine.word(word(0)), ownerDied)
      XCTAssertLessThan(machine.word(word(1)), ownerDied)
      withThread { me in
        ring([me])
        machine.put(words: [bad], at: head)
      }
      XCTAssertLessThan(machine.word(word(0)), ownerDied)
      let task = machine.makeThread()
      machine.run(task) {
        XCTAssertEqual(machine.call(.setRobustList, bad, 12), 0)
        machine.call(.exit, 0)
      }
    }
  }

  func testListIsStoredAndNotInherited() {
    XCTAssertEqual(machine.call(.setRobustList, head, 11), -22)
    XCTAssertEqual(machine.call(.setRobustList, head, 12), 0)
    XCTAssertEqual(machine.call(.getRobustList, 0, buffer + 64, buffer + 68), 0)
    XCTAssertEqual(machine.words(buffer + 64, 2), [head, 12])
    XCTAssertEqual(machine.call(.getRobustList, 0, 8, buffer + 68), -14)
    XCTAssertEqual(machine.call(.getRobustList, 0, buffer + 64, 8), -14)
    XCTAssertEqual(machine.call(.getRobustList, 99, buffer + 64, buffer + 68), -3)
    let task = machine.makeThread()
    machine.run(task) {
      XCTAssertEqual(machine.call(.getRobustList, 0, buffer + 64, buffer + 68), 0)
      XCTAssertEqual(machine.word(buffer + 64), 0)
      machine.call(.exit, 0)
    }
  }

  func testRequeueCountsWokenAndMovedWaiters() {
    let tasks = (0..<3).map { _ in machine.makeThread() }
    let other = word(1)
    for task in tasks {
      machine.run(task) {
        let key = Futex<Services>.key(of: UserAddress(word(0)), isPrivate: true)
        Services.processes.withLock { table in
          table.futexes.append(table.futexes.waiter(of: task), key: key ?? FutexKey(), bits: .max)
        }
      }
    }
    XCTAssertEqual(machine.call(.futex, word(0), 3, 9, 9, other), 0, "these wait at a private one")
    XCTAssertEqual(machine.call(.futex, word(0), 4 | 128, 1, 9, other, 5), -11, "the word is 0")
    XCTAssertEqual(machine.call(.futex, word(0), 4 | 128, 0, 9, word(0), 0), 3, "to where they are")
    XCTAssertEqual(machine.call(.futex, word(0), 3 | 128, 1, 1, other), 2)
    XCTAssertEqual(machine.call(.futex, other, 1 | 128, 9), 1)
    XCTAssertEqual(machine.call(.futex, word(0), 1 | 128, 9), 1)
    for task in tasks { machine.run(task) { machine.call(.exit, 0) } }
  }

  func testWallClockWaitEndsWhenTheClockIsSetBeyondIt() {
    let other = machine.makeThread()
    machine.put(words: [1_700_000_100, 0, 0, 0, 1_700_000_200, 0, 0, 0], at: buffer + 64)
    machine.turns.script = [
      { [machine, buffer] in
        machine?.run(other) { XCTAssertEqual(machine?.call(.clockSettime64, 0, buffer + 80), 0) }
      }
    ]
    let before = machine.now
    XCTAssertEqual(machine.call(.futexTime64, buffer, 9 | 256, 0, buffer + 64, 0, .max), -110)
    XCTAssertTrue(machine.turns.script.isEmpty, "the waiter checks the futex again")
    XCTAssertEqual(machine.now, before)
    machine.run(other) { machine.call(.exit, 0) }
  }

  func testForkInheritsSchedulingUnlessResetOnFork() {
    let scheduling: (TaskNumber) -> Scheduling = { task in
      Services.processes.thread(of: task).pointee.scheduling
    }
    machine.put(words: [7], at: buffer)
    for (policy, inherited) in [
      (2, Scheduling(policy: .roundRobin, priority: 7)), (0x4000_0001, Scheduling()),
    ] as [(UInt32, Scheduling)] {
      XCTAssertEqual(machine.call(.schedSetscheduler, 0, policy, buffer), 0)
      XCTAssertEqual(machine.call(.schedGetscheduler, 0), Int32(policy))
      let task = machine.makeThread()
      XCTAssertEqual(scheduling(task), inherited)
      machine.run(task) { machine.call(.exit, 0) }
    }
    XCTAssertEqual(machine.call(.schedRrGetInterval, 0, buffer + 64), 0)
    XCTAssertEqual(machine.words(buffer + 64, 2), [0, 0], "FIFO has no slices")
    XCTAssertEqual(machine.call(.schedRrGetInterval, 99, buffer + 64), -3)
    XCTAssertEqual(machine.call(.schedRrGetInterval, 0, 8), -14)
    XCTAssertEqual(machine.call(.schedRrGetInterval, .max, 8), -22)
  }
}
