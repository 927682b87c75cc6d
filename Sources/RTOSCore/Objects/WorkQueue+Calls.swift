// SPDX-License-Identifier: Apache-2.0
// SAFETY: handles refer to items and queues that do not move; both are accessed under the
// scheduler's lock.
/// The operations on work queues. Only those with a timeout block, and the worker's own.
extension Scheduler {
  /// Queues a work item. Callable from any context.
  ///
  /// - Returns: false, with nothing changed, if the item is already queued or delayed, a task waits
  ///   for it in `cancelAndWait`, or the queue is closed.
  @discardableResult
  public func enqueue(_ work: ObjectHandle<Work>) -> Bool { enqueue(work, after: 0) }

  /// Queues a work item after `ticks` ticks; the first of them may be nearly over. Callable from
  /// any context.
  ///
  /// - Returns: false, with nothing changed, if the item is already queued or delayed, a task waits
  ///   for it in `cancelAndWait`, or the queue is closed.
  @discardableResult
  public func enqueue(_ work: ObjectHandle<Work>, after ticks: UInt32) -> Bool {
    withState { (state: inout State) in
      let item = unsafe work.object
      let queue = unsafe item.pointee.queue
      guard unsafe item.pointee.state == .idle, unsafe !queue.pointee.isClosed,
        unsafe !state.isBeingCancelled(item)
      else { return false }
      if ticks == 0 {
        unsafe queue.pointee.append(item)
      } else {
        unsafe queue.pointee.insert(item, due: state.now + UInt64(word: ticks))
        // The worker already sleeps until the first deadline; only a new first item must wake it.
        guard unsafe queue.pointee.delayed == item else { return true }
      }
      unsafe state.wakeWorker(queue)
      Self.rescheduleIfNeeded(&state)
      return true
    }
  }

  /// Cancels a work item that has not begun. Callable from any context.
  ///
  /// - Returns: false if the item was neither queued nor delayed; it may be running.
  @discardableResult
  public func cancel(_ work: ObjectHandle<Work>) -> Bool {
    withState { (state: inout State) in
      let was = unsafe state.cancelWork(work.object)
      Self.rescheduleIfNeeded(&state)
      return was
    }
  }

  /// Cancels a work item and, if it is running, blocks until it has ended. Meanwhile the item
  /// cannot be queued. Afterwards its memory may be reused.
  ///
  /// - Returns: whether the item was queued or delayed.
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`; `deadlock` if the item
  ///   itself is the caller. Except for `inInterrupt`, the item was cancelled all the same.
  @discardableResult
  public func cancelAndWait(
    _ work: ObjectHandle<Work>, _ timeout: Timeout = .forever
  ) throws(WaitError) -> Bool {
    let queue = unsafe work.object.pointee.queue
    var was = false
    try wait { (state, _) throws(WaitError) in
      was = unsafe state.cancelWork(work.object)
      guard unsafe queue.pointee.running == work.object else { return .satisfied }
      let ticket = unsafe queue.pointee.runningTicket
      try unsafe Self.beginWait(&state, .workCancelled, for: ticket, queue, timeout)
      return nil
    }
    return was
  }

  /// Blocks until a queued or running work item has ended. It does not wait for a delayed item.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`; `deadlock` if work of
  ///   the same queue is the caller.
  public func flush(_ work: ObjectHandle<Work>, _ timeout: Timeout = .forever) throws(WaitError) {
    let queue = unsafe work.object.pointee.queue
    try wait { (state, me) throws(WaitError) in
      let ticket: UInt32
      if unsafe work.object.pointee.state == .queued {
        ticket = unsafe work.object.pointee.ticket
      } else if unsafe queue.pointee.running == work.object {
        ticket = unsafe queue.pointee.runningTicket
      } else {
        return .satisfied
      }
      try unsafe state.beginWait(me, .workEnded, for: ticket, queue, timeout)
      return nil
    }
  }

  /// Blocks until all items that are queued now have ended or were cancelled. It does not wait for
  /// delayed items.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`; `deadlock` if work of
  ///   the same queue is the caller.
  public func flush(_ queue: ObjectHandle<WorkQueue>, _ timeout: Timeout = .forever)
    throws(WaitError)
  {
    try wait { (state, me) throws(WaitError) in
      guard let ticket = unsafe queue.object.pointee.lastTicket else { return .satisfied }
      try unsafe state.beginWait(me, .workFlushed, for: ticket, queue.object, timeout)
      return nil
    }
  }

  /// Cancels all work, refuses new work, and blocks until the worker has left the queue. Afterwards
  /// the memory may be reused.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`; `deadlock` if work of
  ///   the same queue is the caller. Except for `inInterrupt`, the queue is closed all the same.
  public func close(_ queue: ObjectHandle<WorkQueue>, _ timeout: Timeout = .forever)
    throws(WaitError)
  {
    try wait { (state, _) throws(WaitError) in
      let object = unsafe queue.object
      unsafe object.pointee.isClosed = true
      while let item = unsafe object.pointee.first { _ = unsafe state.cancelWork(item) }
      while let item = unsafe object.pointee.delayed { _ = unsafe state.cancelWork(item) }
      guard unsafe object.pointee.worker != TaskRecord.none else { return .satisfied }
      unsafe state.wakeWorker(object)
      try unsafe Self.beginWait(&state, .workClosed, for: 0, object, timeout)
      return nil
    }
  }

