// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// Several CPUs: which task runs where, which CPU gets a reschedule IPI, and that no task runs
/// twice or waits although a CPU is idle.
final class RunQueueTests: XCTestCase {
  override func tearDown() {
    ThreadProcessor.silicon.number = 0
    XCTAssertFalse(ThreadProcessor.silicon.isMasked)
  }

  func testWokenTaskGoesToAnIdleCPU() throws {
    let machine = try ManyProcessors(4, priorities: [20, 20, 20, 20, 20])
    machine.tasks.forEach(machine.scheduler.wake)
    machine.settle()
    XCTAssertEqual(Set((0..<4).map(machine.running)), [4, 5, 6, 7])
    XCTAssertNil(machine.brokenRule(isSettled: true))
    // An idle CPU takes the waiting task, from any run queue.
    machine.on(2) { machine.scheduler.block() }
    XCTAssertEqual(machine.running(2), 8)
  }

  func testCPUWithoutAProgramHasNoAddressSpaceActive() throws {
    let machine = try ManyProcessors(2, priorities: [20])
    machine.scheduler.setAddressSpace(7, of: machine.tasks[0])
    machine.scheduler.wake(machine.tasks[0])
    machine.settle()
    let cpu = try XCTUnwrap((0..<2).first { machine.running($0) == 2 })
    XCTAssertEqual(ManyContext.all[Int(cpu)].addressSpace, 7)
    machine.on(cpu) { machine.scheduler.block() }
    XCTAssertTrue(machine.isIdle(cpu))
    XCTAssertEqual(ManyContext.all[Int(cpu)].addressSpace, 0)
  }

  func testLeastUrgentTaskIsPreemptedOnAnyCPU() throws {
    let machine = try ManyProcessors(2, priorities: [15, 18, 10])
    machine.scheduler.wake(machine.tasks[0])
    machine.scheduler.wake(machine.tasks[1])
    machine.settle()
    let low = (0..<2).first { machine.running($0) == 3 }
    machine.scheduler.wake(machine.tasks[2])
    machine.settle()
    XCTAssertEqual(low.map(machine.running), 4)
    XCTAssertEqual(Set((0..<2).map(machine.running)), [2, 4])
  }

  func testTasksOfOnePriorityTakeTurnsOnAllCPUs() throws {
    let machine = try ManyProcessors(2, priorities: [20, 20, 20])
    machine.tasks.forEach(machine.scheduler.wake)
    machine.settle()
    var ticks: [UInt32: Int] = [:]
    for _ in 0..<600 {
      for cpu in 0..<UInt32(2) {
        machine.tick(cpu, isNew: cpu == 0)
        ticks[machine.running(cpu), default: 0] += 1
      }
      machine.settle()
    }
    XCTAssertNil(machine.brokenRule(isSettled: true))
    for task in UInt32(2)...4 { XCTAssertEqual(ticks[task] ?? 0, 400, accuracy: 45, "\(ticks)") }
  }

  func testSharesFollowTheWeightsOnAllCPUs() throws {
    let machine = try ManyProcessors(2, priorities: [20, 20, 20, 20])
    for task in machine.tasks[2...] { machine.scheduler.setNice(Nice(clamping: 5), of: task) }
    machine.tasks.forEach(machine.scheduler.wake)
    machine.settle()
    var ticks: [UInt32: Int] = [:]
    for _ in 0..<10_000 {
      for cpu in 0..<UInt32(2) {
        machine.tick(cpu, isNew: cpu == 0)
        ticks[machine.running(cpu), default: 0] += 1
      }
      machine.settle()
    }
    // Weights of 1024 and 335 share two CPUs.
    for (task, share) in zip(machine.tasks, [7535, 7535, 2465, 2465]) {
      XCTAssertEqual(ticks[task.rawValue] ?? 0, share, accuracy: 400, "\(ticks)")
    }
  }

  func testVirtualTimeNeverGoesBackOnAMove() throws {
    var dice = Dice(seed: 0x5a1e)
    let machine = try ManyProcessors(4, priorities: [20, 20, 20, 20, 20, 20])
    for (place, task) in machine.tasks.enumerated() {
      machine.scheduler.setNice(Nice(clamping: Int32(place % 2 * 5)), of: task)
    }
    machine.tasks.forEach(machine.scheduler.wake)
    machine.settle()
    var times = machine.tasks.map { machine.record($0.rawValue).share.time }
    var waited = machine.tasks.map { _ in 0 }
    for round in 0..<4000 {
      for cpu in 0..<UInt32(4) { machine.tick(cpu, isNew: cpu == 0) }
      if round % 50 == 0 {
        let mask = CpuMask(rawValue: UInt32.random(in: 1..<16, using: &dice))
        let task = machine.tasks[Int.random(in: 0..<6, using: &dice)]
        try machine.scheduler.setAffinity(mask, of: task)
      }
      machine.settle()
      for (place, task) in machine.tasks.enumerated() {
        let time = machine.record(task.rawValue).share.time
        XCTAssertGreaterThanOrEqual(time, times[place], "task \(task), round \(round)")
        times[place] = time
        waited[place] = machine.record(task.rawValue).state == .running ? 0 : waited[place] + 1
        XCTAssertLessThan(waited[place], 2500, "task \(task) starves, round \(round)")
      }
      if let rule = machine.brokenRule(isSettled: true) { return XCTFail("\(rule), \(round)") }
    }
  }

