// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// What the scheduler tells programs in their page.
final class TurnRecordTests: ObjectTestCase {
  private var page = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)

  override func setUpWithError() throws {
    try super.setUpWithError()
    page.initializeMemory(as: UInt8.self, repeating: 0x55)
    ThreadProcessor.silicon.programWord = 0
  }

  override func tearDown() {
    page.deallocate()
    super.tearDown()
  }

  private func publish() { scheduler.publish(in: page.baseAddress.map { SchedulePage(at: $0) }) }

  private func word(_ field: TurnRecord.Field, _ index: Int = 0, cpu: Int = 0) -> UInt32 {
    page.load(fromByteOffset: 64 + cpu * 64 + (field.rawValue + index) * 4, as: UInt32.self)
  }

  /// The number of a CPU's turn, as it is told.
  private func turn(cpu: Int = 0) -> UInt32 { word(.turn, cpu: cpu) >> 8 }

  /// The ready levels of the page and of the run queue.
  private func assertReadySet(_ what: String, file: StaticString = #filePath, line: UInt = #line) {
    scheduler.withState { state in
      let ready = state.runQueues[0].ready.occupied
      for index in 0..<4 {
        XCTAssertEqual(
          word(.ready, index), ready.word(of: UInt32(index) * 32), what, file: file, line: line)
      }
      let first = state.runQueues[0].ready.mostUrgent(in: state.tasks)
      let rank = first == .least ? 129 : first.rank
      XCTAssertEqual(word(.firstReady), rank, what, file: file, line: line)
      guard first.isDeadline else { return }
      XCTAssertEqual(
        word(.firstDeadline), UInt32(first.rawValue & 0xffff_ffff), what, file: file, line: line)
    }
  }

  func testReadySetFollowsEveryChange() throws {
    let tasks = try start(12, 12, 14, 20, 20, 25)
    for task in tasks { scheduler.setAddressSpace(1, of: task) }
    publish()
    assertReadySet("at first")
    var dice = Dice(seed: 14)
    var now: UInt64 = 0
    for step in 0..<4000 {
      let task = tasks[Int.random(in: tasks.indices, using: &dice)]
      switch Int.random(in: 0..<9, using: &dice) {
      case 0: if running != 0 { scheduler.block() }
      case 1, 2: scheduler.wake(task)
      case 3: scheduler.yield()
      case 4:
        try scheduler.setPriority(
          XCTUnwrap(Priority(rawValue: UInt8.random(in: 10..<30, using: &dice))), of: task)
      case 5: try? scheduler.suspend(task)
      case 6: try? scheduler.resume(task)
      case 7:
        let budget = try XCTUnwrap(DeadlineBudget(runtime: 1, deadline: 9, period: 20))
        if Bool.random(using: &dice) {
          try? scheduler.setBudget(budget, of: task)
        } else {
          try scheduler.setPolicy(Bool.random(using: &dice) ? .fifo : .roundRobin, of: task)
        }
      default:
        now += 1
        tick(to: now)
      }
      if Context.isRescheduleDue { scheduler.reschedule() }
      // While the CPU idles no program looks.
      if running != 0 { assertReadySet("step \(step)") }
    }
  }

  func testRunningTaskIsPublishedWithItsTurn() throws {
    let tasks = try start(12, 12)
    for task in tasks { scheduler.setAddressSpace(1, of: task) }
    publish()
    var turns: Set<UInt32> = []
    for _ in 0..<4 {
      scheduler.yield()
      let turn = turn()
      XCTAssertEqual(turn, ThreadProcessor.silicon.programWord)
      XCTAssertEqual(turn & 7, 0)
      XCTAssertTrue(turns.insert(turn).inserted, "\(turn) twice")
      XCTAssertEqual(word(.rank), 23)
      XCTAssertEqual(word(.slice), 20)
    }
    XCTAssertNotEqual(turn(cpu: 1) & 7, 1, "a turn of another CPU")
  }

  func testTicksCountTheSliceDown() throws {
    let tasks = try start(12)
    scheduler.setAddressSpace(1, of: tasks[0])
    publish()
    func slices(_ ticks: ClosedRange<UInt64>) -> [UInt32] {
      ticks.map { now in
        Context.counter += 62_500
        tick(to: now)
        XCTAssertEqual(word(.tick), UInt32(now))
        XCTAssertEqual(turn(), ThreadProcessor.silicon.programWord)
        return word(.slice)
      }
    }
    XCTAssertEqual(slices(1...3), [19, 18, 17])
    try scheduler.setPolicy(.fifo, of: tasks[0])
    XCTAssertEqual(word(.slice), 0x7fff_ffff)
    XCTAssertEqual(slices(4...5), [0x7fff_ffff, 0x7fff_ffff])
    try scheduler.setPolicy(.roundRobin, of: tasks[0])
    try scheduler.setPriority(.user, of: tasks[0])
    XCTAssertEqual(word(.rank), 111)
    publish()
    XCTAssertEqual([word(.slice)] + slices(6...9), [1, 0, 0, 0, 0])  // 100 Hz: a turn is a tick.
    try scheduler.setBudget(
      try XCTUnwrap(DeadlineBudget(runtime: 5, deadline: 10, period: 20)), of: tasks[0])
    XCTAssertEqual([word(.rank), word(.slice), word(.deadline)], [0, 5, 19])
    XCTAssertEqual(slices(10...12), [4, 3, 2])
  }

  func testInheritedUrgencyIsPublishedAtOnce() throws {
    let owner = try start(15)[0]
    scheduler.setAddressSpace(1, of: owner)
    publish()
    let mutex = fixed(Mutex())
    try scheduler.lock(mutex, .forever)
    XCTAssertEqual(word(.rank), 56)
    let waiter = try bench.create(2, priority: 12)
    preempt(by: waiter)
    blocks { try self.scheduler.lock(mutex, .forever) }
    XCTAssertEqual(word(.rank), 23)
    try scheduler.setPriority(try XCTUnwrap(Priority(rawValue: 11)), of: waiter)
    XCTAssertEqual(word(.rank), 12)
  }

  /// As the running program does: the priority above the turn's number.
  private func publish(_ priority: UInt32) {
    let word = ThreadProcessor.silicon.programWord
    ThreadProcessor.silicon.programWord = word & 0xff_ffff | priority << 24
  }

  private func published(_ task: TaskNumber) -> UInt8 {
    scheduler.withState { $0.tasks[task].share.innerPriority }
  }

  /// Tasks of programs that share fairly.
  private func startFair(_ count: Int) throws -> [TaskNumber] {
    let tasks = count == 1 ? try start(20) : try start(20, 20)
    for task in tasks { scheduler.setAddressSpace(1, of: task) }
    publish()
    return tasks
  }

  func testPublishedPriorityIsCopiedAndChecked() throws {
    let tasks = try startFair(2)
    let me = TaskNumber(rawValue: running)
    for (value, copied) in [(1, 1), (32, 32), (33, 0), (7, 7), (255, 0), (0, 0), (9, 9)] {
      publish(UInt32(value))
      tick(to: scheduler.withState { $0.now } + 1)
      XCTAssertEqual(published(me), UInt8(copied), "\(value)")
      XCTAssertEqual(ThreadProcessor.silicon.programWord >> 24, UInt32(copied), "stored again")
    }
    // What has not the turn's number was not published for it.
    ThreadProcessor.silicon.programWord &+= 8
    tick(to: scheduler.withState { $0.now } + 1)
    XCTAssertEqual(published(me), 9)
    publish(5)
    blocks { self.scheduler.block() }
    XCTAssertEqual(published(me), 5)
    XCTAssertEqual(ThreadProcessor.silicon.programWord >> 24, 0, "the next program's word")
    XCTAssertEqual(tasks.map(published).reduce(0, +), 5)
  }

  func testNextProgramHasPublishedNothing() throws {
    let tasks = try startFair(1)
    publish(3)
    scheduler.setAddressSpace(2, of: tasks[0])
    XCTAssertEqual(published(tasks[0]), 0)
    tick(to: 1)
    XCTAssertEqual(published(tasks[0]), 0)
    XCTAssertEqual(ThreadProcessor.silicon.programWord >> 24, 0)
  }

  func testMoreUrgentOfTwoEqualTasksGoesFirst() throws {
    for (values, expected) in [
      ([3, 9], [0, 1]), ([9, 3], [1, 0]), ([4, 4], [1, 0]), ([0, 9], [1, 0]), ([9, 0], [1, 0]),
      ([1, 255], [1, 0]),
    ] as [([UInt32], [Int])] {
      let tasks = try startFair(2)
      var order: [TaskNumber] = []
      for _ in tasks {
        let me = TaskNumber(rawValue: running)
        let index = try XCTUnwrap(tasks.firstIndex(of: me))
        publish(values[index])
        blocks { self.scheduler.block() }
      }
      tick(to: scheduler.withState { $0.now } + 1)
      tasks.forEach(scheduler.wake)
      for _ in tasks {
        scheduler.reschedule()
        order.append(TaskNumber(rawValue: running))
        blocks { self.scheduler.block() }
      }
      XCTAssertEqual(order, expected.map { tasks[$0] }, "\(values)")
      try tearDownWithError()
      try setUpWithError()
    }
  }

  func testNothingIsWrittenWithoutAPage() throws {
    let tasks = try start(12, 14)
    for task in tasks { scheduler.setAddressSpace(1, of: task) }
    publish()
    scheduler.publish(in: nil)
    page.initializeMemory(as: UInt8.self, repeating: 0x55)
    ThreadProcessor.silicon.programWord = 7
    blocks { scheduler.block() }
    tick(to: 1)
    scheduler.wake(tasks[0])
    scheduler.reschedule()
    XCTAssertTrue(page.allSatisfy { $0 == 0x55 })
    XCTAssertEqual(ThreadProcessor.silicon.programWord, 7)
  }

  func testEachCPUHasARecordOfItsOwn() throws {
    let machine = try ManyProcessors(4, priorities: [12, 13, 14, 15, 16, 16])
    for task in machine.tasks { machine.scheduler.setAddressSpace(1, of: task) }
    let place = SchedulePage(at: try XCTUnwrap(page.baseAddress))
    machine.on(0) { machine.scheduler.publish(in: place) }
    machine.tasks.forEach(machine.scheduler.wake)
    machine.settle()
    var waiting: [UInt32] = []
    for cpu in 0..<4 {
      let task = machine.record(machine.running(UInt32(cpu)))
      XCTAssertEqual(word(.rank, cpu: cpu), task.urgency.rank)
      XCTAssertEqual(Int(turn(cpu: cpu) & 7), cpu)
      waiting.append(word(.firstReady, cpu: cpu))
    }
    XCTAssertTrue(waiting.contains(67), "\(waiting)")  // Priority 16 is level 66.
    let cpu = try XCTUnwrap((0..<4).first { machine.running($0) == machine.tasks[0].rawValue })
    machine.on(cpu == 0 ? 1 : 0) {
      try? machine.scheduler.setPriority(Priority(rawValue: 11)!, of: machine.tasks[0])
    }
    XCTAssertEqual(word(.rank, cpu: Int(cpu)), 12)
  }
}
