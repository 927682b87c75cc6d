// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import TickHandler

  /// How long a task had had a CPU at two moments.
  struct TaskLoadSample {
    fileprivate var before: UInt64 = 0
    fileprivate var last: UInt64 = 0
  }

  // SAFETY: only a reader of /proc/tasks is here, who has the kernel lock; the memory is taken at boot.
  /// What part of a CPU each task used lately: since somebody asked, a second ago or more. So who asks
  /// each second is told of the last second, nothing is counted while nobody asks, and who reads the
  /// list in pieces reads of one span of time.
  enum TaskLoad {
    // SAFETY: see above.
    nonisolated(unsafe) private static var samples: UnsafeMutablePointer<TaskLoadSample>?
    nonisolated(unsafe) private static var beforeMoment: UInt64 = 0
    nonisolated(unsafe) private static var lastMoment: UInt64 = 0
    nonisolated(unsafe) private static var now: UInt64 = 0

    private static var second: UInt64 { 1_000_000_000 }

    /// Takes memory for a sample of each task, for ever.
    static func install(_ memory: UnsafeMutablePointer<TaskLoadSample>) {
      unsafe memory.initialize(repeating: TaskLoadSample(), count: Int(KernelMap.stackCount))
      unsafe samples = memory
    }

    /// Begins a new span where the last one began a second ago or more.
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

    /// How long a task has had a CPU, up to now.
    @inline(never)
    static func nanoseconds(of task: UInt32) -> UInt64 {
      var sum = RunTime()
      TaskClocks.addTime(of: task, to: &sum)
      return TaskClocks.time(sum).totalNanoseconds ?? 0
    }

    /// Its part of a CPU in the span, in thousandths.
    @inline(never)
    static func permille(of task: UInt32) -> UInt64 {
      guard let samples = unsafe samples else { return 0 }
      let used = nanoseconds(of: task)
      let before = unsafe samples[Int(task)].before
      let span = unsafe now - beforeMoment
      guard span > 0 else { return 0 }
      // Another task may have had the number before.
      return (used >= before ? used - before : used) / (span / 1000 + 1)
    }
  }
#endif