  func testAffinityChangeAppliesAtOnceOnEveryCPU() throws {
    let machine = try ManyProcessors(3, priorities: [20, 20])
    machine.tasks.forEach(machine.scheduler.wake)
    machine.settle()
    let (one, other) = (machine.tasks[0], machine.tasks[1])
    try machine.scheduler.setAffinity(CpuMask(rawValue: 0b10), of: other)
    machine.settle()
    for cpu in [UInt32(2), 0, 2] {
      try machine.scheduler.setAffinity(CpuMask(rawValue: 1 << cpu), of: one)
      machine.settle()
      XCTAssertEqual(machine.running(cpu), one.rawValue)
      XCTAssertEqual(machine.running(1), other.rawValue)
      XCTAssertNil(machine.brokenRule(isSettled: true))
    }
    try machine.scheduler.setAffinity(CpuMask(rawValue: 0b10), of: one)
    machine.settle()
    XCTAssertEqual(machine.running(1), other.rawValue, "its slice is not over")
    machine.on(1) { machine.scheduler.yield() }
    XCTAssertEqual(machine.running(1), one.rawValue)
  }

  func testSuspendAndDeleteStopATaskOnAnotherCPU() throws {
    let machine = try ManyProcessors(2, priorities: [20, 20])
    machine.tasks.forEach(machine.scheduler.wake)
    machine.settle()
    let task = try XCTUnwrap(machine.tasks.first { machine.running(1) == $0.rawValue })
    try machine.scheduler.suspend(task)
    XCTAssertEqual(machine.running(1), task.rawValue)
    try machine.scheduler.resume(task)
    XCTAssertEqual(machine.record(task.rawValue).state, .running, "it never left")
    try machine.scheduler.suspend(task)
    machine.settle()
    XCTAssertTrue(machine.isIdle(1))
    try machine.scheduler.resume(task)
    machine.settle()
    XCTAssertEqual(machine.running(1), task.rawValue)
    try machine.scheduler.delete(task)
    XCTAssertEqual(machine.record(task.rawValue).state, .running, "its stack is in use")
    machine.settle()
    XCTAssertTrue(machine.isIdle(1))
    XCTAssertEqual(machine.record(task.rawValue).state, .free)
    XCTAssertNil(machine.brokenRule(isSettled: true))
  }

  func testUserReturnWorkSendsAnIPIToTheTasksCPU() throws {
    let machine = try ManyProcessors(2, priorities: [20, 20])
    machine.tasks.forEach(machine.scheduler.wake)
    machine.settle()
    machine.scheduler.requestUserReturnWork(TaskNumber(rawValue: machine.running(1)))
    XCTAssertEqual(ManyContext.rescheduled, 0b10)
    XCTAssertTrue(machine.on(1) { machine.scheduler.reschedule() })
  }

  /// Every order of a few calls on two CPUs.
  func testInvariantsHoldInAnyOrderOfCalls() throws {
    let depth = 4
    var orders = 0
    for code in 0..<Int(pow(9.0, Double(depth))) {
      let machine = try ManyProcessors(2, priorities: [20, 20, 10])
      machine.scheduler.wake(machine.tasks[0])
      machine.settle()
      var rest = code
      for _ in 0..<depth {
        step(machine, rest % 9)
        rest /= 9
        if let rule = machine.brokenRule(isSettled: false) {
          return XCTFail("\(rule), order \(code)")
        }
      }
      machine.settle()
      if let rule = machine.brokenRule(isSettled: true) { return XCTFail("\(rule), order \(code)") }
      orders += 1
    }
    XCTAssertEqual(orders, 6561)
  }

  private func step(_ machine: ManyProcessors, _ kind: Int) {
    switch kind {
    case 0, 1: machine.look(UInt32(kind))
    case 2, 3:
      let cpu = UInt32(kind - 2)
      if !machine.isIdle(cpu) { machine.on(cpu) { machine.scheduler.block() } }
    case 4, 5: machine.on(UInt32(kind - 4)) { machine.scheduler.wake(machine.tasks[1]) }
    case 6: machine.on(1) { machine.scheduler.wake(machine.tasks[2]) }
    case 7: machine.tick(1, isNew: true)
    default: machine.on(1) { machine.scheduler.yield() }
    }
  }

  func testInvariantsHoldUnderRandomCallsOfEightCPUs() throws {
    var dice = Dice(seed: 0x1a2e)
    let machine = try ManyProcessors(8, priorities: [20, 20, 20, 20, 10, 25])
    for round in 0..<4000 {
      let cpu = UInt32.random(in: 0..<8, using: &dice)
      let task = machine.tasks[Int.random(in: 0..<6, using: &dice)]
      switch Int.random(in: 0..<9, using: &dice) {
      case 0, 1: machine.on(cpu) { machine.scheduler.wake(task) }
      case 2: if !machine.isIdle(cpu) { machine.on(cpu) { machine.scheduler.block() } }
      case 3: machine.on(cpu) { machine.scheduler.yield() }
      case 4: machine.tick(cpu, isNew: Bool.random(using: &dice))
      case 5:
        let mask = CpuMask(rawValue: UInt32.random(in: 1..<256, using: &dice))
        try machine.on(cpu) { try machine.scheduler.setAffinity(mask, of: task) }
      case 6:
        let priority = try XCTUnwrap(Priority(rawValue: UInt8.random(in: 5..<30, using: &dice)))
        try machine.on(cpu) { try machine.scheduler.setPriority(priority, of: task) }
      case 7:
        machine.on(cpu) {
          if machine.record(task.rawValue).isSuspended {
            try? machine.scheduler.resume(task)
          } else {
            try? machine.scheduler.suspend(task)
          }
        }
      default: machine.look(cpu)
      }
      let isSettled = round % 5 == 0
      if isSettled { machine.settle() }
      if let rule = machine.brokenRule(isSettled: isSettled) {
        return XCTFail("\(rule), round \(round)")
      }
    }
  }
}
