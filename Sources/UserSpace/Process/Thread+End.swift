// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: a thread's process outlives it, and thread records do not move.
/// The end of a thread, and with the last thread the end of its process.
extension Thread {
  /// Ends the running thread. On the machine it never returns.
  static func finish() {
    let thread = P.thread
    let process = P.process
    if process.pointee.threadCount == 1, process.pointee.identifier == .first {
      return P.end(process.pointee.ending ?? .exited(0))
    }
    leaveMemory(thread)
    thread.pointee.hasLeftMemory = true
    let task = thread.pointee.task
    let identifier = process.pointee.identifier
    let isLast = P.processes.withLock { table in
      process.pointee.threadCount -= 1
      guard process.pointee.threadCount > 0 else { return true }
      process.pointee.addEndedThread(of: task)
      table.wake(threadsOf: identifier, waitingFor: .soleThread)
      table.joinStop(thread)
      table.leave(task)
      if process.pointee.threadCount == 1 {
        process.pointee.mustPublishTimesAgain = true
        table.forEachThread(of: identifier) { P.requestUserReturnWork($0) }
      }
      table.redirect(.max, of: process)
      return false
    }
    if isLast {
      Process<P>.finish(process, task)
    } else {
      P.processes.reassignChildren(of: identifier, madeBy: task)
    }
    P.endTask()
  }

  /// The last accesses of the running thread to user memory. It releases its robust futexes, and
  /// gives away the futexes for whose ownership others wait. For CLONE_CHILD_CLEARTID it clears the
  /// word that the program named and wakes a waiter there, if another thread or process uses the
  /// memory.
  @inline(never)
  static func leaveMemory(_ thread: ThreadReference<P>) {
    RobustList<P>.release(thread)
    Futex<P>.abandonAll(of: thread.pointee.task)
    let address = thread.pointee.clearAddress
    let process = P.process
    guard address != 0,
      process.pointee.threadCount > 1 || process.pointee.memory.users > 1
    else { return }
    var zero = UInt32(0)
    guard let range = UserRange(base: address, count: 4),
      unsafe P.User.copyOut(&zero, to: range),
      let key = Futex<P>.key(of: address, isPrivate: false)
    else { return }
    _ = try? Futex<P>.wake(key, count: 1, bits: .max)
  }
}

// SAFETY: the process lives until its last thread has left it.
extension Process {
  /// Makes all threads but the running one end before they return to user mode.
  func endOtherThreads() {
    let me = P.thread.pointee.task
    // One thread at a time under the lock, because interrupts are masked while it is held.
    while P.processes.withLock({ $0.stopThread(of: identifier, except: me) }) {}
  }

  /// Frees all resources of a process whose last thread, `task`, ends: memory, files, the record.
  /// Init becomes the parent of its children, and its entry stays as a zombie until its parent
  /// waits.
  static func finish(_ process: ProcessReference<P>, _ task: TaskNumber) {
    let identifier = process.pointee.identifier
    let status = (process.pointee.ending ?? .exited(0)).waitStatus
    let pool = process.pointee.space.pool
    P.stopPublishingTimes(of: task)
    P.activate(nil)
    process.pointee.releaseFiles()
    // An epoll instance that a child inherited no longer waits for signals, as on Linux.
    while let waiter = P.signalWaiters.pointee.first { FileWait<P>.remove(waiter) }
    process.pointee.releaseCreator()
    process.pointee.memory.release()
    FileTree<P>.dropPages()
    P.preemptionPoint()
    P.processes.removeTimers(of: identifier, withInterval: true)
    P.processes.releaseTerminal(of: identifier, hasEnded: true)
    let frame = P.processes.withLock { (table) -> PhysicalFrame? in
      guard let slot = table.index(of: identifier) else { return nil }
      let entry = table.entries.reference(slot)
      entry.pointee.use = table.use(of: &process.pointee)
      entry.pointee.name = table.thread(task).pointee.name
      table.leave(task)
      table.signals.drop(.max, from: &process.pointee.signals.queue)
      let frame = entry.pointee.frame
      unsafe process.address.deinitialize(count: 1)
      entry.pointee.record = nil
      entry.pointee.frame = nil
      return frame
    }
    if let frame { pool.release(frame) }
    P.preemptionPoint()
    P.processes.reassignChildren(of: identifier, madeBy: nil)
    P.preemptionPoint()
    P.processes.leaveGroup(identifier)
    P.processes.withLock { table in
      guard let slot = table.index(of: identifier) else { return }
      table[slot].status = status
      table.report(slot)
    }
    ProcessHandles<P>.ended(identifier)
  }

