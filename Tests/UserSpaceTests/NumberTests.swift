// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import UserSpace

/// The numbers of processes and threads that programs pass. The answers are those of Linux 6.1.
final class NumberTests: MachineTestCase {
  /// What each call answers to a negative number, and to one that is not in use.
  private let answers:
    [(call: ARMCallNumber, before: [UInt32], after: [UInt32], negative: Int32, unused: Int32)] = [
      (.kill, [], [0], -3, -3), (.tkill, [], [0], -22, -3), (.tgkill, [], [1, 0], -22, -3),
      (.tgkill, [1], [0], -22, -3), (.wait4, [], [0, 1, 0], -10, -10),
      (.waitid, [1], [0, 5, 0], -22, -10), (.waitid, [2], [0, 5, 0], -22, -10),
      (.setpgid, [], [0], -22, -3), (.setpgid, [0], [], -22, -1), (.setpgid, [], [5], -3, -3),
      (.getpgid, [], [], -3, -3), (.getsid, [], [], -3, -3), (.prlimit64, [], [3, 0, 0], -3, -3),
      (.schedGetscheduler, [], [], -22, -3), (.getRobustList, [], [0, 0], -3, -3),
    ]

  func testNegativeAndUnusedNumbersAreRefused() {
    for (call, before, after, negative, unused) in answers {
      let name = "\(call) \(before)"
      for number: Int32 in [-2, -999] {
        let word = UInt32(bitPattern: number)
        XCTAssertEqual(make(call, before + [word] + after), negative, "\(name) \(number)")
      }
      XCTAssertEqual(make(call, before + [999_999] + after), unused, name)
    }
  }

  func testLeastIntNamesNoGroup() {
    for call: ARMCallNumber in [.kill, .wait4] {
      XCTAssertEqual(make(call, [0x8000_0000, 0, 0, 0]), -3, "\(call)")
    }
  }

  func testZeroIsTheCaller() {
    for call: ARMCallNumber in [.schedGetscheduler, .getpgid, .getsid, .setpgid] {
      XCTAssertEqual(make(call, [0, 0]), 0, "\(call)")
    }
    XCTAssertEqual(make(.prlimit64, [0, 3, 0, 0]), 0)
  }

  func testGroupsAreNamedByNegatedNumbers() {
    let child = machine.call(.fork)
    let (one, group) = (UInt32(child), UInt32(bitPattern: -child))
    XCTAssertEqual(make(.kill, [group, 0]), -3, "it is in its parent's group")
    XCTAssertEqual(make(.setpgid, [one, 0]), 0)
    XCTAssertEqual(make(.getpgid, [one]), child)
    XCTAssertEqual(make(.kill, [group, 0]), 0)
    machine.run(machine.task(of: child)) { machine.call(.exitGroup, 0) }
    XCTAssertEqual(make(.wait4, [0, 0, 1, 0]), -10, "the caller's group")
    XCTAssertEqual(make(.wait4, [group, 0, 0, 0]), child)
  }

  func testFutexWordNamesItsOwner() {
    let word = FutexWord(rawValue: 0x8000_0007)
    XCTAssertTrue(word.hasWaiters)
    XCTAssertEqual(word.owner, ThreadID(rawValue: 7))
    XCTAssertEqual(word.withDeadOwner.rawValue, 0xc000_0000)
    XCTAssertEqual(word.withDeadOwner.owner, .zero)
  }

  func testFutexWordChangesAsLinuxChangesIt() {
    let me = ThreadID(rawValue: 9)
    for (word, taken) in [
      (0, 9), (0x8000_0000, 9), (0x4000_0000, 0x4000_0009), (0xc000_0000, 0x4000_0009),
    ] as [(UInt32, UInt32)] {
      XCTAssertEqual(FutexWord(rawValue: word).taken(by: me).rawValue, taken)
    }
    XCTAssertEqual(FutexWord(rawValue: 9).withWaiters.rawValue, 0x8000_0009)
    XCTAssertEqual(FutexWord(rawValue: 0xc000_0009).withWaiters.rawValue, 0xc000_0009)
    for (word, inherited) in [
      (0, 0x8000_0009), (5, 0xc000_0009), (0xc000_0000, 0xc000_0009), (0x8000_0005, 0xc000_0009),
    ] as [(UInt32, UInt32)] {
      XCTAssertEqual(FutexWord(rawValue: word).inherited(by: me).rawValue, inherited)
    }
    XCTAssertEqual(FutexWord.handedOver(to: me).rawValue, 0x8000_0009)
    XCTAssertFalse(FutexWord(rawValue: 0xbfff_ffff).hasDeadOwner)
    XCTAssertEqual(FutexWord(rawValue: .max).owner.rawValue, 0x3fff_ffff)
  }

  private func make(_ call: ARMCallNumber, _ arguments: [UInt32]) -> Int32 {
    let a = arguments + [UInt32](repeating: 0, count: 5 - arguments.count)
    return machine.call(call, a[0], a[1], a[2], a[3], a[4])
  }
}
