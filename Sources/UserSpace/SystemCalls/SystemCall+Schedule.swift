// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

// SAFETY: thread records do not move, and are looked up under the process table's lock.
/// The sched_ calls, for any thread by its number; 0 is the caller.
extension SystemCall {
  /// sched_setscheduler, and sched_setparam, which passes nil and keeps the policy.
  ///
  /// - Throws: `invalid`, `badAddress`, `noProcess`.
  @inline(never)
  func setScheduler(policy number: UInt32?, parameter: UserAddress) throws(Errno) -> Word {
    guard parameter != 0, Int32(bitPattern: argument(0)) >= 0 else { throw .invalid }
    let words: InlineArray<1, UInt32> = try load(parameter)
    let task = try threadTask(argument(0))
    let thread = P.processes.thread(of: task)
    let old = thread.pointee.scheduling
    let wanted = number ?? policyNumber(old)
    let known = wanted & ~Self.resetsOnFork
    guard let policy = SchedulingPolicy(rawValue: UInt8(truncatingIfNeeded: known)), known < 256,
      policy.isRealTime ? words[0] >= 1 && words[0] <= 99 : words[0] == 0
    else { throw .invalid }
    thread.pointee.scheduling = Scheduling(
      policy: policy, priority: UInt8(words[0]), resetsOnFork: known != wanted)
    P.schedule(task, policy, priority: UInt8(words[0]))
    return 0
  }

  /// sched_getscheduler: the policy of a thread.
  @inline(__always)
  func scheduler() throws(Errno) -> Word {
    guard Int32(bitPattern: argument(0)) >= 0 else { throw .invalid }
    return Word(
      policyNumber(
        P.processes.thread(of: try threadTask(argument(0))).pointee.scheduling))
  }

  private static var resetsOnFork: UInt32 { 0x4000_0000 }

  private func policyNumber(_ scheduling: Scheduling) -> UInt32 {
    UInt32(scheduling.policy.rawValue) | (scheduling.resetsOnFork ? Self.resetsOnFork : 0)
  }

  /// sched_rr_get_interval: stores the length of a slice; 0 for SCHED_FIFO, which has none.
  @inline(__always)
  func sliceLength() throws(Errno) -> Word {
    guard Int32(bitPattern: argument(0)) >= 0 else { throw .invalid }
    let policy = P.processes.thread(of: try threadTask(argument(0))).pointee.scheduling
      .policy
    let tick = P.resolution(.monotonicCoarse).totalNanoseconds ?? 0
    let slice = policy == .fifo ? 0 : tick * 20  // As `TaskSet.sliceLength` has it.
    try storeTime(Timespec(totalNanoseconds: slice), at: address(1), isWide: isTime64)
    return 0
  }

  /// sched_getparam: stores a thread's priority.
  @inline(__always)
  func schedulerParameter() throws(Errno) -> Word {
    guard address(1) != 0, Int32(bitPattern: argument(0)) >= 0 else { throw .invalid }
    let priority = P.processes.thread(of: try threadTask(argument(0))).pointee.scheduling
      .priority
    try store([UInt32(priority)] as InlineArray<1, UInt32>, at: address(1))
    return 0
  }

  /// sched_get_priority_max and sched_get_priority_min: `limit` for a real-time policy, 0 for
  /// others.
  @inline(never)
  func priorityLimit(_ limit: UInt32) throws(Errno) -> Word {
    if argument(0) == 6 { return 0 }  // SCHED_DEADLINE, as in Linux.
    guard argument(0) < 256, let policy = SchedulingPolicy(rawValue: UInt8(argument(0))) else {
      throw .invalid
    }
    return policy.isRealTime ? Word(limit) : 0
  }

  /// sched_setaffinity: the mask must include a running CPU. If the caller runs on a CPU that is
  /// now excluded, it has left that CPU when the call returns.
  @inline(__always)
  func setAffinity() throws(Errno) -> Word {
    var word: UInt32 = 0
    // SAFETY: at most four bytes are copied to a word.
    if argument(1) > 0 {
      try unsafe copyIn(&word, from: address(2), count: Int(min(argument(1), 4)))
    }
    let task = try threadTask(argument(0))
    let wanted = CpuMask(rawValue: word)
    guard !wanted.intersection(P.processors).isEmpty else { throw .invalid }
    P.setAffinity(wanted, of: task)
    return 0
  }

  /// sched_getaffinity: stores one word of CPUs and returns its size.
  @inline(__always)
  func affinity() throws(Errno) -> Word {
    let size = UInt32(MemoryLayout<P.ABI.Long>.size)
    guard argument(1) >= size, argument(1) & (size - 1) == 0 else { throw .invalid }
    let allowed = P.affinity(of: try threadTask(argument(0))).intersection(P.processors)
    let word: InlineArray<1, P.ABI.Long> = [P.ABI.Long(allowed.rawValue)]
    try store(word, at: address(2))
    return Word(size)
  }
}
