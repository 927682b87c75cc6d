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
    var wanted = thread.pointee.scheduling
    let number = number ?? policyNumber(wanted)
    let known = number & ~Self.resetsOnFork
    wanted.policy = try policy(known)
    wanted.resetsOnFork = known != number
    wanted.times = DeadlineTimes()  // SCHED_DEADLINE needs sched_setattr.
    try schedule(thread, wanted, priority: words[0])
    return 0
  }

  /// The policy with this number.
  ///
  /// - Throws: `invalid`.
  func policy(_ number: UInt32) throws(Errno) -> SchedulingPolicy {
    guard number < 256, let policy = SchedulingPolicy(rawValue: UInt8(number)) else {
      throw .invalid
    }
    return policy
  }

  /// Checks the priority and the times of attributes.
  ///
  /// - Throws: `invalid`.
  func check(_ wanted: Scheduling, priority: UInt32) throws(Errno) {
    guard wanted.policy.isRealTime ? 1...99 ~= priority : priority == 0,
      wanted.policy != .deadline || wanted.times.isValid
    else { throw .invalid }
  }

  /// Checks attributes and schedules a thread by them.
  ///
  /// - Throws: `invalid`; `busy` if the guarantee of SCHED_DEADLINE cannot be given.
  @inline(never)
  func schedule(
    _ thread: ThreadReference<P>, _ wanted: Scheduling, priority: UInt32
  ) throws(Errno) {
    try check(wanted, priority: priority)
    var wanted = wanted
    wanted.priority = UInt8(priority)
    let old = thread.pointee.scheduling
    // First, because the thread may run, change this or end before `P.schedule` returns.
    thread.pointee.scheduling = wanted
    do throws(Errno) { try P.schedule(thread.pointee.task, wanted) } catch {
      thread.pointee.scheduling = old  // Refused, so no other thread has run.
      throw error
    }
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

  /// sched_rr_get_interval: stores the length of a slice; 0 for SCHED_FIFO and SCHED_DEADLINE,
  /// which have none.
  @inline(__always)
  func sliceLength() throws(Errno) -> Word {
    guard Int32(bitPattern: argument(0)) >= 0 else { throw .invalid }
    let policy = P.processes.thread(of: try threadTask(argument(0))).pointee.scheduling
      .policy
    let tick = P.resolution(.monotonicCoarse).totalNanoseconds ?? 0
    let slice: UInt64 =
      switch policy {
      case .fifo, .deadline: 0
      case .roundRobin, .idle: tick * 20  // As `TaskSet.sliceLength` has it.
      case .other, .batch: max(tick, 3_000_000)  // `FairClock.turn`, which ends at a tick.
      }
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
    try policy(argument(0)).isRealTime ? Word(limit) : 0
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
