// SPDX-License-Identifier: Apache-2.0
/// The tasks that could run: one first-in-first-out queue for each of the 32 priorities, a bit for
/// each that is not empty, and before them the tasks with a deadline, the earliest first.
///
/// Links run through the task records, so that queuing needs no memory. Picking costs one count of
/// leading zeros; only tasks in front that may not run on the CPU are walked past. Guarded by the
/// scheduler's lock. Looking is `mutating`, too: to read an element of an inline array
/// that is only borrowed, the compiler copies all of it to the stack.
struct ReadyQueues: ~Copyable {
  /// Bit 31 - p is set while the queue of priority p is not empty.
  private var occupied: UInt32 = 0
  private var queues = InlineArray<32, WaitQueue>(repeating: WaitQueue())
  /// Tasks with a deadline; few, so that a sorted row is enough.
  private var deadlines = WaitQueue()

  /// What the first task's urgency is; `least` when none is ready.
  @inline(__always)
  mutating func mostUrgent(in tasks: TaskTable) -> Urgency {
    if !deadlines.isEmpty { return tasks[deadlines.first].urgency }
    if occupied == 0 { return .least }
    return Urgency(rawValue: 1 << 63 | UInt64(word: UInt32(occupied.leadingZeroBitCount)))
  }

  /// Puts `task` behind all others of its urgency.
  @inline(__always)
  mutating func append(_ task: UInt32, in tasks: TaskTable) {
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

  /// Puts `me`, a task with a priority that stands in no queue, behind the others of its urgency and
  /// takes the first of them; nil, and nothing is done, when there is none, or any that is more urgent.
  @inline(__always)
  mutating func turn(_ me: TaskPlace, in tasks: TaskTable) -> TaskPlace? {
    let urgency = me.record.urgency
    let priority = urgency.queue
    guard occupied.leadingZeroBitCount == priority, !urgency.isDeadline, deadlines.isEmpty else {
      return nil
    }
    let next = tasks.find(queues[priority].first)
    let behind = next.record.next
    me.record.next = TaskRecord.none
    if behind == TaskRecord.none {
      me.record.previous = TaskRecord.none
      queues[priority].first = me.number
    } else {
      let last = queues[priority].last
      me.record.previous = last
      tasks[last].next = me.number
      tasks[behind].previous = TaskRecord.none
      queues[priority].first = behind
    }
    queues[priority].last = me.number
    return next
  }

  /// True when `task`, which stands in no queue, is more urgent than all that are ready.
  @inline(__always)
  mutating func areLess(urgentThan task: TaskPlace) -> Bool {
    let urgency = task.record.urgency
    guard deadlines.isEmpty, !urgency.isDeadline else { return false }
    return urgency.queue < occupied.leadingZeroBitCount
  }

  /// Puts `task`, which was interrupted before its turn was over, in front of all others of its
  /// urgency.
  @inline(__always)
  mutating func prepend(_ task: TaskPlace, in tasks: TaskTable) {
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

  /// Takes `task` out; it stands in one of the queues.
  @inline(__always)
  mutating func remove(_ task: UInt32, in tasks: TaskTable) {
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

  /// The most urgent task that may run on CPU `cpu`.
  @inline(__always)
  mutating func first(on cpu: UInt32, in tasks: TaskTable) -> UInt32? {
    let urgent =
      !deadlines.isEmpty
      ? deadlines.first
      : occupied == 0 ? TaskRecord.none : queues[occupied.leadingZeroBitCount].first
    guard urgent != TaskRecord.none else { return nil }
    return tasks[urgent].affinity.contains(cpu) ? urgent : walk(on: cpu, in: tasks)
  }

  /// How many tasks wait in front of `limit` in the queue of a priority.
  mutating func count(of priority: Priority, upTo limit: UInt32, in tasks: TaskTable) -> UInt32 {
    var count: UInt32 = 0
    var task = queues[Int(truncatingIfNeeded: priority.rawValue)].first
    while task != TaskRecord.none, count < limit {
      count += 1
      task = tasks[task].next
    }
    return count
  }

  /// Looks through all queues, the first task being none for CPU `cpu`.
  @inline(never)
  private mutating func walk(on cpu: UInt32, in tasks: TaskTable) -> UInt32? {
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

  /// Puts `task` behind all with the same or an earlier deadline.
  @inline(never)
  private mutating func insertByDeadline(_ task: UInt32, in tasks: TaskTable) {
    let urgency = tasks[task].urgency
    var before = deadlines.last
    while before != TaskRecord.none, urgency < tasks[before].urgency {
      before = tasks[before].previous
    }
    let behind = before == TaskRecord.none ? deadlines.first : tasks[before].next
    tasks[task].previous = before
    tasks[task].next = behind
    if before == TaskRecord.none { deadlines.first = task } else { tasks[before].next = task }
    if behind == TaskRecord.none { deadlines.last = task } else { tasks[behind].previous = task }
  }

  /// Closes the gap that `task` leaves in its queue.
  @inline(__always)
  private static func unlink(_ task: UInt32, from queue: inout WaitQueue, in tasks: TaskTable) {
    let before = tasks[task].previous
    let behind = tasks[task].next
    if before == TaskRecord.none { queue.first = behind } else { tasks[before].next = behind }
    if behind == TaskRecord.none { queue.last = before } else { tasks[behind].previous = before }
  }
}
