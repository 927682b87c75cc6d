// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// The resources whose limits the kernel enforces, by their numbers on Linux.
enum LimitedResource: Int {
  /// CPU time in seconds.
  case processorTime = 0
  /// The size of a file in bytes.
  case fileSize = 1
  /// The size of the stack in bytes; a quarter of it is available for a program's arguments.
  case stack = 3
  /// One more than the highest descriptor.
  case descriptors = 7
  /// The total size of all regions in bytes.
  case space = 9
  /// The number of pending signals with siginfo.
  case pendingSignals = 11
  /// CPU time of a real-time thread that does not block, in microseconds.
  case realTime = 15
}

/// The resource limits of a process (setrlimit), inherited by fork and kept by exec. They change
/// under the process table's lock. Limits that are not in `LimitedResource` are only stored and
/// reported. Either this kernel lacks the resource, or Linux does not enforce the limit for root
/// either, like the number of processes, RLIMIT_NICE and RLIMIT_RTPRIO.
struct ResourceLimits {
  /// RLIM_NLIMITS.
  static var count: UInt32 { 16 }

  private var limits = InlineArray<16, ResourceLimit>(
    repeating: ResourceLimit(soft: ResourceLimit.none, hard: ResourceLimit.none))

  /// The limits of the first process: those of Linux, or this kernel's table sizes where smaller.
  init(processes: Int) {
    limits[3].soft = 8 << 20
    limits[4].soft = 0  // RLIMIT_CORE
    set(6, to: Word(processes))
    limits[7] = ResourceLimit(soft: Word(Descriptor.softLimit), hard: Word(Descriptor.limit))
    set(8, to: 8 << 20)  // RLIMIT_MEMLOCK
    set(11, to: Word(SignalPool.capacity))
    set(12, to: 819_200)  // RLIMIT_MSGQUEUE
    set(13, to: 0)  // RLIMIT_NICE
    set(14, to: 0)  // RLIMIT_RTPRIO
  }

  private mutating func set(_ number: Int, to value: Word) {
    limits[number] = ResourceLimit(soft: value, hard: value)
  }

  /// The limits of the resource with this number, which must be below `count`.
  subscript(number: Int) -> ResourceLimit {
    get { limits[number] }
    set { limits[number] = newValue }
  }

  /// The enforced limit of a resource.
  subscript(resource: LimitedResource) -> Word { limits[resource.rawValue].soft }
}

extension ProcessTable {
  /// Enforces the CPU time limit of a process. Above its soft limit it gets SIGXCPU, again for each
  /// further second, and SIGKILL at the hard limit.
  @inline(never)
  mutating func checkProcessorLimit(of process: ProcessReference<P>) {
    let limit = process.pointee.limits[LimitedResource.processorTime.rawValue]
    guard limit.soft != ResourceLimit.none else { return }
    let used = time(of: &process.pointee).seconds
    if limit.hard != ResourceLimit.none, used >= Int64(limit.hard) {
      send(SignalInfo(.kill, code: SignalInfo.byKernel, 0, 0, 0), to: process)
    } else if used >= Int64(limit.soft) {
      process.pointee.limits[LimitedResource.processorTime.rawValue].soft += 1
      send(SignalInfo(.processorTime, code: SignalInfo.byKernel, 0, 0, 0), to: process)
    }
  }

  /// Enforces the limit of real-time CPU time for the running thread: above its soft limit the
  /// process gets SIGXCPU, again for each further second, and SIGKILL at the hard limit.
  @inline(never)
  mutating func checkRealTimeLimit(of thread: ThreadReference<P>) {
    let ticks = thread.pointee.realTimeTicks
    guard ticks > 0, let process = thread.pointee.process else { return }
    let limit = process.pointee.limits[LimitedResource.realTime.rawValue]
    guard limit.soft != ResourceLimit.none else { return }
    let used = UInt64(word: ticks) * (P.resolution(.monotonicCoarse).totalNanoseconds ?? 0) / 1000
    if limit.hard != ResourceLimit.none, used >= UInt64(limit.hard) {
      send(SignalInfo(.kill, code: SignalInfo.byKernel, 0, 0, 0), to: process)
    } else if used >= UInt64(limit.soft) {
      let (next, isTooLarge) = limit.soft.addingReportingOverflow(1_000_000)
      process.pointee.limits[LimitedResource.realTime.rawValue].soft =
        isTooLarge ? ResourceLimit.none : next
      send(SignalInfo(.processorTime, code: SignalInfo.byKernel, 0, 0, 0), to: process)
    }
  }
}
