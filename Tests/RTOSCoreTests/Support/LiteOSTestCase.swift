// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

/// A machine for the LiteOS interface: stacks are numbers, line operations are recorded.
enum TestPlatform: LiteOSPlatform {
  typealias CPU = ThreadProcessor
  typealias Context = RecordingContext

  nonisolated(unsafe) static var bench: TestBench<RecordingContext>?
  nonisolated(unsafe) static var hasMemory = true
  typealias Interrupts = MockInterrupts
  nonisolated(unsafe) static var registryBench: RegistryBench?

  static var stackSize: UInt32 { 12 * 1024 }
  static var interrupts: RegistryBench.Registry {
    guard let registryBench else { preconditionFailure("a test without lines") }
    return registryBench.registry
  }

  static func makeTask(_ priority: Priority) -> LiteOSTask {
    guard hasMemory, let bench else { return .noMemory }
    do {
      return .made(
        try bench.scheduler.create(Urgency(priority)) { number in
          RecordingContext.prepareStack(top: 0, entry: { _ in }, argument: number.rawValue)
        })
    } catch {
      return .tableFull
    }
  }

  static func enableInterrupts() {}
}

/// Tests that make the C interface's calls for the running task; task 0 is the idle task, task 1
/// serves the timers, task 2 runs.
class LiteOSTestCase: XCTestCase {
  typealias Context = RecordingContext
  typealias Interface = LiteOS<TestPlatform>

  private var benches: [TestBench<RecordingContext>] = []
  private var interfaces: [Interface] = []
  var bench: TestBench<RecordingContext> { benches[0] }
  var los: Interface { interfaces[0] }
  /// Memory for pools, of 16 KiB.
  let memory = UnsafeMutableRawPointer.allocate(byteCount: 16384, alignment: 64)

  static let (taskCount, semaphoreCount, queueCount, timerCount, handlerCount) = (8, 4, 3, 3, 3)

