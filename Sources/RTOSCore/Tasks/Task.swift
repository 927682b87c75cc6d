// SPDX-License-Identifier: Apache-2.0
/// A task's number, its priority, policy, CPUs and state: the words that all of the scheduler uses.

/// Names a task: its place in the table, 0 up to the table's size less one.
public struct TaskNumber: RawRepresentable, Equatable, Sendable {
  /// The place in the table.
  public let rawValue: UInt32

  /// Wraps a number that the scheduler gave.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// LiteOS' scale: 0 is the most urgent, 31 the least.
public struct Priority: RawRepresentable, Equatable, Sendable {
  /// 0 to 31.
  public let rawValue: UInt8

  /// nil unless `rawValue` is 0 to 31.
  public init?(rawValue: UInt8) {
    guard rawValue < 32 else { return nil }
    self.rawValue = rawValue
  }

  private init(known: UInt8) { rawValue = known }

  /// What runs when nothing else can.
  public static let idle = Priority(known: 31)

  /// What a program's task begins with: the middle of LiteOS' user range of 10 to 31.
  public static let user = Priority(known: 20)
}

/// How tasks of one priority share a CPU.
public enum Policy: UInt8, Sendable {
  /// Until it waits, yields or a more urgent one comes.
  case fifo
  /// In slices of 5 to 20 ticks, the shorter the more tasks want the CPU.
  case roundRobin
  /// By deadline, before all priorities; see `DeadlineBudget`.
  case deadline
}

/// A set of CPUs, bit n for CPU n.
public struct CpuMask: RawRepresentable, Equatable, Sendable {
  /// Bit n is CPU n.
  public let rawValue: UInt32

  /// Wraps a mask.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Every CPU.
  public static let all = CpuMask(rawValue: .max)

  /// True when CPU `cpu`, 0 to 31, is in it.
  @inline(__always)
  public func contains(_ cpu: UInt32) -> Bool { rawValue &>> cpu & 1 != 0 }
}

/// Where a task stands.
public enum TaskState: UInt8, Sendable {
  /// There is no such task.
  case free
  /// It could run.
  case ready
  /// It runs.
  case running
  /// It waits for something; it may be suspended besides.
  case blocked
  /// It could run but was suspended.
  case suspended
  /// It is over, and somebody may still ask for its result.
  case exited
}

/// Why something could not be done with a task; then nothing has changed.
public enum TaskError: Error {
  /// All records of the table are in use.
  case tableFull
  /// There is no such task.
  case noSuchTask
  /// It is suspended already.
  case alreadySuspended
  /// It is not suspended.
  case notSuspended
  /// The idle task, which every CPU must have.
  case systemTask
  /// The running task has switched preemption off, so that no other can run.
  case preemptionLocked
  /// An interrupt has no task that could wait.
  case inInterrupt
  /// No CPU of this machine is in the mask.
  case noCpu
  /// The task is detached, or is being joined by another one, or the caller joins itself.
  case notJoinable
  /// A task waits for its own end.
  case deadlock
  /// It was deleted before it ended by itself, or the wait was broken off.
  case deleted
  /// The ticks ran out first.
  case timedOut
  /// The task is over.
  case exited
  /// Runtime, deadline and period do not fit each other, or the sum of all admitted tasks would
  /// be more than a CPU can do.
  case notAdmitted
}
