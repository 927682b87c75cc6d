// SPDX-License-Identifier: Apache-2.0
// SAFETY: handles lead to items and queues that stay where they are; both are reached under the lock.
/// Work queues. None of it waits unless it says so.
extension Scheduler {
  /// Queues work. From any context.
  ///
  /// - Returns: false, and nothing has changed, if it is queued or delayed already, if somebody waits in
  ///   `cancelAndWait` for it, or if the queue is closed.
  @discardableResult
  public func enqueue(_ work: Fixed<Work>) -> Bool { enqueue(work, after: 0) }

  /// Queues work when `ticks` ticks have come; the first may come at once. From any context.
  ///
  /// - Returns: as above.
  @discardableResult
  public func enqueue(_ work: Fixed<Work>, after ticks: UInt32) -> Bool {
    withState { (state: inout State) in
      let item = unsafe work.place
      let queue = unsafe item.pointee.queue
      guard unsafe item.pointee.state == .idle, unsafe !queue.pointee.isClosed,
        unsafe !state.isBeingCancelled(item)
      else { return false }
      if ticks == 0 {
        unsafe queue.pointee.append(item)
      } else {
        unsafe queue.pointee.insert(item, due: state.now + UInt64(word: ticks))
        // The worker sleeps until the first is due.
        guard unsafe queue.pointee.delayed == item else { return true }
      }
      unsafe state.rouse(queue)
      Self.settle(&state)
      return true
    }
  }

  /// Takes work back that has not begun. From any context.
  ///
  /// - Returns: false if it is not queued; it may be running.
  @discardableResult
  public func cancel(_ work: Fixed<Work>) -> Bool {
    withState { (state: inout State) in
      let was = unsafe state.takeBack(work.place)
      Self.settle(&state)
      return was
    }
  }

