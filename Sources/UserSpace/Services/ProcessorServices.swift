// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What a CPU has done since boot, in nanoseconds. User, nice and system time are counted by ticks,
/// as on Linux; idle time is exact.
public struct ProcessorTimes: Sendable {
  /// In user mode, by threads with a nice value up to 0 and above.
  var user: UInt64 = 0
  var nice: UInt64 = 0
  /// In the kernel.
  var system: UInt64 = 0
  /// In the idle task.
  var idle: UInt64 = 0

  /// Times of a CPU.
  public init(user: UInt64, nice: UInt64, system: UInt64, idle: UInt64) {
    self.user = user
    self.nice = nice
    self.system = system
    self.idle = idle
  }

  /// No time.
  init() {}

  /// The times of two CPUs together.
  static func + (left: Self, right: Self) -> Self {
    // Wrapping: after 500 years.
    Self(
      user: left.user &+ right.user, nice: left.nice &+ right.nice,
      system: left.system &+ right.system, idle: left.idle &+ right.idle)
  }
}

/// Numbers about all processes.
public struct ProcessCounts: Sendable {
  /// Threads and zombies.
  var live: UInt32 = 0
  /// The number that was given last.
  var last = ProcessID.zero
  /// How many processes were made since boot, the first one included.
  var made: UInt32 = 0
}

/// The CPUs and their load, for /proc/stat, /proc/loadavg and /sys. Unless a requirement says
/// otherwise, it is called with interrupts on and no spin lock held.
public protocol ProcessorServices {
  /// The CPUs that run.
  static var processors: CpuMask { get }

  /// What a CPU that runs has done.
  static func times(of cpu: UInt32) -> ProcessorTimes

  /// The load over 1, 5 and 15 minutes; 2,048 is one task.
  static var loadAverages: InlineArray<3, UInt32> { get }

  /// The number of tasks that run or are ready.
  static var activeTaskCount: UInt32 { get }

  /// The number of interrupts that all CPUs have served.
  static var interruptCount: UInt64 { get }

  /// Numbers about all processes.
  static var processCounts: ProcessCounts { get }

  /// Makes other CPUs execute a memory barrier: all, or those that run threads of the running
  /// program. Called without the kernel lock, because another CPU may wait for that.
  static func executeBarriers(onAll: Bool)

  /// Has the scheduler tell programs what it knows in a page, or in none.
  static func publishSchedule(in frame: PhysicalFrame?)
}
