// SPDX-License-Identifier: Apache-2.0
/// Work that a task does for those who cannot wait themselves: interrupts, above all.
public typealias WorkFunction = @convention(c) (UInt) -> Void

// SAFETY: items and queues stand where they are as long as anybody has a handle, and are reached under
// the scheduler's lock.
/// A piece of work that can be queued, again and again: a function and what it is called with. It
/// belongs to one queue, and its memory to who made it; there is no other.
///
/// From the moment its function is called, the queue does not touch it any more: the function may give
/// its memory back, if nobody else has a handle.
@safe public struct Work {
  enum State: UInt8 {
    case idle
    case delayed
    case queued
  }

  /// The next in the queue, or among those that are delayed.
  var next: UnsafeMutablePointer<Work>?
  var state = State.idle
  /// Which of all that were ever queued it is.
  var ticket: UInt32 = 0
  /// The tick from which on a delayed one is queued.
  var deadline: UInt64 = 0
  let queue: UnsafeMutablePointer<WorkQueue>
  let function: WorkFunction
  let argument: UInt

  /// Work of `queue`, not queued yet.
  public init(
    in queue: Fixed<WorkQueue>, argument: UInt = 0, _ function: @escaping WorkFunction
  ) {
    unsafe self.queue = queue.place
    self.function = function
    self.argument = argument
  }
}

/// Work that waits to be done, by one task, one after the other in the order in which it was queued;
/// so nothing of it runs twice at the same time, and the task's priority is that of all its work. What
/// is delayed comes behind all that is queued when the task sees that its tick has come.
@safe public struct WorkQueue {
  /// The task, while it has nothing to do. The first field.
  var idle = WaitQueue()
  /// Who waits for the end of work: `word` is the ticket of what must have ended.
  var enders = WaitQueue()
  var first: UnsafeMutablePointer<Work>?
  var last: UnsafeMutablePointer<Work>?
  /// By deadline; the first of several with the same is the oldest.
  var delayed: UnsafeMutablePointer<Work>?
  /// What is being done; only compared. nil for nothing.
  var running: UnsafeMutablePointer<Work>?
  var runningTicket: UInt32 = 0
  /// The last ticket. Wraps.
  var issued: UInt32 = 0
  /// The task that does the work, or `TaskRecord.none`.
  var worker = TaskRecord.none
  var isClosed = false

  /// Nothing to do, and nobody to do it.
  public init() {}
}

/// What a worker is to do next.
enum WorkStep {
  /// Call this.
  case call(WorkFunction, UInt)
  /// Ask again: it has waited.
  case again
  /// Nothing any more: the queue is closed.
  case end
}

// SAFETY: see `Work`.
extension WorkQueue {
  /// Puts `work` behind all others.
  mutating func append(_ work: UnsafeMutablePointer<Work>) {
    issued &+= 1  // Wrapping: only a few are there at a time.
    unsafe work.pointee.ticket = issued
    unsafe work.pointee.state = .queued
    unsafe work.pointee.next = nil
    if let last = unsafe last {
      unsafe last.pointee.next = work
    } else {
      unsafe first = work
    }
    unsafe last = work
  }

  /// Puts `work` behind those that are due not later. Costs a step for each of them.
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

  /// Takes the first out.
  mutating func takeFirst() -> UnsafeMutablePointer<Work>? {
    guard let work = unsafe first else { return nil }
    unsafe first = work.pointee.next
    if unsafe first == nil { unsafe last = nil }
    unsafe work.pointee.state = .idle
    return unsafe work
  }

  /// Queues those whose tick has come.
  mutating func promote(at now: UInt64) {
    while let work = unsafe delayed, unsafe work.pointee.deadline <= now {
      unsafe delayed = work.pointee.next
      unsafe append(work)
    }
  }

  /// Takes `work` out, which is queued or delayed; the ticket of what is done before it, nil for
  /// nothing.
  mutating func remove(_ work: UnsafeMutablePointer<Work>) -> UInt32? {
    let isDelayed = unsafe work.pointee.state == .delayed
    var before: UnsafeMutablePointer<Work>?
    var next = unsafe isDelayed ? delayed : first
    while let other = unsafe next, unsafe other != work {
      unsafe before = other
      unsafe next = other.pointee.next
    }
    let behind = unsafe work.pointee.next
    unsafe work.pointee.state = .idle
    if let before = unsafe before {
      unsafe before.pointee.next = behind
    } else if isDelayed {
      unsafe delayed = behind
    } else {
      unsafe first = behind
    }
    guard !isDelayed else { return nil }
    if unsafe last == work { unsafe last = before }
    if let before = unsafe before { return unsafe before.pointee.ticket }
    return unsafe running == nil ? nil : runningTicket
  }

  /// The ticket of the last that is queued or being done; nil for none.
  var lastTicket: UInt32? {
    if let last = unsafe last { return unsafe last.pointee.ticket }
    return unsafe running == nil ? nil : runningTicket
  }
}
