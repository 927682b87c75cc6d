// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// Futexes with an owner (FUTEX_LOCK_PI and its kin), and the kernel's state of them.
final class OwnedFutexTests: MachineTestCase {
  private let (waiters, died): (UInt32, UInt32) = (1 << 31, 1 << 30)
  private let (lock, unlock): (UInt32, UInt32) = (6, 7)
  private let (tryLock, lock2): (UInt32, UInt32) = (8, 13)
  private let (waitRequeue, requeue): (UInt32, UInt32) = (11, 12)
  /// Two words: that of a lock, and that of a condition variable.
  private var word: UInt32 { buffer }
  private var condition: UInt32 { buffer + 4 }
  private var me: UInt32 { Services.thread.pointee.identifier.rawValue }
  private var used: Int { Services.ownedFutexCount }
  private var other = TaskNumber(rawValue: 0)

  override func setUpWithError() throws {
    try super.setUpWithError()
    other = machine.makeThread()
  }

  override func tearDown() {
    XCTAssertEqual(used, 0)
    Services.reclaimTasks()
    if !machine.hasEnded(other), number(other) != 0 {
      machine.run(other) { machine.call(.exit, 0) }
    }
    super.tearDown()
  }

  private func number(_ task: TaskNumber) -> UInt32 {
    Services.processes.thread(of: task).pointee.identifier.rawValue
  }

  /// What the other thread does while the running one waits.
  private func meanwhile(_ body: @escaping () -> Void) {
    machine.turns.script.append { [machine, other] in machine?.run(other, body) }
  }