  override func setUpWithError() throws {
    Context.reset()
    benches = [try TestBench(capacity: Self.taskCount)]
    (TestPlatform.bench, TestPlatform.hasMemory) = (bench, true)
    TestPlatform.registryBench = RegistryBench(places: Self.handlerCount)
    func table<Value>(_ count: Int, _ value: Value) -> UnsafeMutableBufferPointer<Value> {
      let table = UnsafeMutableBufferPointer<Value>.allocate(capacity: count)
      table.initialize(repeating: value)
      addTeardownBlock { table.deallocate() }
      return table
    }
    let pool = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)
    addTeardownBlock { pool.deallocate() }
    let storage = UnsafeMutablePointer<Interface.State>.allocate(capacity: 1)
    let anyQueue = MessageQueue(capacity: 1, messageSize: 1, in: memory)
    storage.initialize(
      to: Interface.State(
        tasks: table(Self.taskCount, LiteOSTaskSlot()),
        semaphores: table(Self.semaphoreCount, ObjectSlot(Semaphore(count: 0))),
        queues: table(Self.queueCount, ObjectSlot(anyQueue)),
        timerCount: UInt32(Self.timerCount), pool: try XCTUnwrap(MemoryPool(in: pool))))
    typealias Timers = SoftwareTimers<ThreadProcessor, RecordingContext>
    let timerState = UnsafeMutablePointer<Timers.State>.allocate(capacity: 1)
    let guarded = UnsafeMutablePointer<Guarded<ThreadProcessor, Timers.State>>.allocate(capacity: 1)
    guarded.initialize(
      to: Guarded(
        Timers.State(records: table(Self.timerCount, TimerRecord())), level: .timers, in: timerState
      ))
    addTeardownBlock {
      storage.deinitialize(count: 1)
      storage.deallocate()
      guarded.deinitialize(count: 1)
      guarded.deallocate()
      timerState.deallocate()
    }
    interfaces = [
      Interface(bench.scheduler, Timers(state: guarded, scheduler: bench.scheduler), state: storage)
    ]
    los.setSystem(TaskNumber(rawValue: 0))
    XCTAssertEqual(start(20), 1)
    los.setSystem(TaskNumber(rawValue: 1))
    bench.scheduler.block()
    XCTAssertEqual(start(20), 2)
    XCTAssertEqual(running, 2)
  }

  override func tearDown() {
    XCTAssertEqual(Context.complaints, [])
    XCTAssertFalse(ThreadProcessor.silicon.isMasked)
    bench.free()
    memory.deallocate()
    TestPlatform.bench = nil
    TestPlatform.registryBench = nil
  }

  static let entry: TSK_ENTRY_FUNC = { _, _, _, _ in nil }

  /// The parameters of a task.
  func parameters(_ priority: UInt16 = 20, joinable: Bool = false) -> TSK_INIT_PARAM_S {
    var result = TSK_INIT_PARAM_S()
    result.pfnTaskEntry = Self.entry
    result.usTaskPrio = priority
    result.pcName = Self.name
    result.uwResved = joinable ? LOS_TASK_ATTR_JOINABLE : 0
    return result
  }

  nonisolated(unsafe) static let name: UnsafeMutablePointer<CChar> = {
    let place = UnsafeMutablePointer<CChar>.allocate(capacity: 8)
    for (offset, byte) in "worker\0".utf8.enumerated() { place[offset] = CChar(byte) }
    return place
  }()

  /// A task that is ready.
  @discardableResult
  func start(
    _ priority: UInt16, joinable: Bool = false, file: StaticString = #filePath, line: UInt = #line
  ) -> UInt32 {
    var number: UInt32 = 99
    var wanted = parameters(priority, joinable: joinable)
    XCTAssertEqual(los.taskCreate(&number, &wanted), LOS_OK, file: file, line: line)
    return number
  }

  /// The number of the task that runs.
  var running: UInt32 { Context.runningTask.rawValue }

  func state(_ task: UInt32) -> TaskState { bench.records[Int(task)].state }

  /// The result of `body` in an interrupt.
  func inInterrupt(_ body: () -> UInt32) -> UInt32 {
    Context.isInInterrupt = true
    defer { Context.isInInterrupt = false }
    return body()
  }

  /// The result of `body` while preemption is locked.
  func locked(_ body: () -> UInt32) -> UInt32 {
    los.taskLock()
    defer { los.taskUnlock() }
    return body()
  }

  /// The result of `body` in a task of the kernel's own.
  func inSystemTask(_ body: () -> UInt32) -> UInt32 {
    let me = Context.runningTask
    los.setSystem(me)
    defer { los.state.tasks[me].isSystem = false }
    return body()
  }

  /// A refusal: its code, and nothing about tasks and objects is another than before.
  func refuses(
    _ code: UInt32, _ what: String = "", file: StaticString = #filePath, line: UInt = #line,
    _ body: () -> UInt32
  ) {
    let before = snapshot
    let answer = body()
    XCTAssertEqual(
      String(answer, radix: 16), String(code, radix: 16), what, file: file, line: line)
    XCTAssertEqual(snapshot, before, "\(what): a refusal changes nothing", file: file, line: line)
  }

  /// All that a refusal could have changed.
  private var snapshot: [String] {
    let tasks = bench.records.map {
      "\($0.state) \($0.urgency) \($0.isSuspended) \($0.wait.kind) \($0.held as Any) \($0.next)"
        + " \($0.previous) \($0.preemptionLocks) \($0.timeout.isQueued) \($0.level) \($0.policy)"
        + " \($0.affinity) \($0.joining)"
    }
    let objects = (0..<UInt32(Self.semaphoreCount)).map { place in
      "\(los.state.semaphores[place].map { "\($0.object.pointee)" } ?? "none")"
    }
    let queues = (0..<UInt32(Self.queueCount)).map { place in
      "\(los.state.queues[place].map { "\($0.object.pointee)" } ?? "none")"
    }
    let (used, free) = (los.state.pool.statistics.used, los.state.pool.statistics.free)
    return tasks + objects + queues + ["\(running) \(used) \(free)"]
      + MockLines.shared.calls
  }

  /// The running task waits in `body`; the result of the wait is ignored.
  func waits(file: StaticString = #filePath, line: UInt = #line, _ body: () -> UInt32) {
    let me = running
    _ = body()
    XCTAssertEqual(state(me), .blocked, file: file, line: line)
  }

  /// Counts ticks up to `tick`.
  func tick(to tick: UInt64) {
    Context.isInInterrupt = true
    bench.scheduler.tick(to: tick)
    los.timers.tick(to: tick)
    Context.isInInterrupt = false
    if Context.isRescheduleDue { bench.scheduler.reschedule() }
  }
}
