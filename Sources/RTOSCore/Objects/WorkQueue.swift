// SPDX-License-Identifier: Apache-2.0
/// Work that a task does on behalf of code that cannot block, above all interrupt handlers.
public typealias WorkFunction = @convention(c) (UInt) -> Void

/// A work item: a function with an argument, which can be queued repeatedly. It is bound to one
/// queue, and its creator owns its memory.
///
/// Once its function is called, the queue does not access the item any more. So the function may
/// free the item, if no other handle exists.
public struct Work {
  enum State: UInt8 {
    case idle
    case delayed
    case queued
  }

  /// The next queued or delayed item.
  var next: ObjectHandle<Work>?
  var state = State.idle
  /// A number that increases with each item queued.
  var ticket: UInt32 = 0
  /// The tick at which a delayed item is queued.
  var deadline: UInt64 = 0
  let queue: ObjectHandle<WorkQueue>
  let function: WorkFunction
  let argument: UInt

  /// An item of `queue`, not queued yet.
  public init(
    in queue: ObjectHandle<WorkQueue>, argument: UInt = 0, _ function: @escaping WorkFunction
  ) {
    self.queue = queue
    self.function = function
    self.argument = argument
  }
}

/// A work queue: one task runs the items one after the other, in the order in which they were
/// queued. So no item runs twice at the same time, and all run at the task's priority. A delayed
/// item is appended when the task sees that its tick has come.
public struct WorkQueue: WaitedObject {
  /// The worker while it is idle. The first field.
  var idle = WaitQueue()
  /// The tasks that wait for work to end; their `wait` has the ticket of that work.
  var waiters = WaitQueue()
  var first: ObjectHandle<Work>?
  var last: ObjectHandle<Work>?
  /// In order of deadline, and of insertion where deadlines are equal.
  var delayed: ObjectHandle<Work>?
  /// The item that is running, only for comparison; nil if none is.
  var running: ObjectHandle<Work>?
  var runningTicket: UInt32 = 0
  /// The last ticket. Wraps.
  var lastIssuedTicket: UInt32 = 0
  /// The task that runs the work, or `TaskRecord.none`.
  var worker = TaskRecord.none
  var isClosed = false

  /// An empty queue without a worker.
  public init() {}
}

/// What a worker does next.
enum WorkStep {
  /// Call this function with this argument.
  case call(WorkFunction, UInt)
  /// Ask again, because the worker waited.
  case again
  /// Return, because the queue is closed.
  case end
}

extension WorkQueue {
  /// An item of this queue, which has exclusive access to its items, as it is itself accessed under
  /// the scheduler's lock.
  private subscript(_ work: ObjectHandle<Work>) -> Work {
    // SAFETY: a handle's item is initialised and does not move; only its queue accesses it.
    mutating unsafeAddress { unsafe UnsafePointer(work.object) }
    // SAFETY: a handle's item is initialised and does not move; only its queue accesses it.
    unsafeMutableAddress { unsafe work.object }
  }

  /// Appends `work`.
  mutating func append(_ work: ObjectHandle<Work>) {
    lastIssuedTicket &+= 1  // Wrapping: only a few tickets are in use at a time.
    self[work].ticket = lastIssuedTicket
    self[work].state = .queued
    self[work].next = nil
    if let last {
      self[last].next = work
    } else {
      first = work
    }
    last = work
  }

  /// Inserts `work` after all delayed items whose deadline is not later; linear in their number.
  mutating func insert(_ work: ObjectHandle<Work>, due deadline: UInt64) {
    self[work].deadline = deadline
    self[work].state = .delayed
    var before: ObjectHandle<Work>?
    var next = delayed
    while let other = next, self[other].deadline <= deadline {
      before = other
      next = self[other].next
    }
    self[work].next = next
    if let before {
      self[before].next = work
    } else {
      delayed = work
    }
  }

  /// Removes and returns the first item.
  mutating func takeFirst() -> ObjectHandle<Work>? {
    guard let work = first else { return nil }
    first = self[work].next
    if first == nil { last = nil }
    self[work].state = .idle
    return work
  }

  /// Queues the delayed items whose tick has come.
  mutating func promote(at now: UInt64) {
    while let work = delayed, self[work].deadline <= now {
      delayed = self[work].next
      append(work)
    }
  }

  /// Removes `work`, which is queued or delayed. Returns the ticket of the work before it; nil if
  /// there is none.
  mutating func remove(_ work: ObjectHandle<Work>) -> UInt32? {
    let isDelayed = self[work].state == .delayed
    var before: ObjectHandle<Work>?
    var next = isDelayed ? delayed : first
    while let other = next, other != work {
      before = other
      next = self[other].next
    }
    let after = self[work].next
    self[work].state = .idle
    if let before {
      self[before].next = after
    } else if isDelayed {
      delayed = after
    } else {
      first = after
    }
    guard !isDelayed else { return nil }
    if last == work { last = before }
    if let before { return self[before].ticket }
    return running == nil ? nil : runningTicket
  }

  /// The ticket of the last item that is queued or running; nil if there is none.
  mutating func lastTicket() -> UInt32? {
    if let last { return self[last].ticket }
    return running == nil ? nil : runningTicket
  }
}
