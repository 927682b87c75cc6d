// SPDX-License-Identifier: Apache-2.0
import TickHandler

// SAFETY: threads that stand in the table have their areas, and their process outlives them.
/// What the threads of a process have used together, those that have ended included.
extension Process {
  /// System calls made.
  public var systemCalls: UInt64 {
    let ended = endedCalls
    return P.processes.withLock { table in
      var sum = ended
      table.forEachThread(of: identifier) { sum &+= unsafe P.callArea(of: $0).pointee.calls }
      return sum  // Wrapping: a statistic.
    }
  }

  /// It has one thread, and no other one has ended: the thread's time is the process's.
  @inline(__always)
  var isOneThread: Bool { threadCount == 1 && endedTime.isZero }

  /// What it has used so far.
  @inline(never)
  mutating func processorTime() -> SplitTime {
    P.processes.withLock { $0.splitTime(of: &self) }
  }

  /// Keeps what a thread has used that ends. Under the process table's lock.
  mutating func keepUse(of task: UInt32) {
    endedCalls &+= unsafe P.callArea(of: task).pointee.calls  // Wrapping: a statistic.
    P.addTime(of: task, to: &endedTime)
    endedTicks.add(P.tickCounts(of: task))
  }

  /// Lets its one thread, the running one, find its time in the process's own page.
  public mutating func openOwnPage() {
    // SAFETY: a process stands where its record was made.
    unsafe withUnsafeMutablePointer(to: &self) { process in
      unsafe P.openOwnPage(of: process, P.task, thread: P.thread.pointee.identifier)
    }
  }

  /// The same once, if all other threads have ended since.
  @inline(never)
  mutating func openOwnPageAgain() {
    guard isAloneAgain else { return }
    isAloneAgain = false
    if threadCount == 1 { openOwnPage() }
  }

  /// Takes over what a child has used that it has waited for.
  mutating func addChild(_ use: ProcessorUse) {
    childrenTime.add(use.own)
    childrenTime.add(use.children)
  }
}

/// What a process has used that has ended, and its children.
struct ProcessorUse {
  var own = SplitTime()
  var children = SplitTime()

  /// Both.
  var all: SplitTime {
    var sum = own
    sum.add(children)
    return sum
  }
}

// SAFETY: places below `threadEnd` are threads.
extension ProcessTable {
  /// How long all threads of a process have had CPUs.
  @inline(never)
  func time(of process: borrowing Process<P>) -> Timespec {
    var sum = process.endedTime
    forEachThread(of: process.identifier) { P.addTime(of: $0, to: &sum) }
    return P.time(sum)
  }

  /// The same in its two parts.
  @inline(never)
  func splitTime(of process: inout Process<P>) -> SplitTime {
    var ticks = process.endedTicks
    forEachThread(of: process.identifier) { ticks.add(P.tickCounts(of: $0)) }
    process.shownTime.advance(to: time(of: process).totalNanoseconds ?? 0, ticks)
    return process.shownTime
  }

  /// What a process that ends has used, its last thread being in the table.
  func use(of process: inout Process<P>) -> ProcessorUse {
    ProcessorUse(own: splitTime(of: &process), children: process.childrenTime)
  }

  /// What a CPU clock says; nil if what it counts for is gone.
  @inline(never)
  func time(of clock: ProcessorClock) -> Timespec? {
    guard !clock.isThread else {
      guard let task = task(of: clock.owner) else { return nil }
      var sum = RunTime()
      P.addTime(of: task, to: &sum)
      return P.time(sum)
    }
    guard let place = place(of: clock.owner) else { return nil }
    guard let record = unsafe self[place].record else {
      let own = self[place].use.own
      return Timespec(totalNanoseconds: own.user + own.system)
    }
    if clock.isOfProgram {
      return unsafe Timespec(totalNanoseconds: splitTime(of: &record.pointee).user)
    }
    return unsafe time(of: record.pointee)
  }
}

/// Whose use of CPUs a clock counts: of a process, or of a thread, by its number.
struct ProcessorClock: Equatable {
  var owner: UInt32
  var isThread: Bool
  /// Only what passes in the program, and not in the kernel: setitimer's ITIMER_VIRTUAL.
  var isOfProgram = false
}