  /// Lets the vfork call that created this process return. The process no longer uses the caller's
  /// memory.
  mutating func releaseCreator() {
    guard let task = vforkWaiter else { return }
    vforkWaiter = nil
    P.processes.withLock { table in
      table.thread(task).pointee.wait = .nothing
      P.wake(task)
    }
  }
}

extension ProcessTable {
  /// Makes the first thread of a process end that is not `me` and is not ending already.
  ///
  /// - Returns: false if there was none.
  @inline(never)
  func stopThread(of identifier: ProcessID, except me: TaskNumber) -> Bool {
    for index in 0..<threadEnd where index != me.index {
      let task = TaskNumber(index: index)
      let other = thread(task)
      guard let process = other.pointee.process,
        process.pointee.identifier == identifier, !other.pointee.isKilledByExec
      else { continue }
      other.pointee.isKilledByExec = true
      P.requestUserReturnWork(task)
      return true
    }
    return false
  }

  /// Gives the first child at `start` or after it that the thread of `task` created to another
  /// thread of the process; the thread has left the process. With `task` nil the process has ended,
  /// and init gets any child of it. The child's threads get their signals for the event
  /// (PR_SET_PDEATHSIG).
  ///
  /// - Returns: the index where the next child may be; nil if there was none.
  @inline(never)
  mutating func passChild(of identifier: ProcessID, madeBy task: TaskNumber?, from start: Int)
    -> Int?
  {
    var slot = start
    while slot < entryEnd {
      let child = entries.reference(slot)
      slot += 1
      guard child.pointee.identifier != .zero, child.pointee.parent == identifier,
        task == nil || child.pointee.creator == task
      else { continue }
      sendDeathSignals(of: identifier, to: slot - 1)
      var creator: TaskNumber?
      forEachThread(of: task == nil ? .first : identifier) { creator = creator ?? $0 }
      child.pointee.creator = creator
      guard task == nil else { return slot }
      child.pointee.parent = .first
      child.pointee.endSignal = Signal.child.number
      child.pointee.record?.pointee.parent = .first
      forEachThread(of: child.pointee.identifier) {
        P.callArea(of: $0).pointee.parent = .first
      }
      if child.pointee.isZombie { report(slot - 1) }
      return slot
    }
    return nil
  }

  /// Notifies the parent that the process at `slot` has ended. Frees the entry at once if the
  /// parent ignores the ends of its children.
  mutating func report(_ slot: Int) {
    self[slot].isZombie = true
    let (parent, number) = (self[slot].parent, self[slot].endSignal)
    guard let record = record(of: parent) else { return }
    if let signal = Signal(number: UInt32(number)) {
      let status = self[slot].status
      let wasKilled = status & 0x7f != 0
      let info = SignalInfo(
        signal, code: wasKilled ? SignalInfo.childKilled : SignalInfo.childExited,
        self[slot].identifier.rawValue, 0, wasKilled ? status & 0x7f : status >> 8)
      send(info, to: record)
    }
    if number == Signal.child.number, record.pointee.signals.leavesNoZombies {
      free(slot)
    }
    wake(threadsOf: parent, waitingFor: .child)
  }
}

extension Processes {
  /// Gives the children that the thread of `task` created to another thread, or with nil those of
  /// the process to init. Releases the lock after each child, because interrupts are masked while
  /// it is held.
  @inline(never)
  func reassignChildren(of identifier: ProcessID, madeBy task: TaskNumber?) {
    var next: Int? = 0
    while let start = next {
      next = withLock { $0.passChild(of: identifier, madeBy: task, from: start) }
      if task == nil, let next { resumeOrphans(next - 1, leftBy: identifier) }
    }
  }
}

extension ProcessEnd {
  /// The exit status in wait4's format.
  var waitStatus: UInt32 {
    switch self {
    case .exited(let status): UInt32(status) << 8
    case .signalled(let signal): UInt32(signal.number)
    }
  }
}