  /// The other thread is the owner.
  private func othersLock() {
    machine.run(other) { XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), 0) }
    XCTAssertEqual(machine.word(word), number(other))
  }

  func testUnlockMakesTheWaiterTheOwner() {
    othersLock()
    meanwhile { [self] in
      XCTAssertEqual(used, 1)
      XCTAssertEqual(machine.word(word), number(other) | waiters)
      XCTAssertEqual(machine.call(.futex, word, unlock), 0)
      XCTAssertEqual(used, 0)
    }
    XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), 0)
    XCTAssertEqual(machine.word(word), me | waiters)
    XCTAssertEqual(machine.call(.futex, word, unlock), 0)
    XCTAssertEqual(machine.word(word), 0)
  }

  func testOwnerInheritsUntilTheWaiterHasTheFutex() throws {
    let urgency = { (task: TaskNumber) in
      try? MockArchitecture.system.scheduler.info(of: task).urgency
    }
    let main = Services.task
    let plain = urgency(other)
    machine.put(words: [50], at: buffer + 64)
    XCTAssertEqual(machine.call(.schedSetscheduler, 0, 1, buffer + 64), 0)
    XCTAssertNotEqual(urgency(main), plain)
    othersLock()
    meanwhile { [self] in
      XCTAssertEqual(urgency(other), urgency(main))
      XCTAssertEqual(machine.call(.futex, word, unlock), 0)
      XCTAssertEqual(urgency(other), plain)
    }
    XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), 0)
    machine.put(words: [0], at: buffer + 64)
    XCTAssertEqual(machine.call(.schedSetscheduler, 0, 0, buffer + 64), 0)
  }

  func testOwnersEndGivesTheFutexToTheWaiter() {
    othersLock()
    meanwhile { [self] in machine.call(.exit, 0) }
    XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), 0)
    XCTAssertEqual(machine.word(word), me | waiters | died)
  }

  func testWordTakenAfterTheOwnersEndIsWaitedFor() {
    let thief = machine.makeThread()
    let owner = number(thief)
    othersLock()
    machine.turns.script.append { [self] in
      machine.run(other) { machine.call(.exit, 0) }
      // The waiter has not run yet.
      machine.run(thief) { machine.put(words: [owner | died], at: word) }
    }
    machine.turns.script.append { [self] in
      machine.run(thief) {
        XCTAssertEqual(machine.word(word), owner | died | waiters)
        XCTAssertEqual(machine.call(.futex, word, unlock), 0)
      }
    }
    XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), 0)
    XCTAssertEqual(machine.word(word), me | waiters)
    machine.run(thief) { machine.call(.exit, 0) }
  }

  func testOwnerThatHasEndedIsNoOwner() {
    othersLock()
    let owner = machine.word(word)
    machine.run(other) { machine.call(.exit, 0) }
    XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), -3)
    XCTAssertEqual(machine.word(word), owner | waiters)
    machine.put(words: [owner | died], at: word)
    XCTAssertEqual(machine.call(.futex, word, tryLock), -3)
  }

  func testWordThatIsUnmappedMeanwhileIsAFault() {
    let page = machine.memory()
    machine.put(words: [number(other)], at: page)
    meanwhile { [self] in
      XCTAssertEqual(used, 1)
      XCTAssertEqual(machine.call(.munmap, page, 0x1000), 0)
      machine.call(.exit, 0)
    }
    XCTAssertEqual(machine.call(.futex, page, lock, 0, 0), -14)
  }

  func testUnlockOfAnUnmappedWordIsAFaultAndKeepsTheWaiter() {
    let page = machine.memory()
    machine.put(words: [number(other)], at: page)
    meanwhile { [self] in
      XCTAssertEqual(machine.call(.mprotect, page, 0x1000, 1), 0)
      XCTAssertEqual(machine.call(.futex, page, unlock), -14)
      XCTAssertEqual(used, 1)
      XCTAssertEqual(machine.call(.mprotect, page, 0x1000, 3), 0)
      XCTAssertEqual(machine.call(.futex, page, unlock), 0)
    }
    XCTAssertEqual(machine.call(.futex, page, lock, 0, 0), 0)
    XCTAssertEqual(machine.word(page), me | waiters)
  }

  func testTimeoutAndSignalEndTheWait() {
    othersLock()
    machine.put(words: [1_700_000_100, 0, 0, 0, 100, 0, 0, 0], at: buffer + 64)
    XCTAssertEqual(machine.call(.futexTime64, word, lock, 0, buffer + 64), -110)
    XCTAssertEqual(machine.call(.futexTime64, word, lock2, 0, buffer + 80), -110, "it is over")
    machine.interruptNextWait()
    XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), -513)
    XCTAssertEqual(used, 0)
    XCTAssertEqual(machine.call(.futex, word, lock2, 0, 0), -513, "the signal is pending")
    Services.thread.pointee.signals.isPending = false
    XCTAssertEqual(machine.word(word), number(other) | waiters)
  }

  func testWaitForOneselfIsADeadlock() {
    othersLock()
    machine.run(other) { XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), -35) }
    XCTAssertEqual(machine.call(.futex, condition, lock, 0, 0), 0)
    meanwhile { [self] in
      XCTAssertEqual(machine.call(.futex, condition, lock, 0, 0), -35)
      XCTAssertEqual(used, 1)
      XCTAssertEqual(machine.call(.futex, word, unlock), 0)
    }
    XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), 0)
  }

  func testKernelDoesNotBelieveTheWord() {
    othersLock()
    meanwhile { [self] in
      for bad: UInt32 in [0, waiters, 1, 1 | waiters, died | 1, 0x3fff_fff0] {
        machine.put(words: [bad], at: word)
        XCTAssertEqual(machine.call(.futex, word, tryLock), -22)
        XCTAssertEqual(machine.call(.futex, word, unlock), -1)
        XCTAssertEqual(machine.word(word), bad)
      }
      for (operation, count) in [(1, 1), (3, 1), (4, 0)] as [(UInt32, UInt32)] {
        XCTAssertEqual(
          machine.call(.futex, word, operation, count, 1, condition, 0x3fff_fff0), -22)
      }
      machine.put(words: [number(other)], at: word)
      XCTAssertEqual(machine.call(.futex, word, unlock), 0)
    }
    XCTAssertEqual(machine.call(.futex, word, lock, 0, 0), 0)
  }

  func testRequeueMakesTheFirstWaiterTheOwnerOfAFreeFutex() {
    for limit: UInt32 in [0, 5] {
      machine.put(words: [0, 0], at: word)
      meanwhile { [self] in
        XCTAssertEqual(machine.call(.futex, condition, 1, 1), -22, "it waits for a requeue")
        XCTAssertEqual(machine.call(.futex, condition, requeue, 1, limit, condition + 4, 0), -22)
        XCTAssertEqual(machine.call(.futex, condition, requeue, 1, limit, word, 0), 1)
        XCTAssertEqual(used, 0)
      }
      XCTAssertEqual(machine.call(.futex, condition, waitRequeue, 0, 0, word), 0)
      XCTAssertEqual(machine.word(word), limit == 0 ? me : me | waiters)
    }
  }

  func testRequeuedWaiterWaitsForTheOwner() {
    othersLock()
    meanwhile { [self] in
      XCTAssertEqual(machine.call(.futex, condition, requeue, 1, 0, word, 0), 1)
      XCTAssertEqual(used, 1)
      XCTAssertEqual(machine.word(word), number(other) | waiters)
      XCTAssertEqual(machine.call(.futex, word, unlock), 0)
    }
    XCTAssertEqual(machine.call(.futex, condition, waitRequeue, 0, 0, word), 0)
    XCTAssertEqual(machine.word(word), me | waiters)
  }

  func testSignalAfterARequeueIsNoRestart() {
    othersLock()
    let main = Services.task
    meanwhile { [self] in
      XCTAssertEqual(machine.call(.futex, condition, requeue, 1, 0, word, 0), 1)
      machine.turns.interrupt(main)
    }
    XCTAssertEqual(machine.call(.futex, condition, waitRequeue, 0, 0, word), -11)
    XCTAssertEqual(machine.call(.futex, condition, waitRequeue, 0, 0, word), -513)
    Services.thread.pointee.signals.isPending = false
  }

  func testRequeueOfTheOwnerIsADeadlockAndKeepsItsWait() {
    let main = me
    machine.put(words: [main], at: word)
    meanwhile { [self] in
      XCTAssertEqual(machine.call(.futex, condition, requeue, 1, 0, word, 0), -35)
      machine.put(words: [0], at: word)
      XCTAssertEqual(machine.call(.futex, condition, requeue, 1, 0, word, 0), 1)
    }
    XCTAssertEqual(machine.call(.futex, condition, waitRequeue, 0, 0, word), 0)
    XCTAssertEqual(machine.word(word), main)
  }

  func testSharedWordKeepsItsFrameWhileAThreadWaits() {
    let page = UInt32(bitPattern: machine.call(.mmap2, 0, 0x2000, 3, 0x21, .max, 0))
    machine.put(words: [number(other), 0], at: page)
    machine.put(words: [0], at: page + 0x1000)
    meanwhile { [self] in
      XCTAssertEqual(machine.call(.futex, page + 0x1000, requeue, 1, 0, page, 0), 1)
      XCTAssertEqual(machine.call(.munmap, page, 0x2000), 0)
      machine.call(.exit, 0)
    }
    XCTAssertEqual(machine.call(.futex, page + 0x1000, waitRequeue, 0, 0, page), -14)
  }
}
