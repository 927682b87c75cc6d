// SPDX-License-Identifier: Apache-2.0
/// Who waits for one thing: tasks by urgency, and first in first out within one.
///
/// The links run through the task records, so that waiting needs no memory: a task stands either in
/// a ready queue or in one wait queue. Every object has its queue as the first field, so that a
/// task's way back to its queue is also its way back to the object. Guarded by the scheduler's lock.
@safe public struct WaitQueue {
  /// The most urgent of them, or `TaskRecord.none`.
  var first = TaskRecord.none
  /// The least urgent of them, or `TaskRecord.none`.
  var last = TaskRecord.none

  /// Nobody waits.
  public init() {}

  /// True when nobody waits.
  @inline(__always)
  var isEmpty: Bool { first == TaskRecord.none }
}

/// What a blocked task waits for.
enum WaitKind: UInt8 {
  /// `Scheduler.wake`.
  case wake
  case delay
  case join
  case semaphore
  case mutex
  case condition
  case event
  case message
  case room
  case completion
  case reading
  case writing
  /// The next period of a task with a deadline.
  case period
  /// A worker: something to do.
  case work
  /// The end of work; so that it does not run again; of all work; that the worker leaves.
  case workEnded
  case workCancelled
  case workFlushed
  case workClosed
}

/// How a wait ended.
public enum WaitOutcome: UInt8, Sendable {
  /// It has what it waited for.
  case satisfied
  /// The ticks ran out first.
  case timedOut
  /// What it waited for was deleted.
  case deleted
  /// It has the mutex, whose last owner died with it.
  case ownerDied
  /// The mutex can never be had again: an owner after a dead one did not repair what it guards.
  case notRecoverable
}

// SAFETY: queues and tasks are reached under the scheduler's lock; a queue lives as long as the
// object that it belongs to, and an object with waiters must be kept (its `delete` wakes them).
extension TaskTable {
  /// Puts `task` behind all that are at least as urgent.
  func enqueue(_ task: UInt32, in queue: UnsafeMutablePointer<WaitQueue>) {
    let urgency = self[task].urgency
    var before = unsafe queue.pointee.last
    while before != TaskRecord.none, urgency < self[before].urgency {
      before = self[before].previous
    }
    let behind = before == TaskRecord.none ? unsafe queue.pointee.first : self[before].next
    self[task].previous = before
    self[task].next = behind
    if before == TaskRecord.none {
      unsafe queue.pointee.first = task
    } else {
      self[before].next = task
    }
    if behind == TaskRecord.none {
      unsafe queue.pointee.last = task
    } else {
      self[behind].previous = task
    }
    unsafe self[task].waitQueue = queue
  }

  /// Takes `task` out of the wait queue that it stands in; nothing when it stands in none.
  @inline(__always)
  func dequeue(_ task: TaskPlace) {
    guard let queue = unsafe task.record.waitQueue else { return }
    let before = task.record.previous
    let behind = task.record.next
    if before == TaskRecord.none {
      unsafe queue.pointee.first = behind
    } else {
      self[before].next = behind
    }
    if behind == TaskRecord.none {
      unsafe queue.pointee.last = before
    } else {
      self[behind].previous = before
    }
    unsafe task.record.waitQueue = nil
  }

  /// The same by a call.
  @inline(never)
  func dequeue(_ task: UInt32) { dequeue(find(task)) }
}
