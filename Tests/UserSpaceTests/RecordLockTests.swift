// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// The record locks of fcntl: ranges, waits, and what is freed at the end. The answers of the calls
/// are compared with Linux's in BootTests.
final class RecordLockTests: MachineTestCase {
  private let (tryAgain, interrupted, noLocks, deadlock): (Int32, Int32, Int32, Int32) =
    (-11, -512, -37, -35)
  private let (read, write, unlock): (UInt32, UInt32, UInt32) = (0, 1, 2)
  private let (get, set, setWait): (UInt32, UInt32, UInt32) = (12, 13, 14)
  private let ofFile: UInt32 = 24  // F_OFD_GETLK and the others are so much greater.

  private func open() -> UInt32 {
    UInt32(machine.call(.open, machine.string("/tmp/lock", at: buffer), 0o102, 0o600))
  }

  private func remove(_ files: UInt32...) {
    for file in files { XCTAssertEqual(machine.call(.close, file), 0) }
    XCTAssertEqual(Services.fileObjects.pointee.rangeLockCount, 0)
    for list in 0..<64 { XCTAssertNil(Services.fileObjects.pointee.firstLocks[list]) }
    XCTAssertNil(Services.fileObjects.pointee.firstRequest)
    XCTAssertEqual(machine.call(.unlink, machine.string("/tmp/lock", at: buffer)), 0)
  }

  private func control(
    _ file: UInt32, _ command: UInt32, _ type: UInt32, _ start: UInt32, _ length: UInt32
  ) -> Int32 {
    machine.put(words: [type, 0, start, 0, length, 0, 0, 0], at: buffer)
    return machine.call(.fcntl64, file, command, buffer)
  }

  /// Runs `body` in a new process, which ends afterwards.
  private func inChild(_ body: () -> Void) {
    let child = machine.call(.fork)
    machine.run(machine.task(of: child)) {
      body()
      machine.call(.exitGroup, 0)
    }
    XCTAssertEqual(machine.call(.wait4, .max, 0, 0, 0), child)
  }