  /// Begins a wait after other tasks may have been made ready. If the wait is refused, it
  /// reschedules here.
  private static func beginWait(
    _ state: inout State, _ kind: WaitKind, for ticket: UInt32,
    _ queue: UnsafeMutablePointer<WorkQueue>, _ timeout: Timeout
  ) throws(WaitError) {
    do throws(WaitError) {
      try unsafe state.beginWait(Context.runningTask, kind, for: ticket, queue, timeout)
    } catch {
      rescheduleIfNeeded(&state)
      throw error
    }
  }

  /// The main loop of a queue's only worker: runs work until the queue is closed.
  public func runWorker(of queue: ObjectHandle<WorkQueue>) {
    while true {
      switch nextWork(of: queue) {
      case .call(let function, let argument): function(argument)
      case .again: break
      case .end: return
      }
    }
  }

  /// Ends the work item that the calling worker just ran, and chooses what the worker does next.
  /// Blocks if there is no work.
  func nextWork(of queue: ObjectHandle<WorkQueue>) -> WorkStep {
    withState { (state: inout State) in
      let object = unsafe queue.object
      let me = Context.runningTask
      unsafe object.pointee.worker = me
      if unsafe object.pointee.running != nil {
        unsafe object.pointee.running = nil
        let ticket = unsafe object.pointee.runningTicket
        unsafe state.endWaits(in: object) { (_, word) in word == ticket }
      }
      if unsafe object.pointee.isClosed {
        unsafe object.pointee.worker = TaskRecord.none
        unsafe state.endWaits(in: object) { (kind, _) in kind == .workClosed }
        Self.rescheduleIfNeeded(&state)
        return .end
      }
      unsafe object.pointee.promote(at: state.now)
      if let item = unsafe object.pointee.takeFirst() {
        unsafe object.pointee.running = item
        unsafe object.pointee.runningTicket = item.pointee.ticket
        let step = unsafe WorkStep.call(item.pointee.function, item.pointee.argument)
        Self.rescheduleIfNeeded(&state)
        return step
      }
      var timeout = Timeout.forever
      if let next = unsafe object.pointee.delayed {
        // The deadline is after now, or `promote` would have queued the item.
        let ticks = unsafe next.pointee.deadline - state.now
        timeout = .ticks(UInt32(truncatingIfNeeded: min(ticks, UInt64(word: .max - 1))))
      }
      unsafe state.beginWait(me, .work, in: queue.queue, timeout)
      Self.switchAway(&state)
      return .again
    }
  }
}

// SAFETY: items and queues do not move, and the caller holds the scheduler's lock.
extension TaskSet {
  /// Wakes the worker if it is idle.
  fileprivate mutating func wakeWorker(_ queue: UnsafeMutablePointer<WorkQueue>) {
    let worker = unsafe queue.pointee.idle.first
    if worker != TaskRecord.none { endWait(worker, .satisfied) }
  }

  /// Begins to wait for the end of the work with a ticket.
  fileprivate mutating func beginWait(
    _ me: UInt32, _ kind: WaitKind, for ticket: UInt32, _ queue: UnsafeMutablePointer<WorkQueue>,
    _ timeout: Timeout
  ) throws(WaitError) {
    guard unsafe queue.pointee.worker != me else { throw .deadlock }
    try checkMayBlock(me, timeout)
    tasks[me].word = ticket
    unsafe beginWait(me, kind, in: enders(of: queue), timeout)
  }

  /// Removes a work item from its queue; false if it is neither queued nor delayed. Waits for this
  /// item end. A flush whose last item it is continues to wait for the item before it.
  fileprivate mutating func cancelWork(_ work: UnsafeMutablePointer<Work>) -> Bool {
    guard unsafe work.pointee.state != .idle else { return false }
    let queue = unsafe work.pointee.queue
    let isQueued = unsafe work.pointee.state == .queued
    let ticket = unsafe work.pointee.ticket
    let before = unsafe queue.pointee.remove(work)
    guard isQueued else { return true }
    unsafe endWaits(in: queue) { (kind, word) in
      word == ticket && (kind == .workEnded || kind == .workFlushed && before == nil)
    }
    guard let before else { return true }
    var task = unsafe queue.pointee.waiters.first
    while task != TaskRecord.none {
      if tasks[task].word == ticket, tasks[task].waitKind == .workFlushed {
        tasks[task].word = before
      }
      task = tasks[task].next
    }
    return true
  }

  /// True if the item is running and a task waits in `cancelAndWait` for its end.
  fileprivate func isBeingCancelled(_ work: UnsafeMutablePointer<Work>) -> Bool {
    let queue = unsafe work.pointee.queue
    guard unsafe queue.pointee.running == work else { return false }
    var task = unsafe queue.pointee.waiters.first
    while task != TaskRecord.none {
      if tasks[task].waitKind == .workCancelled,
        unsafe tasks[task].word == queue.pointee.runningTicket
      {
        return true
      }
      task = tasks[task].next
    }
    return false
  }

  /// Ends the waits for which `body`, called with the kind of wait and the ticket, returns true.
  fileprivate mutating func endWaits(
    in queue: UnsafeMutablePointer<WorkQueue>, _ body: (WaitKind, UInt32) -> Bool
  ) {
    var task = unsafe queue.pointee.waiters.first
    while task != TaskRecord.none {
      let next = tasks[task].next
      if body(tasks[task].waitKind, tasks[task].word) { endWait(task, .satisfied) }
      task = next
    }
  }

  private func enders(
    of queue: UnsafeMutablePointer<WorkQueue>
  ) -> UnsafeMutablePointer<WaitQueue> {
    // SAFETY: a stored field of a struct that does not move.
    unsafe withUnsafeMutablePointer(to: &queue.pointee.waiters) { unsafe $0 }
  }
}
