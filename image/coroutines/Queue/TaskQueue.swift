// SPDX-License-Identifier: Apache-2.0

/// The coroutines that are ready: a queue for each priority, and a set of the priorities that have
/// one. The links are in the records, so queuing needs no memory.
struct TaskQueue {
  private let records: UnsafeMutablePointer<TaskRecord>
  private let policy: TaskPolicy
  /// Bit 31 - p is set while a task of priority p is ready.
  private(set) var priorities: UInt32 = 0
  private var first = InlineArray<32, Int32>(repeating: -1)
  private var last = InlineArray<32, Int32>(repeating: -1)
  /// The share of the task of each priority that ran last: one that slept begins here, and has no
  /// claim to more.
  private var reached = InlineArray<32, UInt64>(repeating: 0)

  /// A queue of tasks of these records, which outlive it.
  init(_ records: UnsafeMutablePointer<TaskRecord>, _ policy: TaskPolicy) {
    self.records = records
    self.policy = policy
  }

  /// The most urgent priority with a task; 32 if no task is ready.
  var mostUrgent: UInt8 { UInt8(truncatingIfNeeded: priorities.leadingZeroBitCount) }

  /// Appends a task to the others of its priority, by its share if the policy is fair.
  mutating func append(_ task: Int32) {
    let priority = Int(records[Int(task)].priority)
    var before = last[priority]
    if policy == .fair {
      records[Int(task)].share = max(records[Int(task)].share, reached[priority])
      while before >= 0, records[Int(before)].share > records[Int(task)].share {
        before = records[Int(before)].previous
      }
    }
    let after = before < 0 ? first[priority] : records[Int(before)].next
    records[Int(task)].previous = before
    records[Int(task)].next = after
    if before < 0 { first[priority] = task } else { records[Int(before)].next = task }
    if after < 0 { last[priority] = task } else { records[Int(after)].previous = task }
    priorities |= 0x8000_0000 &>> UInt32(priority)
  }

  /// Gives a task, which is in the queue or not, another priority. The shares of each priority are a
  /// clock of their own, so its share begins where theirs are.
  mutating func setPriority(_ priority: UInt8, of task: Int32, isQueued: Bool) {
    if isQueued { remove(task) }
    if records[Int(task)].priority != priority { records[Int(task)].share = 0 }
    records[Int(task)].priority = priority
    if isQueued { append(task) }
  }

  /// Removes a task, which is in the queue.
  mutating func remove(_ task: Int32) {
    let priority = Int(records[Int(task)].priority)
    let (before, after) = (records[Int(task)].previous, records[Int(task)].next)
    if before < 0 { first[priority] = after } else { records[Int(before)].next = after }
    if after < 0 { last[priority] = before } else { records[Int(after)].previous = before }
    (records[Int(task)].previous, records[Int(task)].next) = (-1, -1)
    if first[priority] < 0 { priorities &= ~(0x8000_0000 &>> UInt32(priority)) }
  }

  /// Removes and returns the first task of the most urgent priority; -1 if there is none.
  mutating func takeFirst() -> Int32 {
    guard priorities != 0 else { return -1 }
    let priority = Int(mostUrgent)
    let task = first[priority]
    remove(task)
    if policy == .fair { reached[priority] = max(reached[priority], records[Int(task)].share) }
    return task
  }

  /// Appends a task, and removes and returns the first one of the most urgent priority, which may be
  /// the same.
  mutating func exchange(_ task: Int32) -> Int32 {
    let priority = records[Int(task)].priority
    guard policy == .fifo, mostUrgent == priority else {
      append(task)
      return takeFirst()
    }
    // The queue of the priority keeps a task, so the set of priorities stays as it is.
    let (head, tail) = (first[Int(priority)], last[Int(priority)])
    records[Int(tail)].next = task
    (records[Int(task)].previous, records[Int(task)].next) = (tail, -1)
    last[Int(priority)] = task
    let second = records[Int(head)].next
    records[Int(second)].previous = -1
    first[Int(priority)] = second
    return head
  }

  /// Whether a task that runs is to give way: to a more urgent one, or to one of its priority whose
  /// turn it is.
  func isTurnOver(_ task: Int32) -> Bool {
    let (own, other) = (records[Int(task)].priority, mostUrgent)
    guard other == own, policy == .fair else { return other <= own }
    return records[Int(first[Int(other)])].share <= records[Int(task)].share
  }

  /// Charges a task that ran for this many nanoseconds.
  func charge(_ task: Int32, _ nanoseconds: UInt64) {
    // A turn counts as 208 days at most; shares end with 208 days of run time at the weight 1.
    let weighted = min(nanoseconds, 1 << 54 - 1) * 1024 / UInt64(records[Int(task)].weight)
    let (share, isTooLarge) = records[Int(task)].share.addingReportingOverflow(weighted)
    records[Int(task)].share = isTooLarge ? .max : share
  }
}