  /// Takes work back and waits for its end if it runs; meanwhile nobody can queue it. Afterwards its
  /// memory may be used for something else.
  ///
  /// - Returns: whether it was queued.
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`; `deadlock` in the work itself.
  ///   It is taken back all the same, but by an interrupt.
  @discardableResult
  public func cancelAndWait(
    _ work: Fixed<Work>, _ timeout: Timeout = .forever
  ) throws(WaitError) -> Bool {
    let queue = unsafe work.place.pointee.queue
    var was = false
    try wait { (state, _) throws(WaitError) in
      was = unsafe state.takeBack(work.place)
      guard unsafe queue.pointee.running == work.place else { return .satisfied }
      let ticket = unsafe queue.pointee.runningTicket
      try unsafe Self.beginWait(&state, .workCancelled, for: ticket, queue, timeout)
      return nil
    }
    return was
  }

  /// Waits until work that is queued or runs has ended. Not for what is delayed.
  ///
  /// - Throws: `inInterrupt`, `wouldBlock`, `preemptionLocked`, `timedOut`; `deadlock` in work of the
  ///   same queue.
  public func flush(_ work: Fixed<Work>, _ timeout: Timeout = .forever) throws(WaitError) {
    let queue = unsafe work.place.pointee.queue
    try wait { (state, me) throws(WaitError) in
      let ticket: UInt32
      if unsafe work.place.pointee.state == .queued {
        ticket = unsafe work.place.pointee.ticket
      } else if unsafe queue.pointee.running == work.place {
        ticket = unsafe queue.pointee.runningTicket
      } else {
        return .satisfied
      }
      try unsafe state.beginWait(me, .workEnded, for: ticket, queue, timeout)
      return nil
    }
  }

  /// Waits until all work that is queued now has ended or was taken back. Not for what is delayed.
  ///
  /// - Throws: as above.
  public func flush(_ queue: Fixed<WorkQueue>, _ timeout: Timeout = .forever) throws(WaitError) {
    try wait { (state, me) throws(WaitError) in
      guard let ticket = unsafe queue.place.pointee.lastTicket else { return .satisfied }
      try unsafe state.beginWait(me, .workFlushed, for: ticket, queue.place, timeout)
      return nil
    }
  }

  /// Takes all work back, lets none come any more, and waits until the worker has left: then the memory
  /// may be used for something else.
  ///
  /// - Throws: as above; the queue is closed all the same, but by an interrupt.
  public func close(_ queue: Fixed<WorkQueue>, _ timeout: Timeout = .forever) throws(WaitError) {
    try wait { (state, _) throws(WaitError) in
      let place = unsafe queue.place
      unsafe place.pointee.isClosed = true
      while let item = unsafe place.pointee.first { _ = unsafe state.takeBack(item) }
      while let item = unsafe place.pointee.delayed { _ = unsafe state.takeBack(item) }
      guard unsafe place.pointee.worker != TaskRecord.none else { return .satisfied }
      unsafe state.rouse(place)
      try unsafe Self.beginWait(&state, .workClosed, for: 0, place, timeout)
      return nil
    }
  }

  /// Begins a wait before which others were made ready.
  private static func beginWait(
    _ state: inout State, _ kind: WaitKind, for ticket: UInt32,
    _ queue: UnsafeMutablePointer<WorkQueue>, _ timeout: Timeout
  ) throws(WaitError) {
    do throws(WaitError) {
      try unsafe state.beginWait(Context.runningTask, kind, for: ticket, queue, timeout)
    } catch {
      settle(&state)
      throw error
    }
  }

  /// The life of a queue's one worker: does its work until the queue is closed.
  public func work(through queue: Fixed<WorkQueue>) {
    while true {
      switch nextWork(of: queue) {
      case .call(let function, let argument): function(argument)
      case .again: break
      case .end: return
      }
    }
  }

  /// What the worker, which calls, has done has ended: what it does next. Waits if there is nothing.
  func nextWork(of queue: Fixed<WorkQueue>) -> WorkStep {
    withState { (state: inout State) in
      let place = unsafe queue.place
      let me = Context.runningTask
      unsafe place.pointee.worker = me
      if unsafe place.pointee.running != nil {
        unsafe place.pointee.running = nil
        let ticket = unsafe place.pointee.runningTicket
        unsafe state.endWaits(in: place) { (_, word) in word == ticket }
      }
      if unsafe place.pointee.isClosed {
        unsafe place.pointee.worker = TaskRecord.none
        unsafe state.endWaits(in: place) { (kind, _) in kind == .workClosed }
        Self.settle(&state)
        return .end
      }
      unsafe place.pointee.promote(at: state.now)
      if let item = unsafe place.pointee.takeFirst() {
        unsafe place.pointee.running = item
        unsafe place.pointee.runningTicket = item.pointee.ticket
        let step = unsafe WorkStep.call(item.pointee.function, item.pointee.argument)
        Self.settle(&state)
        return step
      }
      var timeout = Timeout.forever
      if let next = unsafe place.pointee.delayed {
        // Later than now, or it would have been queued.
        let ticks = unsafe next.pointee.deadline - state.now
        timeout = .ticks(UInt32(truncatingIfNeeded: min(ticks, UInt64(word: .max - 1))))
      }
      unsafe state.beginWait(me, .work, in: queue.queue, timeout)
      Self.switchAway(&state)
      return .again
    }
  }
}

// SAFETY: see above.
extension TaskSet {
  /// Wakes the worker if it has nothing to do.
  fileprivate mutating func rouse(_ queue: UnsafeMutablePointer<WorkQueue>) {
    let worker = unsafe queue.pointee.idle.first
    if worker != TaskRecord.none { endWait(worker, .satisfied) }
  }

  /// Begins to wait for the end of what has a ticket.
  fileprivate mutating func beginWait(
    _ me: UInt32, _ kind: WaitKind, for ticket: UInt32, _ queue: UnsafeMutablePointer<WorkQueue>,
    _ timeout: Timeout
  ) throws(WaitError) {
    guard unsafe queue.pointee.worker != me else { throw .deadlock }
    try checkMayWait(me, timeout)
    tasks[me].word = ticket
    unsafe beginWait(me, kind, in: enders(of: queue), timeout)
  }

  /// Takes work out of its queue, if it is there. Who waits for it need not; who waits for all that was
  /// queued up to it waits for what is in front.
  fileprivate mutating func takeBack(_ work: UnsafeMutablePointer<Work>) -> Bool {
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
    var task = unsafe queue.pointee.enders.first
    while task != TaskRecord.none {
      if tasks[task].word == ticket, tasks[task].waitKind == .workFlushed {
        tasks[task].word = before
      }
      task = tasks[task].next
    }
    return true
  }

  /// True while somebody waits for the end of work that runs so that it does not run again.
  fileprivate func isBeingCancelled(_ work: UnsafeMutablePointer<Work>) -> Bool {
    let queue = unsafe work.pointee.queue
    guard unsafe queue.pointee.running == work else { return false }
    var task = unsafe queue.pointee.enders.first
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

  /// Ends the waits of those about whom `body`, given what for and the ticket, says so.
  fileprivate mutating func endWaits(
    in queue: UnsafeMutablePointer<WorkQueue>, _ body: (WaitKind, UInt32) -> Bool
  ) {
    var task = unsafe queue.pointee.enders.first
    while task != TaskRecord.none {
      let next = tasks[task].next
      if body(tasks[task].waitKind, tasks[task].word) { endWait(task, .satisfied) }
      task = next
    }
  }

  private func enders(
    of queue: UnsafeMutablePointer<WorkQueue>
  ) -> UnsafeMutablePointer<WaitQueue> {
    // SAFETY: a stored field of a struct that stays where it is.
    unsafe withUnsafeMutablePointer(to: &queue.pointee.enders) { unsafe $0 }
  }
}
