// SPDX-License-Identifier: Apache-2.0
/// The ready tasks of one CPU: one FIFO queue for each of the 32 priorities with a bitmap of those
/// that are not empty, and tasks with a deadline before them, the earliest first.
///
/// The links are in the task records, so that queuing needs no memory. Picking a task counts
/// leading zeros once; it walks on only past tasks that may not run on the CPU. The scheduler's
/// lock protects the queues. Queries are `mutating` too: to read an element of a borrowed inline
/// array, the compiler copies the whole array to the stack.
struct ReadyQueues: ~Copyable {
  /// Bit 31 - p is set while the queue of priority p is not empty.
  private var occupied: UInt32 = 0
  private var queues = InlineArray<32, WaitQueue>(repeating: WaitQueue())
  /// Tasks with a deadline; they are few, so a sorted list suffices.
  private var deadlines = WaitQueue()

  /// Returns the urgency of the first ready task; `least` when no task is ready.
  @inline(__always)
  mutating func mostUrgent(in tasks: TaskTable) -> Urgency {
    if !deadlines.isEmpty { return tasks[deadlines.first].urgency }
    if occupied == 0 { return .least }
    return Urgency(rawValue: 1 << 63 | UInt64(word: UInt32(occupied.leadingZeroBitCount)))
  }

  /// Inserts `task` after all others of its urgency.
  @inline(__always)
  mutating func append(_ task: TaskNumber, in tasks: TaskTable) {
    let urgency = tasks[task].urgency
    if urgency.isDeadline { return insertByDeadline(task, in: tasks) }
    let priority = urgency.queue
    let last = queues[priority].last
    tasks[task].next = TaskRecord.none
    tasks[task].previous = last
    queues[priority].last = task
    if last == TaskRecord.none {
      queues[priority].first = task
      occupied |= 1 << (31 - UInt32(truncatingIfNeeded: priority))
    } else {
      tasks[last].next = task
    }
  }

  /// Queues `me`, a task in no queue, after the others of its urgency, and removes and returns the
  /// first of them. Returns nil and changes nothing if there is none, if `me` has a deadline, or if
  /// a more urgent task is ready.
  @inline(__always)
  mutating func rotate(_ me: TaskReference, in tasks: TaskTable) -> TaskReference? {
    let urgency = me.record.urgency
    let priority = urgency.queue
    guard occupied.leadingZeroBitCount == priority, !urgency.isDeadline, deadlines.isEmpty else {
      return nil
    }
    let next = tasks.find(queues[priority].first)
    let after = next.record.next
    me.record.next = TaskRecord.none
    if after == TaskRecord.none {
      me.record.previous = TaskRecord.none
      queues[priority].first = me.number
    } else {
      let last = queues[priority].last
      me.record.previous = last
      tasks[last].next = me.number
      tasks[after].previous = TaskRecord.none
      queues[priority].first = after
    }
    queues[priority].last = me.number
    return next
  }

  /// True when `task`, which is in no queue, is more urgent than all ready tasks. False,
  /// conservatively, when it or a ready task has a deadline.
  @inline(__always)
  mutating func isMostUrgent(_ task: TaskReference) -> Bool {
    let urgency = task.record.urgency
    guard deadlines.isEmpty, !urgency.isDeadline else { return false }
    return urgency.queue < occupied.leadingZeroBitCount
  }

  /// Inserts `task`, which was preempted before its slice ended, before all others of its urgency.
  @inline(__always)
  mutating func prepend(_ task: TaskReference, in tasks: TaskTable) {
    let urgency = task.record.urgency
    if urgency.isDeadline { return insertByDeadline(task.number, in: tasks) }
    let priority = urgency.queue
    let first = queues[priority].first
    task.record.previous = TaskRecord.none
    task.record.next = first
    queues[priority].first = task.number
    if first == TaskRecord.none {
      queues[priority].last = task.number
      occupied |= 1 << (31 - UInt32(truncatingIfNeeded: priority))
    } else {
      tasks[first].previous = task.number
    }
  }

  /// Removes `task`, which is in one of the queues.
  @inline(__always)
  mutating func remove(_ task: TaskNumber, in tasks: TaskTable) {
    let urgency = tasks[task].urgency
    if urgency.isDeadline {
      Self.unlink(task, from: &deadlines, in: tasks)
    } else {
      let priority = urgency.queue
      Self.unlink(task, from: &queues[priority], in: tasks)
      if queues[priority].isEmpty {
        occupied &= ~(1 << (31 - UInt32(truncatingIfNeeded: priority)))
      }
    }
  }

  /// Returns the most urgent task that may run on CPU `cpu`.
  @inline(__always)
  mutating func first(on cpu: UInt32, in tasks: TaskTable) -> TaskNumber? {
    let urgent =
      !deadlines.isEmpty
      ? deadlines.first
      : occupied == 0 ? TaskRecord.none : queues[occupied.leadingZeroBitCount].first
    guard urgent != TaskRecord.none else { return nil }
    return tasks[urgent].affinity.contains(cpu) ? urgent : search(on: cpu, in: tasks)
  }

  /// Counts the tasks in the queue of a priority, up to `limit`.
  mutating func count(of priority: Priority, upTo limit: UInt32, in tasks: TaskTable) -> UInt32 {
    var count: UInt32 = 0
    var task = queues[Int(truncatingIfNeeded: priority.rawValue)].first
    while task != TaskRecord.none, count < limit {
      count += 1
      task = tasks[task].next
    }
    return count
  }

  /// Searches all queues when the affinity of the first task excludes CPU `cpu`.
  @inline(never)
  private mutating func search(on cpu: UInt32, in tasks: TaskTable) -> TaskNumber? {
    var task = deadlines.first
    while task != TaskRecord.none {
      if tasks[task].affinity.contains(cpu) { return task }
      task = tasks[task].next
    }
    var rest = occupied
    while rest != 0 {
      let priority = rest.leadingZeroBitCount
      rest &= ~(1 << (31 - UInt32(truncatingIfNeeded: priority)))
      task = queues[priority].first
      while task != TaskRecord.none {
        if tasks[task].affinity.contains(cpu) { return task }
        task = tasks[task].next
      }
    }
    return nil
  }

  /// Inserts `task` after all with the same or an earlier deadline.
  @inline(never)
  private mutating func insertByDeadline(_ task: TaskNumber, in tasks: TaskTable) {
    let urgency = tasks[task].urgency
    var before = deadlines.last
    while before != TaskRecord.none, urgency < tasks[before].urgency {
      before = tasks[before].previous
    }
    let after = before == TaskRecord.none ? deadlines.first : tasks[before].next
    tasks[task].previous = before
    tasks[task].next = after
    if before == TaskRecord.none { deadlines.first = task } else { tasks[before].next = task }
    if after == TaskRecord.none { deadlines.last = task } else { tasks[after].previous = task }
  }

  /// Unlinks `task` from its queue.
  @inline(__always)
  private static func unlink(_ task: TaskNumber, from queue: inout WaitQueue, in tasks: TaskTable) {
    let before = tasks[task].previous
    let after = tasks[task].next
    if before == TaskRecord.none { queue.first = after } else { tasks[before].next = after }
    if after == TaskRecord.none { queue.last = before } else { tasks[after].previous = before }
  }
}
