// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: a thread's process outlives it.
/// A user thread: this module's record for a task of the scheduler.
///
/// Threads are stored in a table indexed by their task's number and do not move. Fields that other
/// threads read (identifier, process, wait) change only under the process table's lock.
@safe public struct Thread<P: Platform> {
  /// The event that a blocked thread waits for. Code that causes an event wakes the threads that
  /// wait for it.
  enum Wait: UInt8 {
    case nothing
    /// A change of a child's state.
    case child
    /// The end of the vfork that the thread made.
    case vfork
    /// A time of the wall clock; setting the clock wakes the thread.
    case timeOfDay
    /// A wake at a futex, or its ownership.
    case futex
    /// The end of the other threads of its process, before an exec.
    case soleThread
    /// The end of another thread's change of its address space.
    case change
  }

  /// The thread's number (gettid); the first thread has the process's number. `zero` in a
  /// free slot.
  public internal(set) var identifier = ThreadID.zero
  /// The task that runs the thread.
  let task: TaskNumber
  /// The thread's process; nil in a free slot.
  public internal(set) var process: ProcessReference<P>?
  /// The thread's name (prctl): up to 15 bytes, padded with zeros. Only the thread itself sets it;
  /// other readers may see it partly changed.
  public internal(set) var name = InlineArray<16, UInt8>(repeating: 0)
  /// When it was created, in monotonic nanoseconds.
  var started: UInt64 = 0
  /// The user address where a zero is stored and a futex woken when the thread ends
  /// (set_tid_address); 0 for none.
  var clearAddress: UserAddress = 0
  /// The user address of the robust futex list (set_robust_list); 0 for none.
  var robustList: UserAddress = 0
  var wait = Wait.nothing
  /// Whether the thread must end before it returns to user mode, because another thread of its
  /// process executes a program.
  var isKilledByExec = false
  /// A tick has found it running, and its CPU time is to be checked.
  var mustCheckTime = false
  /// The thread has files whose pages are to be dropped.
  var mustDropPages = false
  /// It has released what it owned in memory of programs, and owns no futex any more.
  var hasLeftMemory = false
  var signals = ThreadSignals()
  /// How far it is in the stop of its process. It changes under the process table's lock.
  var stop = ThreadStop.none
  /// Ticks that found the thread running under a real-time policy since it last blocked
  /// (RLIMIT_RTTIME).
  public var realTimeTicks: UInt32 = 0
  /// The CPU time last reported.
  var reportedTime = SplitTime()
  /// The attributes that prctl sets.
  var traits = ThreadTraits()
  /// The scheduling attributes.
  public internal(set) var scheduling = Scheduling()

  /// The nanoseconds by which a timeout of the thread may be late: none for a thread that is
  /// real-time or has a deadline, as on Linux.
  public var timerSlack: UInt32 { scheduling.isUrgent ? 0 : traits.slack }

  /// A free slot for the thread of `task`.
  init(task: TaskNumber) {
    self.task = task
  }

  /// Whether the thread must end before it returns to user mode: its process ends, or another of
  /// its threads executes a program.
  var isEnding: Bool {
    guard let process = process else { return false }
    return isKilledByExec || process.pointee.hasEnded
  }

  /// Whether the running thread will end soon: it must end already, or a signal that ends its
  /// process is pending. Such a thread does not wait for other threads or for its vfork child, like
  /// one with a pending fatal signal on Linux.
  @inline(never)
  static func isDying(_ thread: ThreadReference<P>) -> Bool {
    guard !thread.pointee.isEnding else { return true }
    // Signals from other processes do not end the first process.
    guard thread.pointee.signals.isPending, let process = thread.pointee.process,
      process.pointee.identifier != .first
    else { return false }
    var pending = P.processes.withLock { _ in
      (thread.pointee.signals.queue.pending | process.pointee.signals.queue.pending)
        & ~thread.pointee.signals.mask
    }
    while pending != 0 {
      let signal = Signal(lowestIn: pending)
      pending &= pending &- 1  // Wrapping: `pending` is not 0.
      let action = process.pointee.signals[signal]
      if action.handler == 0, !signal.isIgnoredByDefault, !signal.stopsByDefault { return true }
    }
    return false
  }

  /// Whether the thread must stop blocking: it must end or stop, or a signal is pending that it
  /// accepts.
  /// The blocking call then throws one of the restart cases of `Errno`.
  public var isInterrupted: Bool { signals.isPending || isEnding }
}
