// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// A context switch that only records the decision: `switchStack` returns at once, and from then on
/// the test acts as the task that was switched in.
///
/// It checks stack pointers as a port's stacks would: every save gives a new stack pointer, and a
/// task must continue with the one that was saved last.
enum RecordingContext: ContextSwitch {
  nonisolated(unsafe) static var runningTask: TaskNumber = 0
  nonisolated(unsafe) static var isRescheduleDue = false
  nonisolated(unsafe) static var isInInterrupt = false
  /// The tasks that were switched to, in order.
  nonisolated(unsafe) static var switches: [TaskNumber] = []
  /// The address spaces that were activated, in order.
  nonisolated(unsafe) static var activations: [UInt64] = []
  /// Violations of these rules.
  nonisolated(unsafe) static var complaints: [String] = []

  nonisolated(unsafe) private static var owners: [KernelAddress: TaskNumber] = [:]
  nonisolated(unsafe) private static var taskOnCpu: TaskNumber = 0
  nonisolated(unsafe) private static var lastStack: UInt = 0
  nonisolated(unsafe) static var counter: UInt64 = 0
  /// Tasks with an address space that were switched in, with their CPU time and the counter then.
  nonisolated(unsafe) static var given: [[UInt64]] = []

  /// Forgets everything; `task` runs.
  static func reset(running task: TaskNumber = 0) {
    runningTask = task
    taskOnCpu = task
    (isRescheduleDue, isInInterrupt) = (false, false)
    (switches, activations, complaints, owners, lastStack) = ([], [], [], [:], 0)
    (counter, given) = (0, [])
  }

  static func willSwitchIn(_ task: TaskNumber, ran: UInt64, since: UInt64) {
    given.append([UInt64(task.rawValue), ran, since])
  }

  static func switchStack(
    saving saved: UnsafeMutablePointer<KernelAddress>, to newStack: KernelAddress
  ) {
    if !ThreadProcessor.silicon.isMasked { complaints.append("interrupts are on in a switch") }
    if owners.removeValue(forKey: newStack) != runningTask {
      complaints.append("task \(runningTask) is continued on stack \(newStack.bits), not its own")
    }
    saved.pointee = freshStack(of: taskOnCpu)
    taskOnCpu = runningTask
    switches.append(runningTask)
  }

  /// In these tests the argument is the number of the task.
  static func prepareStack(
    top: KernelAddress, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> KernelAddress { freshStack(of: TaskNumber(rawValue: argument)) }

  static func activate(addressSpace: UInt64) { activations.append(addressSpace) }

  private static func freshStack(of task: TaskNumber) -> KernelAddress {
    lastStack += 1
    owners[KernelAddress(lastStack)] = task
    return KernelAddress(lastStack)
  }
}

/// A scheduler in memory of its own, with task 0 as the idle task that runs.
final class TestBench<Context: ContextSwitch>: @unchecked Sendable {
  typealias State = Scheduler<ThreadProcessor, Context>.State

  let scheduler: Scheduler<ThreadProcessor, Context>
  let records: UnsafeMutableBufferPointer<TaskRecord>
  private let queues: UnsafeMutableBufferPointer<RunQueue>
  private let storage: UnsafeMutablePointer<State>
  private let guarded: UnsafeMutablePointer<Guarded<ThreadProcessor, State>>

  init(capacity: Int = 16) throws {
    records = .allocate(capacity: capacity)
    records.initialize(repeating: TaskRecord())
    storage = .allocate(capacity: 1)
    guarded = .allocate(capacity: 1)
    queues = .allocate(capacity: 8)
    for cpu in queues.indices { queues.initializeElement(at: cpu, to: RunQueue()) }
    guarded.initialize(
      to: Guarded(
        State(records: records, runQueues: queues, frequency: 62_500_000), level: .scheduler,
        in: storage))
    scheduler = Scheduler(state: guarded)
    XCTAssertEqual(try scheduler.adoptCurrent(Urgency(.idle)).rawValue, 0)
  }

  /// Gives the memory back; only when no thread is left in the scheduler.
  func free() {
    guarded.deinitialize(count: 1)
    guarded.deallocate()
    storage.deinitialize(count: 1)
    storage.deallocate()
    queues.deallocate()
    records.deallocate()
  }

  /// A new task that must get the number `expected`; it is blocked.
  func create(
    _ expected: UInt32, priority: UInt8, entry: @convention(c) (UInt32) -> Void = { _ in }
  ) throws -> TaskNumber {
    let priority = try XCTUnwrap(Priority(rawValue: priority))
    let task = try scheduler.create(Urgency(priority)) { number in
      XCTAssertFalse(ThreadProcessor.silicon.isMasked, "a stack is made without the lock")
      return Context.prepareStack(top: 0, entry: entry, argument: number.rawValue)
    }
    XCTAssertEqual(task.rawValue, expected)
    return task
  }
}

extension TestBench where Context == RecordingContext {
  /// Switches to `task`, which is ready, whatever the scheduler would choose.
  func run(_ task: TaskNumber) {
    guard Context.runningTask != task else { return }
    scheduler.withState { state in
      let me = Context.runningTask
      state.tasks[me].state = .ready
      state.enqueueFirst(me)
      state.unqueue(task)
      state.tasks[task].state = .running
      Context.runningTask = task
      Context.switchStack(
        saving: state.tasks.find(me).savedStack, to: state.tasks[task].savedStack)
    }
  }
}
