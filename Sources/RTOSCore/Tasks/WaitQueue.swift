// SPDX-License-Identifier: Apache-2.0
/// The tasks that wait for one object: the most urgent first, FIFO within one urgency.
///
/// The links are in the task records, so that waiting needs no memory: a task is either in a ready
/// queue or in one wait queue. The queue is the first field of every object, so a task's pointer to
/// its queue is also a pointer to the object. The scheduler's lock protects it.
@safe public struct WaitQueue {
  /// The most urgent waiter, or `TaskRecord.none`.
  var first = TaskRecord.none
  /// The least urgent waiter, or `TaskRecord.none`.
  var last = TaskRecord.none

  /// Creates an empty queue.
  public init() {}

  /// True when no task waits.
  @inline(__always)
  var isEmpty: Bool { first == TaskRecord.none }
}

/// What a blocked task waits for.
enum WaitKind: UInt8 {
  /// A call of `Scheduler.wake`.
  case wake
  case delay
  case join
  case semaphore
  case mutex
  case condition
  case event
  case message
  case queueSpace
  case completion
  case reading
  case writing
  /// The next period of a task with a deadline.
  case period
  /// Of a worker: work to do.
  case work
  /// Of other tasks, in this order: the end of one work item; the end of one that must not run
  /// again; the end of all queued work; the exit of the worker.
  case workEnded
  case workCancelled
  case workFlushed
  case workClosed
}

/// How a wait ended.
public enum WaitOutcome: UInt8, Sendable {
  /// The task received what it waited for.
  case satisfied
  /// The timeout expired first.
  case timedOut
  /// The object was deleted.
  case deleted
  /// The task owns the mutex, whose last owner died while holding it.
  case ownerDied
  /// The mutex is permanently unusable: the owner after a dead one did not repair what it protects.
  case notRecoverable
}

// SAFETY: queues and tasks are accessed under the scheduler's lock; a queue lives as long as the
// object that contains it, and an object with waiters must be kept (its `delete` wakes them).
extension TaskTable {
  /// Inserts `task` after all that are at least as urgent.
  func enqueue(_ task: UInt32, in queue: UnsafeMutablePointer<WaitQueue>) {
    let urgency = self[task].urgency
    var before = unsafe queue.pointee.last
    while before != TaskRecord.none, urgency < self[before].urgency {
      before = self[before].previous
    }
    let after = before == TaskRecord.none ? unsafe queue.pointee.first : self[before].next
    self[task].previous = before
    self[task].next = after
    if before == TaskRecord.none {
      unsafe queue.pointee.first = task
    } else {
      self[before].next = task
    }
    if after == TaskRecord.none {
      unsafe queue.pointee.last = task
    } else {
      self[after].previous = task
    }
    unsafe self[task].waitQueue = queue
  }

  /// Removes `task` from its wait queue; does nothing when it is in none.
  @inline(__always)
  func dequeue(_ task: TaskReference) {
    guard let queue = unsafe task.record.waitQueue else { return }
    let before = task.record.previous
    let after = task.record.next
    if before == TaskRecord.none {
      unsafe queue.pointee.first = after
    } else {
      self[before].next = after
    }
    if after == TaskRecord.none {
      unsafe queue.pointee.last = before
    } else {
      self[after].previous = before
    }
    unsafe task.record.waitQueue = nil
  }

  /// `dequeue`, out of line for cold paths.
  @inline(never)
  func dequeue(_ task: UInt32) { dequeue(find(task)) }
}
