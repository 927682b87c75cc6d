// SPDX-License-Identifier: Apache-2.0
/// A task's priority, policy and state: the types that all of the scheduler uses.

/// A priority on LiteOS' scale: 0 is the most urgent, 31 the least.
public struct Priority: RawRepresentable, Equatable, Sendable {
  /// 0 to 31.
  public let rawValue: UInt8

  /// Creates a priority; nil unless `rawValue` is 0 to 31.
  public init?(rawValue: UInt8) {
    guard rawValue < 32 else { return nil }
    self.rawValue = rawValue
  }

  private init(known: UInt8) { rawValue = known }

  /// The priority of the idle task.
  public static let idle = Priority(known: 31)

  /// The initial priority of a program's task: the middle of LiteOS' user range of 10 to 31. All
  /// tasks of this priority share their CPU fairly (`FairShare`).
  public static let user = Priority(known: 20)
}

/// The scheduling policy: how a task shares the CPU.
public enum Policy: UInt8, Sendable {
  /// Runs until it blocks, yields or is preempted by a more urgent task.
  case fifo
  /// Runs in slices of 5 to 20 ticks; the more ready tasks, the shorter.
  case roundRobin
  /// Runs by its deadline, before all priorities, within a `DeadlineBudget`.
  case deadline
}

/// The scheduling state of a task.
public enum TaskState: UInt8, Sendable {
  /// The record is unused: no task has this number.
  case free
  /// Ready to run.
  case ready
  /// Running on a CPU.
  case running
  /// Waiting for an object or a time; it may be suspended as well.
  case blocked
  /// Suspended, and otherwise ready.
  case suspended
  /// Ended; its result may still be asked for.
  case exited
}

/// Why an operation on a task failed; a failed operation changed nothing.
public enum TaskError: Error {
  /// All records of the table are in use.
  case tableFull
  /// No task has this number.
  case noSuchTask
  /// The task is already suspended.
  case alreadySuspended
  /// The task is not suspended.
  case notSuspended
  /// The task is the idle task, which every CPU must have.
  case systemTask
  /// The running task has locked preemption, so that no other task can run.
  case preemptionLocked
  /// The caller is an interrupt handler, which cannot block.
  case inInterrupt
  /// No CPU of this machine is in the mask.
  case noCpu
  /// The task is detached, or is being joined by another one, or the caller joins itself.
  case notJoinable
  /// A task would wait for its own end, directly or through other joins.
  case deadlock
  /// The task was deleted before it ended by itself, or the wait was cancelled.
  case deleted
  /// The timeout expired first.
  case timedOut
  /// The task has ended.
  case exited
  /// The budget is invalid, or the sum over all admitted tasks would exceed what a CPU can serve.
  case notAdmitted
}
