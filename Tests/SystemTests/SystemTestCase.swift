// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// A text sink that keeps all of it.
struct Text: TextSink {
  private(set) var bytes: [UInt8] = []
  mutating func put(_ byte: UInt8) { bytes.append(byte) }
  var string: String { String(decoding: bytes, as: UTF8.self) }
  var lines: [String] { string.split(separator: "\n").map(String.init) }
}

/// A calendar clock that does not advance.
private struct FixedClock: RealTimeClock {
  func secondsSinceEpoch() -> UInt32 { 1_700_000_000 }
}

/// Tests on a system of their own, whose task 0 is the idle task and runs. A tick is a millisecond
/// and a count a nanosecond.
class SystemTestCase: XCTestCase {
  typealias A = MockArchitecture
  typealias Services = UserServices<MockArchitecture>
  typealias Owner = System<MockArchitecture>
  typealias Tasks = KernelTask<MockArchitecture>

  var scheduler: Owner.TaskScheduler { A.system.scheduler }
  private(set) var freeAtFirst: UInt32 = 0
  private(set) var records = UnsafeMutableBufferPointer<TaskRecord>(start: nil, count: 0)
  /// How many records the scheduler has, and how many frames the pool. A walk over the stacks, as
  /// for the load, needs a record for each.
  var capacity: (tasks: Int, frames: UInt32) { (Int(TestSpace.stackCount), 64) }
  var commandLine: String { "" }

  private func memory<Value: ~Copyable>(
    _ type: Value.Type, _ count: Int = 1
  ) -> UnsafeMutablePointer<Value> {
    let memory = UnsafeMutablePointer<Value>.allocate(capacity: count)
    return memory
  }

  override func setUpWithError() throws {
    (TestProcessor.number, TestProcessor.isMasked) = (0, false)
    (TestContext.runningTask, TestContext.runningOwner) = (0, 0)
    (TestContext.isRescheduleDue, TestContext.isInInterrupt) = (false, false)
    TestContext.activations = []
    (TestClock.count, TestClock.deadline) = (0, nil)
    TestSpace.mapped = [:]
    (TestRegisters.threadPointer, TestRegisters.resets) = (0, 0)
    TestRegisters.prepared = []
    (TestInterrupts.sent, TestControl.powerOffs) = ([], [])
    (TestControl.instructions, TestControl.step) = (0, 0)
    (TestControl.counted, TestControl.stops) = ([], 0)
    TestControl.hasInterruptedProgram = false
    TestController.calls = []
    (TestConsole.output, TestConsole.input) = ([], [])
    TestCode.reset()
    try install()
    Owner.reserveLines()
    Owner.setHooks(TestCode.hooks)
    A.system.ticks.start()
  }

  override func tearDown() {
    XCTAssertFalse(TestProcessor.isMasked)
    records.deallocate()
    TestControl.counts = false
  }

  private func makeScheduler() throws -> Owner.TaskScheduler {
    records = .allocate(capacity: capacity.tasks)
    records.initialize(repeating: TaskRecord())
    let guarded = memory(Guarded<TestProcessor, Owner.TaskScheduler.State>.self)
    guarded.initialize(
      to: Guarded(
        Owner.TaskScheduler.State(records: records), level: .scheduler,
        in: memory(Owner.TaskScheduler.State.self)))
    let scheduler = Owner.TaskScheduler(state: guarded)
    XCTAssertEqual(try scheduler.adoptCurrent(priority: .idle).rawValue, 0)
    return scheduler
  }

  private func makeInterrupts() -> Owner.Interrupts {
    let count = TestInterrupts.controller.lineCount
    return Owner.Interrupts(
      in: .allocate(byteCount: Owner.Interrupts.size(lineCount: count), alignment: 16),
      lineCount: count)
  }

  private func makeProcesses() -> Processes<Services> {
    let table = memory(ProcessTable<Services>.self)
    let guarded = memory(Guarded<TestProcessor, ProcessTable<Services>>.self)
    guarded.initialize(
      to: Guarded(
        ProcessTable(in: TestSpace.rest, taskCount: Int(TestSpace.stackCount)), level: .processes,
        in: table))
    return Processes(guarded)
  }

  private func install() throws {
    let page = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    page.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
    let publisher = MeasuredPublisher<A>(
      VdsoPageWriter(page: page), in: memory(PublisherRecord.self))
    let tick = TickConfiguration.standard
    let timers = UnsafeMutableRawPointer.allocate(
      byteCount: CPUTimers<TestProcessor>.size(count: 2, capacity: 16), alignment: 16)
    let ticks = Owner.Ticks(
      configuration: tick, isTickless: true,
      timekeeper: try Owner.Clocks(
        wallClock: FixedClock(), tick: tick, mode: .counter, publisher: publisher,
        in: memory(Owner.Clocks.State.self)),
      timers: CPUTimers(count: 2, capacity: 16, in: timers),
      in: memory(Owner.Ticks.State.self))
    let size = FramePool<TestProcessor, MockMemory>.metadataSize(frameCount: capacity.frames)
    let metadata = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    metadata.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    let reserved: [FrameRange] = []
    let frames = FramePool<TestProcessor, MockMemory>(
      first: MockMemory.first, count: capacity.frames, metadata: metadata,
      reserved: reserved.span)
    freeAtFirst = frames.freeCount
    let random = memory(Guarded<TestProcessor, RandomSource>.self)
    let seed: [UInt8] = [1, 2, 3]
    random.initialize(
      to: Guarded(
        RandomSource(seed: seed.span, mixing: 4), level: .random, in: memory(RandomSource.self)))
    let line = UnsafeMutableRawPointer.allocate(byteCount: commandLine.utf8.count + 1, alignment: 1)
    for (index, byte) in commandLine.utf8.enumerated() {
      line.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
    Owner.install(
      Owner(
        frames: frames, scheduler: try makeScheduler(), ticks: ticks, publisher: publisher,
        counterCheck: Owner.Check(in: memory(Owner.Check.State.self)), counterFault: nil,
        interrupts: makeInterrupts(), processes: makeProcesses(), files: RootFiles(),
        random: random,
        tables: Owner.Tables(
          clocks: memory(TaskClock<TestProcessor>.self, Int(TestSpace.stackCount)),
          samples: memory(TaskLoadSample.self, Int(TestSpace.stackCount)),
          openFiles: UnsafeMutableRawPointer.allocate(
            byteCount: OpenFiles.size, alignment: 8)),
        options: Owner.Options(ImmortalBytes(start: line, count: commandLine.utf8.count))))
  }

  /// A task with a stack, as its number; ready, and of an owner if it is a user thread.
  func makeTask(_ priority: UInt8 = 20, isUser: Bool = false) throws -> TaskNumber {
    let task = try Tasks.create(priority: try XCTUnwrap(Priority(rawValue: priority))) { top, _ in
      top
    }
    if isUser { Services.attachThread(of: task) }
    return task
  }

  /// Makes a task run: it is woken, and the running task blocks.
  func run(_ task: TaskNumber) {
    scheduler.wake(task)
    scheduler.reschedule()
    XCTAssertEqual(TestContext.runningTask, task.rawValue)
  }

  /// Lets time pass without a tick.
  func pass(_ nanoseconds: UInt64) { TestClock.count += nanoseconds }

  /// Lets `count` ticks come, one after the other.
  func tick(_ count: Int = 1) {
    for _ in 0..<count {
      pass(1_000_000)
      Owner.serveTimer()
    }
  }

  func isReady(_ task: TaskNumber) -> Bool {
    (try? scheduler.info(of: task))?.state == .ready
  }
}
