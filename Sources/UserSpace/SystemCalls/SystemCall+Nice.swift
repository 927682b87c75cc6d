// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Nice values. There is one user, who may set any value of any thread.
extension SystemCall {
  /// nice: adds to the caller's nice value.
  @inline(never)
  func changeNice() -> Word {
    let thread = P.thread
    let increment = min(max(Int32(bitPattern: argument(0)), -40), 40)
    setNice(Nice(clamping: Int32(thread.pointee.scheduling.nice.rawValue) + increment), of: thread)
    return 0
  }

  /// setpriority: which, who, and the nice value.
  ///
  /// - Throws: `invalid`, `noProcess`.
  @inline(never)
  func setPriority() throws(Errno) -> Word {
    _ = try visitNice(setting: Nice(clamping: Int32(bitPattern: argument(2))))
    return 0
  }

  /// getpriority: which and who. The call answers 20 less the lowest nice value, which is never
  /// negative; the C library converts it.
  ///
  /// - Throws: `invalid`, `noProcess`.
  @inline(never)
  func priority() throws(Errno) -> Word {
    Word(20 - Int(try visitNice(setting: nil).rawValue))
  }

  /// Visits the thread (0), the threads of a process group (1) or of the user (2) that arguments 0
  /// and 1 name, where 0 is the caller's. Sets their nice values, if one is given, and returns the
  /// lowest.
  ///
  /// - Throws: `invalid`, `noProcess`.
  @inline(never)
  private func visitNice(setting nice: Nice?) throws(Errno) -> Nice {
    let (which, who) = (argument(0), argument(1))
    var group: ProcessID?
    switch which {
    case 0:
      return visit(P.processes.thread(of: try threadTask(who)), setting: nice)
    case 1:
      group = who == 0 ? ownGroup : ProcessID(argument: who)
      guard group != nil else { throw .noProcess }
    case 2:
      guard who == 0 else { throw .noProcess }  // The one user is 0.
    default:
      throw .invalid
    }
    var lowest: Nice?
    var next: Int? = 0
    // The lock is held for one thread at a time, because it masks interrupts.
    while let index = next {
      next = P.processes.withLock { table in
        guard index < table.threadEnd else { return nil }
        let thread = table.thread(TaskNumber(index: index))
        guard let process = thread.pointee.process else { return index + 1 }
        if let group {
          guard let slot = table.index(of: process.pointee.identifier), table[slot].group == group
          else { return index + 1 }
        }
        let found = visit(thread, setting: nice)
        if lowest.map({ found.rawValue < $0.rawValue }) ?? true { lowest = found }
        return index + 1
      }
      P.preemptionPoint()
    }
    guard let lowest else { throw .noProcess }
    return lowest
  }

  /// Sets a thread's nice value, if one is given, and returns it.
  private func visit(_ thread: ThreadReference<P>, setting nice: Nice?) -> Nice {
    if let nice { setNice(nice, of: thread) }
    return thread.pointee.scheduling.nice
  }

  private func setNice(_ nice: Nice, of thread: ThreadReference<P>) {
    thread.pointee.scheduling.nice = nice
    P.setNice(nice, of: thread.pointee.task)
  }
}
