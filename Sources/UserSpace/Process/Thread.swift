// SPDX-License-Identifier: Apache-2.0
// SAFETY: a thread's process outlives it.
/// A thread of a program: what user space keeps about a task of the scheduler's.
///
/// Threads stand in a table by the number of their task, and their place does not move. What other
/// threads look at (identifier, process, wait) changes only under the process table's lock.
@safe public struct Thread<P: Platform> {
  /// What it waits for, so that whoever brings it knows whom to wake.
  enum Wait: UInt8 {
    case nothing
    /// A change of state of a child.
    case child
    /// The end of the vfork that it made.
    case vfork
    /// A time of day; whoever sets the clock wakes it.
    case timeOfDay
    /// A wake at a futex.
    case futex
    /// The end of the other threads of its process, before an exec.
    case alone
  }

  /// Its number (gettid); a process's first thread has the process's. 0: the place is free.
  public internal(set) var identifier: UInt32 = 0
  /// The task that runs it.
  let task: UInt32
  /// Its process, nil in a free place.
  public internal(set) var process: UnsafeMutablePointer<Process<P>>?
  /// What prctl calls it: up to 15 bytes and a zero. Only it itself sets it; others who look may
  /// find it half changed.
  public internal(set) var name = InlineArray<16, UInt8>(repeating: 0)
  /// Where a zero is stored and a futex woken when it ends (set_tid_address); 0 for nowhere.
  var clearAddress: UInt32 = 0
  /// Where the list of its robust futexes begins (set_robust_list).
  var robustList: UInt32 = 0
  var wait = Wait.nothing
  /// It must end before it returns to its program: an exec of another thread wants to be alone.
  var mustEnd = false
  var futex = FutexWaiter()
  var signals = ThreadSignals()
  /// What it has used, as it was told last.
  var shownTime = SplitTime()
  /// What it has said by prctl.
  var traits = ThreadTraits()
  /// How it shares the CPUs.
  var scheduling = Scheduling()

  /// A free place for the thread of `task`.
  init(task: UInt32) {
    self.task = task
  }

  /// Sets the name from the last component of a program's path.
  mutating func setName(fromPath path: Span<UInt8>) {
    var count = 0
    for index in path.indices {
      if path[index] == UInt8(ascii: "/") {
        count = 0
      } else if count < 15 {
        name[count] = path[index]
        count += 1
      }
    }
    for index in count..<16 { name[index] = 0 }
  }

  /// Whether it does not return to its program: its process ends, or an exec wants to be alone.
  var isEnding: Bool {
    guard let process = unsafe process else { return false }
    // SAFETY: a thread's process outlives it.
    return unsafe mustEnd || process.pointee.hasEnded
  }

  /// Whether the running thread ends soon: it is ending, or a signal is pending that ends its process.
  /// Such a thread waits neither for other threads nor for its vfork child, as one with a fatal signal
  /// in Linux.
  @inline(never)
  static func isDying(_ thread: UnsafeMutablePointer<Thread<P>>) -> Bool {
    // SAFETY: a thread's place does not move, and its process outlives it.
    guard unsafe !thread.pointee.isEnding else { return true }
    // The first process does not end of the signals of others.
    guard unsafe thread.pointee.signals.isDue, let process = unsafe thread.pointee.process,
      unsafe process.pointee.identifier != 1
    else { return false }
    var pending = P.processes.withLock { _ in
      unsafe (thread.pointee.signals.queue.pending | process.pointee.signals.queue.pending)
        & ~thread.pointee.signals.mask
    }
    while pending != 0 {
      let signal = Signal(lowestIn: pending)
      pending &= pending &- 1  // Wrapping: it is not 0.
      let action = unsafe process.pointee.signals[signal]
      if action.handler == 0, !action.drops(signal) { return true }
    }
    return false
  }

  /// Whether it must not go on waiting: it is ending, or a signal is due. What waits throws one of
  /// the restart cases of `Errno` then.
  public var isInterrupted: Bool { signals.isDue || isEnding }
}
