// SPDX-License-Identifier: Apache-2.0
/// The tasks that wait for one object: the most urgent first, FIFO within one urgency.
///
/// The links are in the task records, so that waiting needs no memory: a task is either in a ready
/// queue or in one wait queue. The queue is the first field of every object, so a task's handle to
/// its queue also leads to the object. The scheduler's lock protects it.
public struct WaitQueue {
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

/// Wait queues. A queue lives as long as the object that contains it; an object with waiters is
/// kept until its `delete` has woken them.
extension TaskSet {
  /// Inserts `task` after all that are at least as urgent.
  mutating func enqueue(_ task: TaskNumber, in queue: ObjectHandle<WaitQueue>) {
    let urgency = tasks[task].urgency
    var before = self[queue].last
    while before != TaskRecord.none, urgency < tasks[before].urgency {
      before = tasks[before].previous
    }
    let after = before == TaskRecord.none ? self[queue].first : tasks[before].next
    tasks[task].previous = before
    tasks[task].next = after
    if before == TaskRecord.none {
      self[queue].first = task
    } else {
      tasks[before].next = task
    }
    if after == TaskRecord.none {
      self[queue].last = task
    } else {
      tasks[after].previous = task
    }
    tasks[task].waitQueue = queue
  }

  /// Removes `task` from its wait queue; does nothing when it is in none.
  @inline(__always)
  mutating func dequeue(_ task: TaskReference) {
    guard let queue = task.record.waitQueue else { return }
    let before = task.record.previous
    let after = task.record.next
    if before == TaskRecord.none {
      self[queue].first = after
    } else {
      tasks[before].next = after
    }
    if after == TaskRecord.none {
      self[queue].last = before
    } else {
      tasks[after].previous = before
    }
    task.record.waitQueue = nil
  }

  /// `dequeue`, out of line for cold paths.
  @inline(never)
  mutating func dequeue(_ task: TaskNumber) { dequeue(tasks.find(task)) }
}
