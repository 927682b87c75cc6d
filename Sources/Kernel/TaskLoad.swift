// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import TickHandler

  /// A task's CPU time, in nanoseconds, at two sampling times.
  struct TaskLoadSample {
    fileprivate var before: UInt64 = 0
    fileprivate var last: UInt64 = 0
  }

  // SAFETY: only readers of /proc/tasks call this, and they hold the kernel lock; the memory is
  // installed at boot.
  /// The CPU load of each task, since the last sample that is at least a second old. A reader that
  /// polls each second gets the load of the last second. A reader that reads the list in pieces
  /// gets one span of time. Nothing is sampled while there is no reader.
  enum TaskLoad {
    // SAFETY: readers hold the kernel lock; before that, only the boot writes.
    nonisolated(unsafe) private static var samples: UnsafeMutablePointer<TaskLoadSample>?
    nonisolated(unsafe) private static var beforeMoment: UInt64 = 0
    nonisolated(unsafe) private static var lastMoment: UInt64 = 0
    nonisolated(unsafe) private static var now: UInt64 = 0

    private static var second: UInt64 { 1_000_000_000 }

    /// Installs memory for a sample of each task. It is never freed.
    static func install(_ memory: UnsafeMutablePointer<TaskLoadSample>) {
      unsafe memory.initialize(repeating: TaskLoadSample(), count: Int(KernelMap.stackCount))
      unsafe samples = memory
    }

    /// Starts a new span if the present one began at least a second ago.
    @inline(never)
    static func sample() {
      unsafe now = Machine.shared.ticks.timekeeper.monotonicNanoseconds()
      guard let samples = unsafe samples, unsafe now - lastMoment >= second else { return }
      unsafe (beforeMoment, lastMoment) = (lastMoment, now)
      for task in 0..<KernelMap.stackCount {
        unsafe samples[Int(task)].before = samples[Int(task)].last
        unsafe samples[Int(task)].last = nanoseconds(of: task)
      }
    }

    /// A task's CPU time up to now, in nanoseconds.
    @inline(never)
    static func nanoseconds(of task: UInt32) -> UInt64 {
      var sum = RunTime()
      TaskClocks.addTime(of: task, to: &sum)
      return TaskClocks.time(sum).totalNanoseconds ?? 0
    }

    /// The task's load in the present span, in thousandths of a CPU.
    @inline(never)
    static func permille(of task: UInt32) -> UInt64 {
      guard let samples = unsafe samples else { return 0 }
      let used = nanoseconds(of: task)
      let before = unsafe samples[Int(task)].before
      let span = unsafe now - beforeMoment
      guard span > 0 else { return 0 }
      // The number may have been another task's at the start of the span.
      return (used >= before ? used - before : used) / (span / 1000 + 1)
    }
  }
#endif
