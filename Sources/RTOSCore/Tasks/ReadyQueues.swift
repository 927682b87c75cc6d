// SPDX-License-Identifier: Apache-2.0
/// The ready tasks of one CPU. Those with a deadline come first, the earliest before the others;
/// then one FIFO queue for each level. A bitmap says which levels have a task. The tasks of the
/// fair level are in order of virtual time (`FairQueue`).
///
/// The links are in the task records, so that queuing needs no memory. The first level with a task
/// is kept, so that picking one is a look-up; it walks on only past tasks that may not run on the
/// CPU. The scheduler's lock protects the queues. Queries are `mutating` too: to read an element of
/// a borrowed inline array, the compiler copies the whole array to the stack.
struct ReadyQueues: ~Copyable {
  /// The most urgent level with a task; `LevelSet.none` without one.
  private(set) var top = LevelSet.none
  /// The levels with a task.
  private(set) var occupied = LevelSet()
  private var queues = InlineArray<128, WaitQueue>(repeating: WaitQueue())
  /// The tasks of the fair level. Its queue among the others only names the first one.
  var fair = FairQueue()
  /// Tasks with a deadline; they are few, so a sorted list suffices.
  private(set) var deadlines = WaitQueue()
  /// Where programs see which levels have a task; nil if no program looks.
  var published: TurnRecord?

  /// Returns the urgency of the first ready task; `least` when no task is ready.
  @inline(__always)
  mutating func mostUrgent(in tasks: TaskTable) -> Urgency {
    if !deadlines.isEmpty { return tasks[deadlines.first].urgency }
    if top == LevelSet.none { return .least }
    return Urgency(level: top)
  }

  /// Inserts `task` after all others of its urgency.
  @inline(__always)
  mutating func append(_ task: TaskNumber, in tasks: TaskTable) {
    let urgency = tasks[task].urgency
    if urgency.isDeadline { return insertByDeadline(task, in: tasks) }
    if urgency.isFair { return appendFair(tasks.find(task), in: tasks) }
    let level = Int(urgency.level)
    let last = queues[level].last
    tasks[task].next = TaskRecord.none
    tasks[task].previous = last
    queues[level].last = task
    if last == TaskRecord.none {
      queues[level].first = task
      occupy(urgency.level)
    } else {
      tasks[last].next = task
    }
  }

  /// Queues `me`, a task in no queue, after the others of its urgency, and removes and returns the
  /// first of them. Returns nil and changes nothing if there is none, if a more urgent task is
  /// ready, or if `me` has a deadline or shares fairly.
  @inline(__always)
  mutating func rotate(_ me: TaskReference, in tasks: TaskTable) -> TaskReference? {
    let urgency = me.record.urgency
    guard top == urgency.level, top != Urgency.fairLevel, !urgency.isDeadline, deadlines.isEmpty
    else { return nil }
    let level = Int(urgency.level)
    let next = tasks.find(queues[level].first)
    let after = next.record.next
    me.record.next = TaskRecord.none
    if after == TaskRecord.none {
      me.record.previous = TaskRecord.none
      queues[level].first = me.number
    } else {
      let last = queues[level].last
      me.record.previous = last
      tasks[last].next = me.number
      tasks[after].previous = TaskRecord.none
      queues[level].first = after
    }
    queues[level].last = me.number
    return next
  }

  /// True when `task`, which is in no queue, is more urgent than all ready tasks. False,
  /// conservatively, when it or a ready task has a deadline.
  @inline(__always)
  mutating func isMostUrgent(_ task: TaskReference) -> Bool {
    let urgency = task.record.urgency
    guard deadlines.isEmpty, !urgency.isDeadline else { return false }
    return urgency.level < top
  }

  /// Inserts `task`, which was preempted before its slice ended, before all others of its urgency.
  @inline(__always)
  mutating func prepend(_ task: TaskReference, in tasks: TaskTable) {
    let urgency = task.record.urgency
    if urgency.isDeadline { return insertByDeadline(task.number, in: tasks) }
    if urgency.isFair { return appendFair(task, in: tasks, isFirst: true) }
    push(task, in: tasks)
    if published != nil { publish(urgency.level) }
  }

  /// `prepend` for a task that has no deadline and does not share fairly; it publishes nothing, for
  /// a caller that switches.
  @inline(__always)
  mutating func push(_ task: TaskReference, in tasks: TaskTable) {
    let urgency = task.record.urgency
    let level = Int(urgency.level)
    let first = queues[level].first
    task.record.previous = TaskRecord.none
    task.record.next = first
    queues[level].first = task.number
    if first == TaskRecord.none {
      queues[level].last = task.number
      occupyUnpublished(urgency.level)
    } else {
      tasks[first].previous = task.number
    }
  }

  /// Removes `task`, which is in one of the queues.
  @inline(__always)
  mutating func remove(_ task: TaskNumber, in tasks: TaskTable) {
    let urgency = tasks[task].urgency
    if urgency.isDeadline { return removeDeadline(task, in: tasks) }
    let level = urgency.level
    if level == Urgency.fairLevel {
      fair.remove(tasks.find(task), in: tasks)
      return nameFirstFair()
    }
    queues[Int(level)].unlink(task, in: tasks)
    if queues[Int(level)].isEmpty { leave(level) }
  }

