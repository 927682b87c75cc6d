// SPDX-License-Identifier: Apache-2.0
import SystemMocks

@testable import RTOSCore
@testable import System
@testable import TickHandler
@testable import UserSpace

/// What the kernel beneath the program shows, and time.
extension Machine {
  /// Monotonic time in nanoseconds; a test begins at 5 s.
  var now: UInt64 { Services.monotonicNanoseconds() }

  /// Lets time pass while the program runs, or the kernel for it. The timer's interrupt comes at
  /// the end and serves the timeouts that have expired.
  func pass(_ nanoseconds: UInt64, inProgram: Bool = true) {
    MockKernel<MockArchitecture>.pass(nanoseconds, inProgram: inProgram)
  }

  /// The running task's next wait ends as by a signal, which stays pending.
  func interruptNextWait() {
    let task = Services.task
    turns.script = [{ [turns] in turns.interrupt(task) }]
  }

  /// The task of the newest thread.
  var newestTask: TaskNumber {
    Services.processes.withLock { table in
      (0..<table.threadEnd).map { table.threads[$0] }.max {
        $0.identifier.rawValue < $1.identifier.rawValue
      }?.task
    } ?? TaskNumber(rawValue: 0)
  }

  /// Whether a task has ended; its stack may not be free yet.
  func hasEnded(_ task: TaskNumber) -> Bool {
    let info = try? MockArchitecture.system.scheduler.info(of: task)
    return info?.state == .exited
  }

  /// The timeouts of this CPU.
  var timeoutCount: UInt32 {
    MockArchitecture.system.ticks.timers[0].withLock { $0.timeouts.count }
  }

  /// When the first of them expires, in monotonic nanoseconds.
  var earliestTimeout: UInt64? {
    MockArchitecture.system.ticks.timers[0].withLock { $0.timeouts.first?.deadline }
  }

  /// The ends of the first process that the machine was powered off with, as a shell shows them.
  var ends: [Int32] { TestControl.powerOffs.map { Int32(bitPattern: $0) } }

  /// Whether a task was woken while it was not blocked.
  func isWoken(_ task: TaskNumber) -> Bool {
    MockArchitecture.system.scheduler.withState { $0.tasks[task].hasWakePending }
  }

  /// Whether a task has work to do before it returns to user mode.
  func isFlagged(_ task: TaskNumber) -> Bool {
    MockArchitecture.system.scheduler.withState { $0.tasks[task].hasUserReturnWork }
  }

  /// Whether a task's CPU time is published in its process's page.
  func isPublished(_ task: TaskNumber) -> Bool {
    MockArchitecture.system.clocks[task.index].page != nil
  }

  /// Takes the scheduler's free records, so that no task can be made; all but `count`.
  func fillTasks(leaving count: Int = 0) {
    Services.reclaimTasks()
    let scheduler = MockArchitecture.system.scheduler
    var taken: [TaskNumber] = []
    while let task = try? scheduler.create(.fair, prepareStack: { _ in 0 }) {
      taken.append(task)
    }
    for task in taken.suffix(count) { scheduler.free(task) }
    filling += taken.dropLast(count)
  }

  /// Gives the records back that `fillTasks` took.
  func emptyTasks() {
    filling.forEach(MockArchitecture.system.scheduler.free)
    filling = []
  }
}
