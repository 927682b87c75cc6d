// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class MutexTests: ObjectTestCase {
  func testMutexHasOneOwner() throws {
    try start(10, 9)
    let mutex = fixed(Mutex())
    XCTAssertNil(scheduler.owner(of: mutex))
    try scheduler.lock(mutex, .forever)
    XCTAssertEqual(scheduler.owner(of: mutex)?.rawValue, 2)
    scheduler.block()
    refuses(WaitError.wouldBlock) { try self.scheduler.lock(mutex, .noWait) }
    refuses(WaitError.notOwner) { try self.scheduler.unlock(mutex) }
    blocks { try self.scheduler.lock(mutex, .forever) }
  }

  func testRecursiveMutexIsFreeAfterAsManyUnlocks() throws {
    try start(9)
    let mutex = fixed(Mutex(.recursive))
    for _ in 0..<3 { try scheduler.lock(mutex, .noWait) }
    for _ in 0..<2 { try scheduler.unlock(mutex) }
    XCTAssertEqual(scheduler.owner(of: mutex)?.rawValue, 1)
    try scheduler.unlock(mutex)
    XCTAssertNil(scheduler.owner(of: mutex))
    refuses(WaitError.notOwner) { try self.scheduler.unlock(mutex) }
  }

  func testRecursionDepthThatWouldWrapIsRefused() throws {
    try start(9)
    let mutex = fixed(Mutex(.recursive))
    try scheduler.lock(mutex, .forever)
    mutex.object.pointee.depth = .max
    refuses(WaitError.overflow) { try self.scheduler.lock(mutex, .forever) }
    XCTAssertEqual(mutex.object.pointee.depth, .max)
  }

  func testSecondLockIsADeadlockForTheOtherKinds() throws {
    try start(9)
    for kind in [Mutex.Kind.normal, .errorChecking] {
      let mutex = fixed(Mutex(kind))
      try scheduler.lock(mutex, .forever)
      refuses(WaitError.deadlock) { try self.scheduler.lock(mutex, .forever) }
      refuses(WaitError.deadlock) { try self.scheduler.lock(mutex, .noWait) }
      try scheduler.unlock(mutex)
    }
  }

  func testCycleOfOwnersIsRefused() throws {
    let tasks = try start(12, 11, 10)
    let mutexes = (0..<3).map { _ in fixed(Mutex()) }
    for (place, mutex) in mutexes.enumerated().reversed() {
      XCTAssertEqual(running, UInt32(place + 1))
      try scheduler.lock(mutex, .forever)
      scheduler.block()
    }
    preempt(by: tasks[0])
    blocks { try self.scheduler.lock(mutexes[1], .forever) }
    preempt(by: tasks[1])
    blocks { try self.scheduler.lock(mutexes[2], .ticks(100)) }
    preempt(by: tasks[2])
    refuses(WaitError.deadlock) { try self.scheduler.lock(mutexes[0], .forever) }
    try scheduler.unlock(mutexes[2])
    XCTAssertEqual(outcome(2), .satisfied)
  }

  func testOwnerInheritsTheUrgencyOfItsMostUrgentWaiter() throws {
    let tasks = try start(20, 15, 5)
    let mutex = fixed(Mutex())
    scheduler.block()
    scheduler.block()
    try scheduler.lock(mutex, .forever)
    preempt(by: tasks[2])
    blocks { try self.scheduler.lock(mutex, .forever) }
    XCTAssertEqual(running, 1)
    XCTAssertEqual(effective(1), 5)
    scheduler.wake(tasks[1])
    scheduler.reschedule()
    XCTAssertEqual(running, 1, "the middle one cannot come before it")
    try scheduler.unlock(mutex)
    XCTAssertEqual(running, 3)
    XCTAssertEqual(effective(1), 20)
    scheduler.block()
    XCTAssertEqual(running, 2)
  }

  func testInheritanceReachesTheEndOfAChainAndIsUndone() throws {
    let count: UInt32 = 6
    var tasks: [TaskNumber] = []
    for number in 1...count {
      tasks.append(try bench.create(number, priority: UInt8(20 - number)))
    }
    let mutexes = tasks.map { _ in fixed(Mutex()) }
    // Each task locks its own mutex and waits for that of the task before it.
    for place in tasks.indices {
      preempt(by: tasks[place])
      try scheduler.lock(mutexes[place], .forever)
      if place > 0 { blocks { try self.scheduler.lock(mutexes[place - 1], .ticks(50)) } }
    }
    XCTAssertEqual(running, 1)
    for number in 1...count { XCTAssertEqual(effective(number), 14, "task \(number)") }
    scheduler.block()
    tick(to: 50)
    // All waits ended in one tick, from the first to the last.
    for number in 1...count { XCTAssertEqual(effective(number), 20 - Int(number)) }
    for number in 2...count { XCTAssertEqual(outcome(number), .timedOut) }
  }

  func testPriorityChangeTravelsAlongTheChain() throws {
    let tasks = try start(20, 18, 16)
    let (first, second) = (fixed(Mutex()), fixed(Mutex()))
    scheduler.block()
    scheduler.block()
    try scheduler.lock(first, .forever)
    preempt(by: tasks[1])
    try scheduler.lock(second, .forever)
    blocks { try self.scheduler.lock(first, .forever) }
    preempt(by: tasks[2])
    blocks { try self.scheduler.lock(second, .forever) }
    XCTAssertEqual([effective(1), effective(2)], [16, 16])
    try scheduler.setPriority(try XCTUnwrap(Priority(rawValue: 3)), of: tasks[2])
    XCTAssertEqual([effective(1), effective(2)], [3, 3])
    try scheduler.setPriority(try XCTUnwrap(Priority(rawValue: 25)), of: tasks[2])
    XCTAssertEqual([effective(1), effective(2), effective(3)], [18, 18, 25])
  }

  func testUnlockOfOneOfSeveralMutexesKeepsTheOthersUrgency() throws {
    let tasks = try start(20, 10, 5)
    let (one, other) = (fixed(Mutex()), fixed(Mutex()))
    scheduler.block()
    scheduler.block()
    try scheduler.lock(one, .forever)
    try scheduler.lock(other, .forever)
    preempt(by: tasks[1])
    blocks { try self.scheduler.lock(one, .forever) }
    preempt(by: tasks[2])
    blocks { try self.scheduler.lock(other, .forever) }
    XCTAssertEqual(effective(1), 5)
    scheduler.lockPreemption()
    try scheduler.unlock(other)
    XCTAssertEqual(effective(1), 10, "it still holds what the middle one waits for")
    scheduler.unlockPreemption()
    XCTAssertEqual(running, 3)
  }

  func testTimeoutEndsTheInheritance() throws {
    let tasks = try start(20, 5)
    let mutex = fixed(Mutex())
    scheduler.block()
    try scheduler.lock(mutex, .forever)
    preempt(by: tasks[1])
    blocks { try self.scheduler.lock(mutex, .ticks(3)) }
    XCTAssertEqual(effective(1), 5)
    tick(to: 3)
    XCTAssertEqual(effective(1), 20)
    XCTAssertEqual(running, 2)
    XCTAssertEqual(outcome(2), .timedOut)
  }

  func testOwnerDeathIsReportedToTheNextOwner() throws {
    let tasks = try start(20, 5)
    let mutex = fixed(Mutex(.recursive, isRobust: true))
    scheduler.block()
    try scheduler.lock(mutex, .forever)
    try scheduler.lock(mutex, .forever)
    preempt(by: tasks[1])
    blocks { try self.scheduler.lock(mutex, .forever) }
    try scheduler.delete(tasks[0])
    XCTAssertEqual(running, 2)
    XCTAssertEqual(outcome(2), .ownerDied)
    XCTAssertEqual(scheduler.owner(of: mutex), tasks[1])
    try scheduler.repair(mutex)
    refuses(WaitError.invalid) { try self.scheduler.repair(mutex) }
    try scheduler.unlock(mutex)
    XCTAssertEqual(try scheduler.lock(mutex, .forever), .satisfied)
  }

  func testOwnerDeathWithoutWaitersIsReportedToTheNextLock() throws {
    try start(20, 5)
    let mutex = fixed(Mutex(isRobust: true))
    try scheduler.lock(mutex, .forever)
    try scheduler.delete(TaskNumber(rawValue: 2))
    XCTAssertEqual(running, 1)
    XCTAssertEqual(try scheduler.lock(mutex, .noWait), .ownerDied)
  }

  func testUnrepairedMutexIsNeverLockedAgain() throws {
    let tasks = try start(20, 9, 8)
    let mutex = fixed(Mutex(isRobust: true))
    try scheduler.lock(mutex, .forever)
    scheduler.lockPreemption()
    scheduler.unlockPreemption()
    try scheduler.delete(tasks[2])
    XCTAssertEqual(try scheduler.lock(mutex, .forever), .ownerDied)
    scheduler.block()
    blocks { try self.scheduler.lock(mutex, .forever) }
    preempt(by: tasks[1])
    try scheduler.unlock(mutex)
    XCTAssertEqual(outcome(1), .notRecoverable)
    refuses(WaitError.notRecoverable) { try self.scheduler.lock(mutex, .forever) }
  }

  func testOwnerDeathOfANormalMutexIsAnUnlock() throws {
    let tasks = try start(20, 5)
    let mutex = fixed(Mutex())
    scheduler.block()
    try scheduler.lock(mutex, .forever)
    preempt(by: tasks[1])
    blocks { try self.scheduler.lock(mutex, .forever) }
    try scheduler.delete(tasks[0])
    XCTAssertEqual(outcome(2), .satisfied)
  }

  func testDeleteWakesAllAndEndsTheOwnership() throws {
    let tasks = try start(20, 5)
    let mutex = fixed(Mutex())
    scheduler.block()
    try scheduler.lock(mutex, .forever)
    preempt(by: tasks[1])
    blocks { try self.scheduler.lock(mutex, .forever) }
    scheduler.delete(mutex)
    XCTAssertEqual(outcome(2), .deleted)
    XCTAssertEqual(effective(1), 20)
    XCTAssertNil(bench.records[1].held)
  }

  func testWaiterDeathEndsTheInheritance() throws {
    let tasks = try start(20, 5)
    let mutex = fixed(Mutex())
    scheduler.block()
    try scheduler.lock(mutex, .forever)
    preempt(by: tasks[1])
    blocks { try self.scheduler.lock(mutex, .forever) }
    try scheduler.delete(tasks[1])
    XCTAssertEqual(effective(1), 20)
    try scheduler.unlock(mutex)
    XCTAssertNil(scheduler.owner(of: mutex))
  }

  func testInterruptsCannotUseMutexes() throws {
    try start(9)
    let mutex = fixed(Mutex())
    try scheduler.lock(mutex, .forever)
    Context.isInInterrupt = true
    refuses(WaitError.inInterrupt) { try self.scheduler.lock(mutex, .noWait) }
    refuses(WaitError.inInterrupt) { try self.scheduler.unlock(mutex) }
    Context.isInInterrupt = false
  }
}
