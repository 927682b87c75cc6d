// SPDX-License-Identifier: Apache-2.0
// The tasks of a program's own scheduler: coroutines, and threads of the kernel's.

/// What runs a task.
public enum TaskKind {
  /// One of the workers, on a stack of the task's own. It gives way only where it says so.
  case coroutine
  /// A thread of the kernel's, which the kernel schedules.
  case thread
}

/// How tasks of one priority take turns.
public enum TaskPolicy {
  /// In the order in which they became ready.
  case fifo
  /// The one that has had the least of its share is first.
  case fair
}

/// The name of a task. It is used again after 2^32 tasks in its record, so that of a task that has
/// ended is no other's.
public struct TaskID: Equatable, Sendable {
  /// The number of the record, and in the upper half how often the record was used before.
  public let rawValue: UInt64

  init(_ index: Int32, _ generation: UInt32) {
    rawValue = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: index))
  }

  /// The number of the record.
  var index: Int32 { Int32(truncatingIfNeeded: rawValue) }

  /// The most records.
  static var limit: Int32 { 1 << 12 }
}

/// What a task does.
enum TaskState {
  case free, ready, running, waiting
}

/// A task's record. -1 stands for no task.
struct TaskRecord {
  var state = TaskState.free
  var kind = TaskKind.coroutine
  /// A wake-up came before the task waited: it will not wait.
  var isWoken = false
  /// 0, the most urgent, to 31.
  var priority: UInt8 = 0
  /// How often the record was used before.
  var generation: UInt32 = 0
  /// The neighbours in the queue.
  var next: Int32 = -1
  var previous: Int32 = -1
  /// The first task that waits for the end of this one.
  var joiners: Int32 = -1
  /// The next task that waits for the end of the same one.
  var nextJoiner: Int32 = -1
  /// What it had of its share: run time, divided by its weight of 1,024. Of tasks of one priority
  /// the least is first.
  var share: UInt64 = 0
  var weight: UInt32 = 100
  /// When it was switched in.
  var since: UInt64 = 0
  /// The stack of a coroutine.
  var stack: UnsafeMutableRawPointer?
  var body: (() -> Void)?
}
