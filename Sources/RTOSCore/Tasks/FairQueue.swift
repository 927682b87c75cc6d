// SPDX-License-Identifier: Apache-2.0
/// The ready tasks of one CPU that share it fairly, by virtual time (`FairShare`). They are in a
/// circle of 32 buckets, each a FIFO queue. A bitmap says which buckets are not empty.
///
/// A bucket is one unit of virtual time. The task in the first bucket runs next, so inserting,
/// removing and finding the first take the same few instructions with any number of tasks. (Tasks
/// of one bucket take turns; their shares are exact nevertheless, as each is charged to the count.)
/// The circle begins one bucket before `now`, the bucket that the CPU has reached. A task that
/// slept, however long, is queued there: before all that did not sleep, and with no claim to more.
/// A task that has used far more than its share waits in the last bucket.
///
/// Of two tasks of a bucket whose programs published a priority (`TurnRecord`), the one with the
/// more urgent goes first if the other one is the first of the bucket.
struct FairQueue: ~Copyable {
  private var occupied: UInt32 = 0
  private var buckets = InlineArray<32, WaitQueue>(repeating: WaitQueue())
  /// The bucket that the CPU has reached, which never goes back.
  private(set) var now: UInt32 = 0

  /// True when no task is queued.
  @inline(__always)
  var isEmpty: Bool { occupied == 0 }

  /// The first task; the queue is not empty.
  var first: TaskNumber {
    @inline(__always) mutating get { buckets[firstBucket].first }
  }

  /// The number of the bucket in which the circle begins.
  @inline(__always)
  private var start: UInt32 { now &- 1 }  // Wrapping, as all of virtual time.

  /// The first bucket with a task; the queue is not empty.
  @inline(__always)
  private var firstBucket: Int {
    let turn = start & 31
    let turned = occupied &>> turn | occupied &<< (32 &- turn)
    let distance = UInt32(truncatingIfNeeded: turned.trailingZeroBitCount)
    return Int((turn &+ distance) & 31)
  }

  /// The earliest virtual time of a task on this CPU.
  @inline(__always)
  var earliest: VirtualTime { VirtualTime(bucket: start) }

  /// The end of the circle.
  @inline(__always)
  var latest: VirtualTime { VirtualTime(bucket: start &+ 32) }

  /// Inserts a task into the bucket of its virtual time: after all others, or before them.
  mutating func insert(_ task: TaskReference, in tasks: TaskTable, isFirst: Bool) {
    let time = max(task.record.share.time, earliest)
    task.record.share.time = time
    let number = (start &+ min(time.bucket &- start, 31)) & 31
    task.record.share.bucket = UInt8(truncatingIfNeeded: number)
    let bucket = Int(number)
    let (first, last) = (buckets[bucket].first, buckets[bucket].last)
    if occupied & 1 &<< number == 0 {
      occupied |= 1 &<< number
      (task.record.previous, task.record.next) = (TaskRecord.none, TaskRecord.none)
      (buckets[bucket].first, buckets[bucket].last) = (task.number, task.number)
    } else if task.record.share.innerPriority == 0
      ? isFirst : goesFirst(task, before: first, isFirst, in: tasks)
    {
      (task.record.previous, task.record.next) = (TaskRecord.none, first)
      tasks[first].previous = task.number
      buckets[bucket].first = task.number
    } else {
      (task.record.previous, task.record.next) = (last, TaskRecord.none)
      tasks[last].next = task.number
      buckets[bucket].last = task.number
    }
  }

  /// Whether a task that has published a priority goes before the first one of its bucket: as both
  /// published it, or else as the caller says.
  @inline(never)
  private func goesFirst(
    _ task: TaskReference, before first: TaskNumber, _ isFirst: Bool, in tasks: TaskTable
  ) -> Bool {
    let own = task.record.share.innerPriority
    let other = tasks[first].share.innerPriority
    return other == 0 || other == own ? isFirst : own < other
  }

  /// Removes a task, which is in this queue.
  @inline(__always)
  mutating func remove(_ task: TaskReference, in tasks: TaskTable) {
    let bucket = Int(task.record.share.bucket)
    buckets[bucket].unlink(task.number, in: tasks)
    if buckets[bucket].isEmpty { occupied &= ~(1 &<< UInt32(task.record.share.bucket)) }
  }

  /// Removes the first task.
  @inline(__always)
  mutating func removeFirst(_ task: TaskReference, in tasks: TaskTable) {
    let number = UInt32(task.record.share.bucket)
    let next = task.record.next
    buckets[Int(number)].first = next
    if next == TaskRecord.none {
      occupied &= ~(1 &<< number)
    } else {
      tasks[next].previous = TaskRecord.none
    }
  }

  /// Notes that the CPU continues with a task that was the first one of this queue: virtual time has
  /// reached its bucket, or its own time if no other task waits.
  @inline(__always)
  mutating func beginTurn(of task: TaskReference) {
    if isEmpty { return advance(to: task.record.share.time) }
    let distance = (UInt32(task.record.share.bucket) &- start) & 31
    // The first bucket is that of tasks that slept.
    if distance > 0 { now = start &+ distance }
  }

  /// Advances virtual time to `time`, if that is later.
  @inline(__always)
  mutating func advance(to time: VirtualTime) {
    if Int32(bitPattern: time.bucket &- now) > 0 { now = time.bucket }
  }

  /// Returns the first task that may run on CPU `cpu`.
  mutating func search(on cpu: UInt32, in tasks: TaskTable) -> TaskNumber? {
    for distance: UInt32 in 0..<32 {
      let bucket = Int((start &+ distance) & 31)
      if let task = buckets[bucket].search(on: cpu, in: tasks) { return task }
    }
    return nil
  }
}
