// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The outcome of sending a signal.
public enum SendOutcome {
  /// The signal is ignored, or the target has ended; it is dropped.
  case dropped
  /// The signal is pending, with its siginfo.
  case pending
  /// The signal is pending, but its siginfo was lost for lack of room.
  case pendingWithoutInfo
  /// The signal is not pending, because there was no room for its siginfo.
  case refused
}

/// Sending signals and dequeuing pending ones. All of it runs under the process table's lock, also
/// in interrupts.
extension ProcessTable {
  /// Sends a signal to a process, or to its thread of `task` alone, and notifies a thread that can
  /// accept it. An ignored signal is dropped unless it is blocked.
  @inline(never)
  @discardableResult
  public mutating func send(
    _ info: SignalInfo, to process: ProcessReference<P>, task: TaskNumber? = nil
  ) -> SendOutcome {
    guard let signal = info.signal, !process.pointee.hasEnded else { return .dropped }
    let bit = signal.bit
    guard let target = task ?? recipient(of: bit, in: process) else { return .dropped }
    if signal.isForJobControl { prepareStop(signal, of: process) }
    let state = thread(target)
    let heldBack = state.pointee.signals.mask | state.pointee.signals.waitedFor
    guard heldBack & bit != 0 || !process.pointee.ignores(signal) else { return .dropped }
    let limit = process.pointee.limits[.pendingSignals]
    let hasNoAccess: Bool
    if task == nil {
      hasNoAccess = signals.append(info, to: &process.pointee.signals.queue, limit: limit)
    } else {
      hasNoAccess = signals.append(info, to: &state.pointee.signals.queue, limit: limit)
    }
    guard hasNoAccess || !info.requiresEntry else { return .refused }
    if state.pointee.signals.accepted(bit) != 0 { notify(target) }
    if process.pointee.signalWaiters.first != nil { wakeSignalFiles(of: process) }
    return hasNoAccess ? .pending : .pendingWithoutInfo
  }

  /// Wakes those who wait for a signal of a process by a signalfd.
  @inline(never)
  private func wakeSignalFiles(of process: ProcessReference<P>) {
    // The queue is in the record, which stays in place.
    let queue = process.pointee.signalWaiters.reference
    P.consoleWaiters.wake(queue, .input, P.self)
  }

  /// Makes the thread of `task` check its pending signals.
  func notify(_ task: TaskNumber) {
    thread(task).pointee.signals.isPending = true
    P.requestUserReturnWork(task)
  }

  /// The task of the thread to notify of one of `signals` that was sent to its process. Prefers the
  /// process's first thread if it accepts one, then any thread that does; otherwise the first
  /// thread, or any.
  private func recipient(
    of signals: UInt64, in process: ProcessReference<P>
  ) -> TaskNumber? {
    var found: TaskNumber?
    var wants = false
    for index in 0..<threadEnd {
      let task = TaskNumber(index: index)
      let candidate = thread(task)
      guard candidate.pointee.process == process else { continue }
      let isWanted = candidate.pointee.signals.accepted(signals) != 0
      let isMain = candidate.pointee.identifier == process.pointee.identifier.firstThread
      if isMain, isWanted { return task }
      if found == nil || isWanted && !wants || isMain && !wants {
        found = task
        wants = isWanted
      }
    }
    return found
  }

  /// Notifies other threads of signals pending for the process: the running thread has begun to
  /// block `signals`, or ends. Like Linux (retarget_shared_pending), it walks the threads once and
  /// notifies each one that accepts a signal which none before it accepts.
  @inline(never)
  func redirect(_ signals: UInt64, of process: ProcessReference<P>) {
    var rest = signals & process.pointee.signals.queue.pending
    guard rest != 0 else { return }
    for index in 0..<threadEnd where rest != 0 {
      let task = TaskNumber(index: index)
      let candidate = thread(task)
      guard candidate.pointee.process == process else { continue }
      let accepted = candidate.pointee.signals.accepted(rest)
      guard accepted != 0 else { continue }
      rest &= ~accepted
      notify(task)
    }
  }

  /// Dequeues the next pending signal of `wanted` for the running thread; nil if there is none.
  /// Order: signals for the thread before those for its process, among the former faults first,
  /// then by number.
  @inline(never)
  mutating func dequeueSignal(
    of wanted: UInt64, for thread: ThreadReference<P>
  ) -> SignalInfo? {
    guard let process = thread.pointee.process else { return nil }
    let (own, shared) = (
      thread.pointee.signals.queue.pending & wanted, process.pointee.signals.queue.pending & wanted
    )
    guard own | shared != 0 else {
      update(thread)
      return nil
    }
    let faults = own & Signal.synchronous
    let signal = Signal(lowestIn: faults != 0 ? faults : own != 0 ? own : shared)
    var info =
      own != 0
      ? signals.dequeue(signal, from: &thread.pointee.signals.queue)
      : signals.dequeue(signal, from: &process.pointee.signals.queue)
    update(thread)
    if signal.stopsByDefault { process.pointee.stop.isDue = true }
    collectTimer(of: &info, for: process.pointee.identifier)
    return info
  }

  /// Recomputes whether the running thread has a signal to deliver or to accept, or must stop.
  func update(_ thread: ThreadReference<P>) {
    guard let process = thread.pointee.process else { return }
    let (own, shared) = (
      thread.pointee.signals.queue.pending, process.pointee.signals.queue.pending
    )
    let isDue =
      thread.pointee.signals.accepted(own | shared) != 0 || thread.pointee.stop == .requested
    thread.pointee.signals.isPending = isDue
    if isDue { P.requestUserReturnWork(thread.pointee.task) }
  }

  /// Sets the signals that the running thread blocks and those that it waits for.
  @inline(never)
  mutating func setMask(
    _ mask: UInt64, awaiting awaited: UInt64 = 0, of thread: ThreadReference<P>
  ) {
    guard let process = thread.pointee.process else { return }
    let before = thread.pointee.signals.accepted(.max)
    thread.pointee.signals.mask = mask & ~Signal.unblockable
    thread.pointee.signals.waitedFor = awaited
    update(thread)
    let lost = before & ~thread.pointee.signals.accepted(.max)
    if lost != 0 { redirect(lost, of: process) }
  }

  /// Discards the pending ones of `signals`, for the process and for each of its threads, because
  /// they are ignored from now on.
  @inline(never)
  mutating func dropSignals(_ doomed: UInt64, of process: ProcessReference<P>) {
    signals.drop(doomed, from: &process.pointee.signals.queue)
    for index in 0..<threadEnd {
      let candidate = threads.reference(index)
      guard candidate.pointee.process == process else { continue }
      signals.drop(doomed, from: &candidate.pointee.signals.queue)
    }
  }
}
