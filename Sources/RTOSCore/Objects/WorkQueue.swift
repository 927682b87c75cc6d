// SPDX-License-Identifier: Apache-2.0
/// Work that a task does on behalf of code that cannot block, above all interrupt handlers.
public typealias WorkFunction = @convention(c) (UInt) -> Void

// SAFETY: items and queues do not move while a handle exists, and are accessed under the
// scheduler's lock.
/// A work item: a function with an argument, which can be queued repeatedly. It is bound to one
/// queue, and its creator owns its memory.
///
/// Once its function is called, the queue does not access the item any more. So the function may
/// free the item, if no other handle exists.
@safe public struct Work {
  enum State: UInt8 {
    case idle
    case delayed
    case queued
  }

  /// The next queued or delayed item.
  var next: UnsafeMutablePointer<Work>?
  var state = State.idle
  /// A number that increases with each item queued.
  var ticket: UInt32 = 0
  /// The tick at which a delayed item is queued.
  var deadline: UInt64 = 0
  let queue: UnsafeMutablePointer<WorkQueue>
  let function: WorkFunction
  let argument: UInt

  /// An item of `queue`, not queued yet.
  public init(
    in queue: ObjectHandle<WorkQueue>, argument: UInt = 0, _ function: @escaping WorkFunction
  ) {
    unsafe self.queue = queue.object
    self.function = function
    self.argument = argument
  }
}

/// A work queue: one task runs the items one after the other, in the order in which they were
/// queued. So no item runs twice at the same time, and all run at the task's priority. A delayed
/// item is appended when the task sees that its tick has come.
@safe public struct WorkQueue {
  /// The worker while it is idle. The first field.
  var idle = WaitQueue()
  /// The tasks that wait for work to end; their `word` is the ticket of that work.
  var waiters = WaitQueue()
  var first: UnsafeMutablePointer<Work>?
  var last: UnsafeMutablePointer<Work>?
  /// In order of deadline, and of insertion where deadlines are equal.
  var delayed: UnsafeMutablePointer<Work>?
  /// The item that is running, only for comparison; nil if none is.
  var running: UnsafeMutablePointer<Work>?
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

// SAFETY: items and queues do not move while a handle exists, and are accessed under the
// scheduler's lock.
extension WorkQueue {
  /// Appends `work`.
  mutating func append(_ work: UnsafeMutablePointer<Work>) {
    lastIssuedTicket &+= 1  // Wrapping: only a few tickets are in use at a time.
    unsafe work.pointee.ticket = lastIssuedTicket
    unsafe work.pointee.state = .queued
    unsafe work.pointee.next = nil
    if let last = unsafe last {
      unsafe last.pointee.next = work
    } else {
      unsafe first = work
    }
    unsafe last = work
  }

  /// Inserts `work` after all delayed items whose deadline is not later; linear in their number.
  mutating func insert(_ work: UnsafeMutablePointer<Work>, due deadline: UInt64) {
    unsafe work.pointee.deadline = deadline
    unsafe work.pointee.state = .delayed
    var before: UnsafeMutablePointer<Work>?
    var next = unsafe delayed
    while let other = unsafe next, unsafe other.pointee.deadline <= deadline {
      unsafe before = other
      unsafe next = other.pointee.next
    }
    unsafe work.pointee.next = next
    if let before = unsafe before {
      unsafe before.pointee.next = work
    } else {
      unsafe delayed = work
    }
  }

  /// Removes and returns the first item.
  mutating func takeFirst() -> UnsafeMutablePointer<Work>? {
    guard let work = unsafe first else { return nil }
    unsafe first = work.pointee.next
    if unsafe first == nil { unsafe last = nil }
    unsafe work.pointee.state = .idle
    return unsafe work
  }

  /// Queues the delayed items whose tick has come.
  mutating func promote(at now: UInt64) {
    while let work = unsafe delayed, unsafe work.pointee.deadline <= now {
      unsafe delayed = work.pointee.next
      unsafe append(work)
    }
  }

  /// Removes `work`, which is queued or delayed. Returns the ticket of the work before it; nil if
  /// there is none.
  mutating func remove(_ work: UnsafeMutablePointer<Work>) -> UInt32? {
    let isDelayed = unsafe work.pointee.state == .delayed
    var before: UnsafeMutablePointer<Work>?
    var next = unsafe isDelayed ? delayed : first
    while let other = unsafe next, unsafe other != work {
      unsafe before = other
      unsafe next = other.pointee.next
    }
    let after = unsafe work.pointee.next
    unsafe work.pointee.state = .idle
    if let before = unsafe before {
      unsafe before.pointee.next = after
    } else if isDelayed {
      unsafe delayed = after
    } else {
      unsafe first = after
    }
    guard !isDelayed else { return nil }
    if unsafe last == work { unsafe last = before }
    if let before = unsafe before { return unsafe before.pointee.ticket }
    return unsafe running == nil ? nil : runningTicket
  }

  /// The ticket of the last item that is queued or running; nil if there is none.
  var lastTicket: UInt32? {
    if let last = unsafe last { return unsafe last.pointee.ticket }
    return unsafe running == nil ? nil : runningTicket
  }
}
