/// One first-in-first-out queue for each of the 32 priorities and a bit for each that is not empty.
///
/// Links run through the task records, so that queuing needs no memory. Picking is one count of
/// leading zeros. Guarded by the scheduler's lock.
struct ReadyQueues {
  /// Bit 31 - p is set while the queue of priority p is not empty.
  private var occupied: UInt32 = 0
  private var heads = InlineArray<32, UInt32>(repeating: TaskRecord.none)
  private var tails = InlineArray<32, UInt32>(repeating: TaskRecord.none)

  /// The most urgent priority that has a task, or nil.
  var mostUrgent: UInt8? {
    occupied == 0 ? nil : UInt8(truncatingIfNeeded: occupied.leadingZeroBitCount)
  }

  /// Puts `task` behind all others of its priority.
  mutating func append(_ task: UInt32, in records: UnsafeMutableBufferPointer<TaskRecord>) {
    // SAFETY: task numbers in the queues are places in the table.
    let priority = Int(unsafe records[Int(task)].priority.rawValue)
    unsafe records[Int(task)].next = TaskRecord.none
    if heads[priority] == TaskRecord.none {
      heads[priority] = task
      occupied |= 1 << (31 - UInt32(priority))
    } else {
      unsafe records[Int(tails[priority])].next = task
    }
    tails[priority] = task
  }

  /// Takes the first task of the most urgent priority.
  mutating func removeFirst(in records: UnsafeMutableBufferPointer<TaskRecord>) -> UInt32? {
    guard let urgent = mostUrgent else { return nil }
    let priority = Int(urgent)
    let task = heads[priority]
    // SAFETY: task numbers in the queues are places in the table.
    heads[priority] = unsafe records[Int(task)].next
    if heads[priority] == TaskRecord.none { occupied &= ~(1 << (31 - UInt32(priority))) }
    return task
  }
}