  /// Returns the most urgent task that may run on CPU `cpu`.
  @inline(__always)
  mutating func first(on cpu: UInt32, in tasks: TaskTable) -> TaskNumber? {
    // Without a level this is level 0, whose queue is empty then.
    let urgent = deadlines.isEmpty ? queues[Int(top & 127)].first : deadlines.first
    guard urgent != TaskRecord.none else { return nil }
    return tasks[urgent].affinity.contains(cpu) ? urgent : search(on: cpu, in: tasks)
  }

  /// Removes and returns the first task of the first level, if that is not the fair one, no task
  /// has a deadline, and the task may run on CPU `cpu`. It publishes nothing: the caller switches.
  @inline(__always)
  mutating func takeFirst(on cpu: UInt32, in tasks: TaskTable) -> TaskNumber? {
    guard deadlines.isEmpty, top != Urgency.fairLevel else { return nil }
    // Without a level this is level 0, whose queue is empty then.
    let level = Int(top & 127)
    let first = queues[level].first
    guard first != TaskRecord.none, tasks[first].affinity.contains(cpu) else { return nil }
    let next = tasks[first].next
    queues[level].first = next
    if next == TaskRecord.none {
      queues[level].last = TaskRecord.none
      occupied.remove(top)
      top = occupied.first
    } else {
      tasks[next].previous = TaskRecord.none
    }
    return first
  }

  /// Removes the first task and begins its turn, if that shares fairly, no task has a deadline, and
  /// the task may run on CPU `cpu`.
  @inline(__always)
  mutating func takeFirstFair(on cpu: UInt32, in tasks: TaskTable) -> TaskNumber? {
    guard top == Urgency.fairLevel, deadlines.isEmpty else { return nil }
    let first = tasks.find(queues[Int(Urgency.fairLevel)].first)
    guard first.record.affinity.contains(cpu) else { return nil }
    fair.removeFirst(first, in: tasks)
    nameFirstFair()
    fair.beginTurn(of: first)
    return first.number
  }

  /// Counts the tasks in the queue of a level other than the fair one, up to `limit`.
  mutating func count(of level: UInt32, upTo limit: UInt32, in tasks: TaskTable) -> UInt32 {
    var count: UInt32 = 0
    var task = queues[Int(level)].first
    while task != TaskRecord.none, count < limit {
      count += 1
      task = tasks[task].next
    }
    return count
  }

  /// Notes that the queue of a level is no longer empty.
  @inline(__always)
  private mutating func occupy(_ level: UInt32) {
    occupyUnpublished(level)
    if published != nil { publish(level) }
  }

  /// Notes that the queue of a level is empty.
  @inline(__always)
  private mutating func leave(_ level: UInt32) {
    occupied.remove(level)
    if level == top { top = occupied.first }
    if published != nil { publish(level) }
  }

  /// `occupy` for a caller that publishes the level itself, or switches.
  @inline(__always)
  private mutating func occupyUnpublished(_ level: UInt32) {
    occupied.insert(level)
    if level < top { top = level }
  }

  /// Inserts a task of the fair level at its virtual time, before or after the others there.
  @inline(never)
  mutating func appendFair(_ task: TaskReference, in tasks: TaskTable, isFirst: Bool = false) {
    let isOnly = fair.isEmpty
    fair.insert(task, in: tasks, isFirst: isFirst)
    queues[Int(Urgency.fairLevel)].first = isOnly ? task.number : fair.first
    if isOnly { occupy(Urgency.fairLevel) }
  }

  /// Notes which task is the first one of the fair level, from which one was removed.
  @inline(never)
  private mutating func nameFirstFair() {
    let level = Int(Urgency.fairLevel)
    guard fair.isEmpty else { return queues[level].first = fair.first }
    queues[level].first = TaskRecord.none
    leave(Urgency.fairLevel)
  }

  /// Searches all queues when the affinity of the first task excludes CPU `cpu`.
  @inline(never)
  private mutating func search(on cpu: UInt32, in tasks: TaskTable) -> TaskNumber? {
    if let task = deadlines.search(on: cpu, in: tasks) { return task }
    var rest = occupied
    while rest.first != LevelSet.none {
      let level = rest.first
      rest.remove(level)
      let found =
        level == Urgency.fairLevel
        ? fair.search(on: cpu, in: tasks) : queues[Int(level & 127)].search(on: cpu, in: tasks)
      if let found { return found }
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
    publishDeadline(in: tasks)
  }

  /// Removes `task`, which has a deadline.
  @inline(never)
  private mutating func removeDeadline(_ task: TaskNumber, in tasks: TaskTable) {
    deadlines.unlink(task, in: tasks)
    publishDeadline(in: tasks)
  }
}

/// Ready queues: FIFO queues whose links are in the records.
extension WaitQueue {
  /// Unlinks `task`, which is in this ready queue.
  @inline(__always)
  mutating func unlink(_ task: TaskNumber, in tasks: TaskTable) {
    let before = tasks[task].previous
    let after = tasks[task].next
    if before == TaskRecord.none { first = after } else { tasks[before].next = after }
    if after == TaskRecord.none { last = before } else { tasks[after].previous = before }
  }

  /// Returns the first task of the queue that may run on CPU `cpu`.
  func search(on cpu: UInt32, in tasks: TaskTable) -> TaskNumber? {
    var task = first
    while task != TaskRecord.none {
      if tasks[task].affinity.contains(cpu) { return task }
      task = tasks[task].next
    }
    return nil
  }
}
