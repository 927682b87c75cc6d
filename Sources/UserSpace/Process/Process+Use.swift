// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

// SAFETY: each thread in the table has a call area, and its process outlives it.
/// The CPU time and the system calls of all threads of a process, including ended ones.
extension Process {
  /// Number of system calls made.
  public var systemCalls: UInt64 {
    let ended = endedCalls
    return P.processes.withLock { table in
      var sum = ended
      table.forEachThread(of: identifier) { sum &+= P.callArea(of: $0).pointee.calls }
      return sum  // Wrapping: a statistic.
    }
  }

  /// Whether the process has one thread and no other has ended: the thread's CPU time is then that
  /// of the process.
  @inline(__always)
  var isSingleThreaded: Bool { threadCount == 1 && endedTime.isZero }

  /// The CPU time of the process so far.
  @inline(never)
  mutating func cpuTime() -> SplitTime {
    P.processes.withLock { $0.splitTime(of: &self) }
  }

  /// Adds the statistics of a thread that ends to those of ended threads. Under the process table's
  /// lock.
  mutating func addEndedThread(of task: TaskNumber) {
    endedCalls &+= P.callArea(of: task).pointee.calls  // Wrapping: a statistic.
    P.addTime(of: task, to: &endedTime)
    endedTicks.add(P.tickCounts(of: task))
  }

  /// Publishes the CPU time of the only thread, which must be the running one, in the process's
  /// [vvar] page.
  public mutating func publishTimes() {
    // SAFETY: a process record does not move.
    unsafe withUnsafeMutablePointer(to: &self) { process in
      unsafe P.publishTimes(
        of: ProcessReference(at: process), P.task, thread: P.thread.pointee.identifier)
    }
  }

  /// Publishes the CPU time in the [vvar] page again, once, after all other threads have ended.
  @inline(never)
  mutating func publishTimesAgain() {
    guard mustPublishTimesAgain else { return }
    mustPublishTimesAgain = false
    if threadCount == 1 { publishTimes() }
  }

  /// Adds the CPU time of a child that was waited for.
  mutating func addChild(_ use: CPUUsage) {
    childrenTime.add(use.own)
    childrenTime.add(use.children)
  }
}

/// The CPU time of an ended process, and of the children that it waited for.
struct CPUUsage {
  var own = SplitTime()
  var children = SplitTime()

  /// The sum of both.
  var all: SplitTime {
    var sum = own
    sum.add(children)
    return sum
  }
}

extension ProcessTable {
  /// The CPU time of all threads of a process. The record is inout, here and below, because it would
  /// be copied before.
  @inline(never)
  func time(of process: inout Process<P>) -> Timespec {
    var sum = process.endedTime
    forEachThread(of: process.identifier) { P.addTime(of: $0, to: &sum) }
    return P.time(sum)
  }

  /// The CPU time of all threads of a process, divided into user and system time.
  @inline(never)
  func splitTime(of process: inout Process<P>) -> SplitTime {
    var ticks = process.endedTicks
    forEachThread(of: process.identifier) { ticks.add(P.tickCounts(of: $0)) }
    let total = time(of: &process)
    process.reportedTime.advance(to: total.totalNanoseconds ?? 0, ticks)
    return process.reportedTime
  }

  /// The CPU time of a process that ends, whose last thread must still be in the table.
  func use(of process: inout Process<P>) -> CPUUsage {
    CPUUsage(own: splitTime(of: &process), children: process.childrenTime)
  }

  /// The time of a CPU-time clock; nil if its process or thread has gone.
  @inline(never)
  func time(of clock: CPUClock) -> Timespec? {
    switch clock {
    case .thread(let thread):
      guard let task = task(of: thread) else { return nil }
      var sum = CPUTime()
      P.addTime(of: task, to: &sum)
      return P.time(sum)
    case .process(let process, let countsUserOnly):
      guard let slot = index(of: process) else { return nil }
      guard let record = self[slot].record else {
        let own = self[slot].use.own
        return Timespec(totalNanoseconds: own.user + own.system)
      }
      if countsUserOnly {
        return Timespec(totalNanoseconds: splitTime(of: &record.pointee).user)
      }
      return time(of: &record.pointee)
    }
  }
}

/// A CPU-time clock.
enum CPUClock: Equatable {
  /// Of a process; `countsUserOnly` if only time in user mode counts (setitimer's ITIMER_VIRTUAL).
  case process(ProcessID, countsUserOnly: Bool)
  /// Of a thread.
  case thread(ThreadID)
}