  func testRandomLocksAreThoseOfAModel() {
    let size = 24
    let files = [open(), open()]
    // What each owner holds of each byte: the process, then both open files.
    var model = [[UInt32]](repeating: [UInt32](repeating: 2, count: size), count: 3)
    var dice = Dice(seed: 5)
    func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &dice) }
    for _ in 0..<3000 {
      let owner = roll(3)
      let file = files[owner == 0 ? roll(2) : owner - 1]
      let type = UInt32(roll(3))
      let first = roll(size)
      let end = roll(4) == 0 ? size : first + 1 + roll(size - first)
      let isRefused = (first..<end).contains { place in
        (0..<3).contains { other in
          other != owner
            && (type == write && model[other][place] != unlock
              || type == read && model[other][place] == write)
        }
      }
      let answer = control(
        file, set + (owner == 0 ? 0 : ofFile), type, UInt32(first),
        end == size ? 0 : UInt32(end - first))
      XCTAssertEqual(answer, isRefused ? tryAgain : 0)
      if !isRefused { for place in first..<end { model[owner][place] = type } }
      check(model, files)
    }
    remove(files[0], files[1])
  }

  /// Checks that what others find is what the model has, and that neighbours are merged.
  private func check(_ model: [[UInt32]], _ files: [UInt32]) {
    let size = model[0].count
    let node = Services.openFiles[Services.process.pointee.files.number(of: files[0]) ?? 0].node
    var held = [[UInt32]](repeating: [UInt32](repeating: 2, count: size), count: 3)
    var runs = 0
    var rest = FileLocks<Services>.find(node)?.pointee.ranges
    while let lock = rest {
      let owner = lock.pointee.owner
      let index =
        owner == .init(.first) ? 0 : owner == .init(file: number(files[0])) ? 1 : 2
      let range = lock.pointee.range
      XCTAssertLessThanOrEqual(range.first, range.last)
      for place in range.first...min(range.last, Int64(size) - 1) {
        XCTAssertEqual(held[index][Int(place)], unlock, "two locks of one owner")
        held[index][Int(place)] = lock.pointee.kind == .shared ? read : write
      }
      runs += 1
      rest = lock.pointee.next
    }
    XCTAssertEqual(held, model)
    let wanted = model.map { bytes in
      (0..<size).filter { bytes[$0] != unlock && ($0 == 0 || bytes[$0 - 1] != bytes[$0]) }.count
    }.reduce(0, +)
    XCTAssertEqual(runs, wanted)
    XCTAssertEqual(Int(Services.fileObjects.pointee.rangeLockCount), wanted)
  }

  private func number(_ descriptor: UInt32) -> UInt16 {
    Services.process.pointee.files.number(of: descriptor) ?? .max
  }

  func testCloseOfAnyDescriptorReleasesAProcesssLocks() {
    let (file, other) = (open(), open())
    XCTAssertEqual(control(file, set, write, 0, 10), 0)
    XCTAssertEqual(control(file, set + ofFile, write, 20, 10), 0)
    inChild {
      XCTAssertEqual(machine.call(.close, file), 0)  // The child has none of the parent's.
      XCTAssertEqual(control(other, set, read, 0, 1), tryAgain)
      XCTAssertEqual(control(other, set, read, 10, 1), 0)
    }
    XCTAssertEqual(Services.fileObjects.pointee.rangeLockCount, 2)
    XCTAssertEqual(machine.call(.close, other), 0)
    XCTAssertEqual(Services.fileObjects.pointee.rangeLockCount, 1)
    remove(file)
  }

  func testOnlyAProcessThatSetALockLooksForOne() {
    let (file, place) = (open(), UInt32(machine.call(.open, buffer, 0o10000000, 0)))
    let further = Services.process.pointee.files.further
    XCTAssertFalse(further.pointee.hasRangeLocks)
    XCTAssertEqual(control(file, set, write, 0, 10), 0)
    XCTAssertTrue(further.pointee.hasRangeLocks)
    XCTAssertEqual(machine.call(.close, place), 0)
    XCTAssertEqual(Services.fileObjects.pointee.rangeLockCount, 1)
    inChild {
      XCTAssertFalse(Services.process.pointee.files.further.pointee.hasRangeLocks)
      XCTAssertEqual(control(file, set, read, 0, 1), tryAgain)
    }
    remove(file)
  }

  func testExitReleasesAProcesssLocks() {
    let file = open()
    inChild { XCTAssertEqual(control(file, set, write, 0, 10), 0) }
    XCTAssertEqual(Services.fileObjects.pointee.rangeLockCount, 0)
    remove(file)
  }

  func testWaiterGetsTheLockWhenAnotherProcessUnlocks() {
    let file = open()
    XCTAssertEqual(control(file, set, write, 0, 10), 0)
    let child = machine.call(.fork)
    machine.run(machine.task(of: child)) {
      machine.turns.script = [
        { [task = Services.task] in Services.wake(task) },
        { [first = self.first] in
          self.machine.run(first) {
            XCTAssertEqual(self.control(file, self.set, self.unlock, 0, 5), 0)
          }
        },
      ]
      XCTAssertEqual(control(file, setWait, read, 0, 5), 0)
      XCTAssertTrue(machine.turns.script.isEmpty)
      machine.call(.exitGroup, 0)
    }
    XCTAssertEqual(machine.call(.wait4, .max, 0, 0, 0), child)
    remove(file)
  }

  private var first: TaskNumber {
    Services.processes.withLock { $0.task(of: ThreadID(rawValue: 1)) } ?? TaskNumber(rawValue: 0)
  }

  func testInterruptedWaitHoldsNothing() {
    let (file, other) = (open(), open())
    XCTAssertEqual(control(file, set + ofFile, write, 0, 10), 0)
    machine.interruptNextWait()  // The signal stays pending.
    for command in [setWait, setWait + ofFile] {
      XCTAssertEqual(control(other, command, write, 5, 10), interrupted)
      XCTAssertEqual(Services.fileObjects.pointee.rangeLockCount, 1)
      XCTAssertNil(Services.fileObjects.pointee.firstRequest)
    }
    remove(file, other)
  }

  func testWaitForALockEndsWithEBADFIfTheDescriptorIsClosed() {
    let (file, other) = (open(), open())
    XCTAssertEqual(control(file, set + ofFile, write, 0, 10), 0)
    let thread = machine.makeThread()
    machine.turns.script = [
      {
        self.machine.run(thread) {
          self.machine.call(.close, other)
          self.machine.call(.close, file)
        }
      }
    ]
    XCTAssertEqual(control(other, setWait, write, 0, 1), -9)
    XCTAssertTrue(machine.turns.script.isEmpty)
    machine.run(thread) { machine.call(.exit, 0) }
    remove()
  }

  func testCycleOfTwoProcessesIsADeadlock() {
    let file = open()
    XCTAssertEqual(control(file, set, write, 0, 1), 0)
    let child = machine.call(.fork)
    machine.run(machine.task(of: child)) {
      XCTAssertEqual(control(file, set, write, 1, 1), 0)
      machine.turns.script = [
        { [first = self.first] in
          self.machine.run(first) {
            XCTAssertEqual(self.control(file, self.setWait, self.read, 1, 1), self.deadlock)
            XCTAssertEqual(self.control(file, self.set, self.unlock, 0, 0), 0)
          }
        }
      ]
      XCTAssertEqual(control(file, setWait, read, 0, 1), 0)
      machine.call(.exitGroup, 0)
    }
    XCTAssertEqual(machine.call(.wait4, .max, 0, 0, 0), child)
    remove(file)
  }

  func testLocksOfAFileAreLimited() {
    let file = open()
    for place in 0..<RangeLock.fileLimit {
      XCTAssertEqual(control(file, set, place % 2, place * 3 + 1, 3), 0)
    }
    XCTAssertEqual(control(file, set, read, 1000, 1), noLocks)
    XCTAssertEqual(control(file, set, unlock, 2, 1), noLocks)  // Would split one.
    XCTAssertEqual(control(file, set, unlock, 4, 3), 0)
    XCTAssertEqual(control(file, set, read, 1000, 1), 0)
    // What does not add one is possible at the limit.
    XCTAssertEqual(control(file, set, read, 1000, 1), 0)
    XCTAssertEqual(control(file, set, write, 1000, 1), 0)
    XCTAssertEqual(control(file, set, write, 1000, 5), 0)
    XCTAssertEqual(control(file, set, read, 1000, 2), noLocks)
    XCTAssertEqual(control(file, set, read, 9, 2), 0)  // Moves the bound of two.
    XCTAssertEqual(control(file, set, write, 0, 1000), 0)
    XCTAssertEqual(Services.fileObjects.pointee.rangeLockCount, 1)
    XCTAssertEqual(control(file, set, unlock, 0, 0), 0)
    XCTAssertEqual(Services.fileObjects.pointee.rangeLockCount, 0)
    remove(file)
  }

  func testLockWithoutMemoryHoldsNothing() {
    let file = open()
    machine.withFrames(0) {
      XCTAssertEqual(control(file, set, write, 0, 1), noLocks)
      XCTAssertEqual(control(file, set, unlock, 0, 1), 0)
    }
    XCTAssertEqual(control(file, set, write, 0, 1), 0)
    remove(file)
  }
}
