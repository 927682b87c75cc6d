// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The stop and the continuation of processes. All of it runs under the process table's lock, also
/// in interrupts.
extension ProcessTable {
  /// The effects of a signal that stops or continues at the time when it is sent, even if it is
  /// blocked or ignored. Either kind discards pending signals of the other. SIGCONT also continues
  /// all threads.
  @inline(never)
  mutating func prepareStop(_ signal: Signal, of process: ProcessReference<P>) {
    guard signal == .resume else { return dropSignals(Signal.resume.bit, of: process) }
    dropSignals(Signal.stopping, of: process)
    for index in 0..<threadEnd where threads[index].process == process {
      let state = threads[index].stop
      threads[index].stop = .none
      if state == .stopped { P.wake(TaskNumber(index: index)) }
    }
    let old = process.pointee.stop
    process.pointee.stop.isDue = false
    guard old.isComplete || old.awaited > 0 else { return }
    process.pointee.stop = GroupStop(hasContinued: true)
    if old.isComplete {
      report(process, code: SignalInfo.childContinued, status: signal.number)
    } else {
      report(process, code: SignalInfo.childStopped, status: 0)
    }
  }

  /// Begins to stop the process of the running thread, which has dequeued `signal`. Its other
  /// threads follow with `requestStop`.
  ///
  /// - Returns: false if SIGCONT came meanwhile, or the process ends.
  func beginStop(_ signal: Signal, of thread: ThreadReference<P>) -> Bool {
    guard let process = thread.pointee.process, process.pointee.stop.isDue,
      thread.pointee.stop == .none, !thread.pointee.isEnding
    else { return false }
    process.pointee.stop.isDue = false
    process.pointee.stop.signal = signal
    process.pointee.stop.hasContinued = false
    process.pointee.stop.awaited += 1
    thread.pointee.stop = .requested
    return true
  }

  /// Requests the first running thread of `process` at `start` or after it to stop.
  ///
  /// - Returns: the index where the next one may be; nil if there was none, or if the stop is over.
  @inline(never)
  func requestStop(of process: ProcessReference<P>, from start: Int) -> Int? {
    guard process.pointee.stop.awaited > 0 else { return nil }
    for index in start..<max(start, threadEnd) {
      let thread = threads.reference(index)
      guard thread.pointee.process == process, thread.pointee.stop == .none else { continue }
      process.pointee.stop.awaited += 1
      thread.pointee.stop = .requested
      notify(TaskNumber(index: index))
      return index + 1
    }
    return nil
  }

  /// The running thread stops, or ends instead. The last one that is awaited completes the stop, of
  /// which the parent is notified.
  @inline(never)
  mutating func joinStop(_ thread: ThreadReference<P>) {
    guard thread.pointee.stop == .requested, let process = thread.pointee.process else { return }
    thread.pointee.stop = .stopped
    update(thread)
    process.pointee.stop.awaited -= 1
    guard process.pointee.stop.awaited == 0, !process.pointee.stop.isComplete,
      !process.pointee.hasEnded
    else { return }
    process.pointee.stop.isComplete = true
    report(
      process, code: SignalInfo.childStopped, status: process.pointee.stop.signal?.number ?? 0)
  }

  /// Whether the running thread, which has stopped, remains so. SIGKILL and the end of the thread
  /// continue it.
  func remainsStopped(_ thread: ThreadReference<P>) -> Bool {
    guard thread.pointee.stop == .stopped, let process = thread.pointee.process else {
      return false
    }
    let pending = thread.pointee.signals.queue.pending | process.pointee.signals.queue.pending
    if pending & Signal.kill.bit == 0, !thread.pointee.isEnding { return true }
    thread.pointee.stop = .none
    return false
  }

  /// Checks that the running thread is not about to stop: it then makes no process, which would
  /// miss a signal to its group.
  ///
  /// - Throws: `restartsAlways`.
  func checkStop(_ thread: ThreadReference<P>) throws(Errno) {
    guard let process = thread.pointee.process else { return }
    let pending = thread.pointee.signals.queue.pending | process.pointee.signals.queue.pending
    let isDue = pending & Signal.stopping & ~thread.pointee.signals.mask != 0
    guard isDue || thread.pointee.stop == .requested else { return }
    update(thread)  // This thread takes the signal, whichever was notified.
    throw .restartsAlways
  }

  /// Notifies the parent that a process has stopped or continued. It gets SIGCHLD unless it ignores
  /// that or has set SA_NOCLDSTOP.
  private mutating func report(_ process: ProcessReference<P>, code: Int32, status: UInt8) {
    guard let parent = record(of: process.pointee.parent) else { return }
    let action = parent.pointee.signals[.child]
    if action.handler != SignalAction.ignore, !action.has(SignalAction.ignoresStops) {
      let child = process.pointee.identifier.rawValue
      send(SignalInfo(.child, code: code, child, 0, UInt32(status)), to: parent)
    }
    wake(threadsOf: parent.pointee.identifier, waitingFor: .child)
  }
}

extension Thread {
  /// Applies the default action of a signal that stops, which the running thread has dequeued. As
  /// on Linux, only SIGSTOP stops an orphaned process group.
  @inline(never)
  static func stop(by signal: Signal, _ process: ProcessReference<P>) {
    let thread = P.thread
    if signal != .stop, P.processes.isInOrphanedGroup(process.pointee.identifier) { return }
    guard P.processes.withLock({ $0.beginStop(signal, of: thread) }) else { return }
    // One thread at a time under the lock, because interrupts are masked while it is held.
    var next: Int? = 0
    while let start = next {
      next = P.processes.withLock { $0.requestStop(of: process, from: start) }
    }
  }

  /// Stops the running thread, if its process still stops, until SIGCONT or its end.
  @inline(never)
  static func stop(_ thread: ThreadReference<P>) {
    P.processes.withLock { $0.joinStop(thread) }
    while P.processes.withLock({ $0.remainsStopped(thread) }) { P.wait(until: .max) }
  }
}
