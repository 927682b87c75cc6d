// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// A task's CPU time, in nanoseconds, at two sampling times.
public struct TaskLoadSample {
  fileprivate var before: UInt64 = 0
  fileprivate var last: UInt64 = 0
}

/// The span of time that the samples are of, in monotonic nanoseconds.
struct TaskLoadSpan {
  fileprivate var before: UInt64 = 0
  fileprivate var last: UInt64 = 0
  fileprivate var now: UInt64 = 0
}

// SAFETY: readers of the load change it, and they hold the kernel lock; the memory has a sample for
// each task.
/// The CPU load of each task, since the last sample that is at least a second old. A reader that
/// polls each second gets the load of the last second. A reader that reads the list in pieces
/// gets one span of time. Nothing is sampled while there is no reader.
enum TaskLoad<A: Architecture> {
  private static var second: UInt64 { 1_000_000_000 }

  /// Starts a new span if the present one began at least a second ago.
  @inline(never)
  static func sample() {
    let now = A.system.ticks.timekeeper.monotonicNanoseconds()
    let span = A.system.span
    let isNew = now - span.last >= second
    unsafe A.storage.pointee.span = TaskLoadSpan(
      before: isNew ? span.last : span.before, last: isNew ? now : span.last, now: now)
    guard isNew else { return }
    for index in 0..<Int(A.Space.stackCount) {
      unsafe A.system.samples[index].before = A.system.samples[index].last
      unsafe A.system.samples[index].last = nanoseconds(of: TaskNumber(index: index))
    }
  }

  /// A task's CPU time up to now, in nanoseconds.
  @inline(never)
  static func nanoseconds(of task: TaskNumber) -> UInt64 {
    var sum = CPUTime()
    TaskClocks<A>.addTime(of: task, to: &sum)
    return TaskClocks<A>.time(sum).totalNanoseconds ?? 0
  }

  /// The task's load in the present span, in thousandths of a CPU.
  @inline(never)
  static func permille(of task: TaskNumber) -> UInt64 {
    let used = nanoseconds(of: task)
    let before = unsafe A.system.samples[task.index].before
    let span = A.system.span.now - A.system.span.before
    guard span > 0 else { return 0 }
    // The number may have been another task's at the start of the span. The time is read after the
    // span's end, so a task that has run on since has more of it than the span.
    return min((used >= before ? used - before : used) / (span / 1000 + 1), 1000)
  }
}
