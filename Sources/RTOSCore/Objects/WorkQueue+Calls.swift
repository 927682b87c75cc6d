// SPDX-License-Identifier: Apache-2.0
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
      let queue = state[work].queue
      guard state[work].state == .idle, !state[queue].isClosed,
        !state.isBeingCancelled(work)
      else { return false }
      if ticks == 0 {
        state[queue].append(work)
      } else {
        state[queue].insert(work, due: state.now + UInt64(word: ticks))
        // The worker already sleeps until the first deadline; only a new first item must wake it.
        guard state[queue].delayed == work else { return true }
      }
      state.wakeWorker(queue)
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
      let was = state.cancelWork(work)
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
    var was = false
    try wait { (state, _) throws(WaitError) in
      let queue = state[work].queue
      was = state.cancelWork(work)
      guard state[queue].running == work else { return .satisfied }
      let ticket = state[queue].runningTicket
      try Self.beginWait(&state, .workCancelled(ticket: ticket), queue, timeout)
      return nil
    }
    return was
  }

  /// Blocks until a queued or running work item has ended. It does not wait for a delayed item.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`; `deadlock` if work of
  ///   the same queue is the caller.
  public func flush(_ work: ObjectHandle<Work>, _ timeout: Timeout = .forever) throws(WaitError) {
    try wait { (state, me) throws(WaitError) in
      let queue = state[work].queue
      let ticket: UInt32
      if state[work].state == .queued {
        ticket = state[work].ticket
      } else if state[queue].running == work {
        ticket = state[queue].runningTicket
      } else {
        return .satisfied
      }
      try state.beginWait(me, .workEnded(ticket: ticket), queue, timeout)
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
      guard let ticket = state[queue].lastTicket() else { return .satisfied }
      try state.beginWait(me, .workFlushed(ticket: ticket), queue, timeout)
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
      state[queue].isClosed = true
      while let item = state[queue].first { _ = state.cancelWork(item) }
      while let item = state[queue].delayed { _ = state.cancelWork(item) }
      guard state[queue].worker != TaskRecord.none else { return .satisfied }
      state.wakeWorker(queue)
      try Self.beginWait(&state, .plain(.workClosed), queue, timeout)
      return nil
    }
  }

  /// Begins a wait after other tasks may have been made ready. If the wait is refused, it
  /// reschedules here.
  private static func beginWait(
    _ state: inout State, _ wait: Wait, _ queue: ObjectHandle<WorkQueue>, _ timeout: Timeout
  ) throws(WaitError) {
    do throws(WaitError) {
      try state.beginWait(Context.runningTask, wait, queue, timeout)
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
      let me = Context.runningTask
      state[queue].worker = me
      if state[queue].running != nil {
        state[queue].running = nil
        let ticket = state[queue].runningTicket
        state.endWaits(in: queue) { $0.ticket == ticket }
      }
      if state[queue].isClosed {
        state[queue].worker = TaskRecord.none
        state.endWaits(in: queue) { if case .plain(.workClosed) = $0 { true } else { false } }
        Self.rescheduleIfNeeded(&state)
        return .end
      }
      state[queue].promote(at: state.now)
      if let item = state[queue].takeFirst() {
        state[queue].running = item
        state[queue].runningTicket = state[item].ticket
        let step = WorkStep.call(state[item].function, state[item].argument)
        Self.rescheduleIfNeeded(&state)
        return step
      }
      var timeout = Timeout.forever
      if let next = state[queue].delayed {
        // The deadline is after now, or `promote` would have queued the item.
        let ticks = state[next].deadline - state.now
        timeout = .ticks(UInt32(truncatingIfNeeded: min(ticks, UInt64(word: .max - 1))))
      }
      state.beginWait(me, .plain(.work), in: queue.queue, timeout)
      Self.switchAway(&state)
      return .again
    }
  }
}

extension ObjectHandle where Object == WorkQueue {
  /// The queue of the tasks that wait for work to end.
  fileprivate var waiters: ObjectHandle<WaitQueue> {
    // SAFETY: the second field of the work queue, directly after the first, of the same type.
    unsafe ObjectHandle<WaitQueue>(at: queue.object + 1)
  }
}

extension TaskSet {
  /// Wakes the worker if it is idle.
  fileprivate mutating func wakeWorker(_ queue: ObjectHandle<WorkQueue>) {
    let worker = self[queue].idle.first
    if worker != TaskRecord.none { endWait(worker, .satisfied) }
  }

  /// Begins to wait for the end of work.
  fileprivate mutating func beginWait(
    _ me: TaskNumber, _ wait: Wait, _ queue: ObjectHandle<WorkQueue>, _ timeout: Timeout
  ) throws(WaitError) {
    guard self[queue].worker != me else { throw .deadlock }
    try checkMayBlock(me, timeout)
    beginWait(me, wait, in: queue.waiters, timeout)
  }

  /// Removes a work item from its queue; false if it is neither queued nor delayed. Waits for this
  /// item end. A flush whose last item it is continues to wait for the item before it.
  fileprivate mutating func cancelWork(_ work: ObjectHandle<Work>) -> Bool {
    guard self[work].state != .idle else { return false }
    let queue = self[work].queue
    let isQueued = self[work].state == .queued
    let ticket = self[work].ticket
    let before = self[queue].remove(work)
    guard isQueued else { return true }
    endWaits(in: queue) {
      switch $0 {
      case .workEnded(ticket): true
      case .workFlushed(ticket): before == nil
      default: false
      }
    }
    guard let before else { return true }
    var task = self[queue].waiters.first
    while task != TaskRecord.none {
      if case .workFlushed(ticket) = tasks[task].wait {
        tasks[task].wait = .workFlushed(ticket: before)
      }
      task = tasks[task].next
    }
    return true
  }

  /// True if the item is running and a task waits in `cancelAndWait` for its end.
  fileprivate mutating func isBeingCancelled(_ work: ObjectHandle<Work>) -> Bool {
    let queue = self[work].queue
    guard self[queue].running == work else { return false }
    var task = self[queue].waiters.first
    while task != TaskRecord.none {
      if case .workCancelled(self[queue].runningTicket) = tasks[task].wait { return true }
      task = tasks[task].next
    }
    return false
  }

  /// Ends the waits for which `body` returns true.
  fileprivate mutating func endWaits(
    in queue: ObjectHandle<WorkQueue>, _ body: (Wait) -> Bool
  ) {
    var task = self[queue].waiters.first
    while task != TaskRecord.none {
      let next = tasks[task].next
      if body(tasks[task].wait) { endWait(task, .satisfied) }
      task = next
    }
  }
}
