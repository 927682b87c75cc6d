// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// What /proc shows of processes and threads. Under the process table's lock, which masks
/// interrupts: the values are copied, and the text is written later.
extension ProcessTable {
  /// Numbers about all processes.
  var counts: ProcessCounts {
    ProcessCounts(live: liveCount, last: ProcessID(rawValue: lastNumber), made: made &+ 1)
  }

  /// The index of the process with the lowest number from `first` on; nil if there is none.
  @inline(never)
  func slot(from first: ProcessID) -> Int? {
    var found: Int?
    var lowest = UInt32.max
    for slot in 0..<entryEnd {
      let number = entries[slot].identifier.rawValue
      guard number >= max(first.rawValue, 1), number < lowest else { continue }
      (found, lowest) = (slot, number)
    }
    return found
  }

  /// The task of the thread of a process with the lowest number from `first` on; nil if there is
  /// none.
  @inline(never)
  func task(from first: ThreadID, of process: ProcessID) -> TaskNumber? {
    var found: TaskNumber?
    var lowest = UInt32.max
    forEachThread(of: process) { task in
      let number = threads[task.index].identifier.rawValue
      guard number >= first.rawValue, number < lowest else { return }
      (found, lowest) = (task, number)
    }
    return found
  }

  /// Adds to `status` what the entry at `slot` has: all that is left of a zombie.
  func describe(entryAt slot: Int, to status: inout ProcessStatus) {
    let entry = entries.reference(slot)
    status.process = entry.pointee.identifier
    status.thread = entry.pointee.identifier.firstThread
    status.parent = entry.pointee.parent
    status.group = entry.pointee.group
    status.session = entry.pointee.session
    if let terminal = entry.pointee.terminal {
      status.terminal = terminal
      status.foreground = self[terminal].foreground
    }
    status.started = entry.pointee.started
    status.endSignal = entry.pointee.endSignal
    status.exitStatus = entry.pointee.status
    status.name = entry.pointee.name
    status.time = entry.pointee.use.own
    status.childrenTime = entry.pointee.use.children
  }

  /// Adds to `status` what the record of a process has.
  func describe(_ process: ProcessReference<P>, to status: inout ProcessStatus) {
    status.threads = max(process.pointee.threadCount, 1)
    status.time = splitTime(of: &process.pointee)
    status.childrenTime = process.pointee.childrenTime
    status.sharedPending = process.pointee.signals.queue.pending
    status.signalLimit = process.pointee.limits[.pendingSignals]
    status.fileMask = process.pointee.fileMask
    status.memoryScore = process.pointee.memoryScore
    status.vdsoFallbacks = process.pointee.vdsoFallbacks
    status.descriptors = UInt32(process.pointee.files.capacity)
    status.transfers = process.pointee.transfers
  }

  /// Adds to `status` what the record of a thread has.
  func describe(_ thread: ThreadReference<P>, to status: inout ProcessStatus) {
    status.name = thread.pointee.name
    status.scheduling = thread.pointee.scheduling
    status.pending = thread.pointee.signals.queue.pending
    status.blocked = thread.pointee.signals.mask
    status.hasNoNewPrivileges = thread.pointee.traits.hasNoNewPrivileges
    status.state =
      thread.pointee.stop == .stopped
      ? .stopped : thread.pointee.wait == .vfork ? .waiting : .sleeping
  }

  /// The CPU time of a thread, divided into user and system time.
  func splitTime(of thread: ThreadReference<P>) -> SplitTime {
    var sum = CPUTime()
    P.addTime(of: thread.pointee.task, to: &sum)
    thread.pointee.reportedTime.advance(
      to: P.time(sum).totalNanoseconds ?? 0, P.tickCounts(of: thread.pointee.task))
    return thread.pointee.reportedTime
  }
}
