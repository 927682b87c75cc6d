// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// What a process may use of a resource. `none` is no limit.
struct ResourceLimit {
  /// What holds. A process may raise it as far as the hard one.
  var soft: UInt32
  /// What is told to programs; the one user there is may raise it.
  var hard: UInt32

  /// RLIM_INFINITY.
  static var none: UInt32 { .max }
}

/// The resources whose limits the kernel enforces, by their numbers on Linux.
enum LimitedResource: Int {
  /// Seconds of CPUs.
  case processorTime = 0
  /// How far the stack grows, in bytes; a quarter of it is for a program's arguments.
  case stack = 3
  /// The number behind the greatest descriptor.
  case descriptors = 7
  /// Bytes of all regions together.
  case space = 9
  /// Signals that wait with what came with them.
  case pendingSignals = 11
}

/// The limits of a process (setrlimit): inherited by fork, kept through exec. They change under the
/// process table's lock. All but those of `LimitedResource` are only told: what they are for is not
/// here, or is not refused to root on Linux either, like the number of processes.
struct ResourceLimits {
  /// RLIM_NLIMITS.
  static var count: UInt32 { 16 }

  private var limits = InlineArray<16, ResourceLimit>(
    repeating: ResourceLimit(soft: ResourceLimit.none, hard: ResourceLimit.none))

  /// Those of the first process: Linux's, where this kernel's tables do not end earlier.
  init(processes: Int) {
    limits[3].soft = 8 << 20
    limits[4].soft = 0  // RLIMIT_CORE
    set(6, to: UInt32(processes))
    set(7, to: UInt32(FileTable.limit))
    set(8, to: 8 << 20)  // RLIMIT_MEMLOCK
    set(11, to: UInt32(SignalPool.capacity))
    set(12, to: 819_200)  // RLIMIT_MSGQUEUE
    set(13, to: 0)  // RLIMIT_NICE
    set(14, to: 0)  // RLIMIT_RTPRIO
  }

  private mutating func set(_ number: Int, to value: UInt32) {
    limits[number] = ResourceLimit(soft: value, hard: value)
  }

  /// The limit of a resource by its number, below `count`.
  subscript(number: Int) -> ResourceLimit {
    get { limits[number] }
    set { limits[number] = newValue }
  }

  /// What holds for a resource.
  subscript(resource: LimitedResource) -> UInt32 { limits[resource.rawValue].soft }
}

// SAFETY: records live as long as their entries name them.
extension ProcessTable {
  /// A tick: who has used more of CPUs than its limit gets SIGXCPU, one more each second, and at the
  /// hard limit SIGKILL. In the interrupt.
  ///
  /// - Returns: whether there is such a limit.
  @inline(never)
  mutating func checkProcessorLimits() -> Bool {
    var isWatched = false
    for place in 0..<entryEnd {
      guard let record = unsafe self[place].record else { continue }
      let limit = unsafe record.pointee.limits[LimitedResource.processorTime.rawValue]
      guard limit.soft != ResourceLimit.none else { continue }
      isWatched = true
      let used = unsafe time(of: record.pointee).seconds
      if limit.hard != ResourceLimit.none, used >= Int64(limit.hard) {
        unsafe send(SignalInfo(.kill, code: SignalInfo.byKernel, 0, 0, 0), to: record)
      } else if used >= Int64(limit.soft) {
        unsafe record.pointee.limits[LimitedResource.processorTime.rawValue].soft += 1
        unsafe send(SignalInfo(.processorTime, code: SignalInfo.byKernel, 0, 0, 0), to: record)
      }
    }
    return isWatched
  }
}
