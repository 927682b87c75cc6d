/// How a thread shares the CPUs, in Linux's terms (sched(7)).
public enum SchedulingPolicy: UInt8, Sendable {
  case other = 0
  case fifo = 1
  case roundRobin = 2
  case batch = 3
  case idle = 5

  /// Whether it has priorities, 1 to 99; the others have 0 only.
  public var isRealTime: Bool { self == .fifo || self == .roundRobin }
}

// SAFETY: places of threads do not move, and are looked at under the process table's lock.
/// sched_setscheduler and its kin, for any thread by its number; 0 is the caller.
extension SystemCall {
  /// sched_setscheduler, and sched_setparam, which keeps the policy.
  @inline(never)
  func setScheduler(policy number: UInt32?, parameter: UInt32) throws(Errno) -> UInt32 {
    guard parameter != 0, Int32(bitPattern: r0) >= 0 else { throw .invalid }
    let words: InlineArray<1, UInt32> = try load(parameter)
    let task = try threadTask(r0)
    let thread = unsafe P.processes.thread(of: task)
    // SCHED_RESET_ON_FORK says nothing here: nothing is inherited.
    let known = number.map { $0 & ~0x4000_0000 } ?? UInt32(unsafe thread.pointee.policy.rawValue)
    guard let policy = SchedulingPolicy(rawValue: UInt8(truncatingIfNeeded: known)), known < 256,
      policy.isRealTime ? words[0] >= 1 && words[0] <= 99 : words[0] == 0
    else { throw .invalid }
    unsafe thread.pointee.policy = policy
    unsafe thread.pointee.priority = UInt8(words[0])
    P.schedule(task, policy, priority: UInt8(words[0]))
    return 0
  }

  /// sched_getscheduler.
  @inline(never)
  func scheduler() throws(Errno) -> UInt32 {
    guard Int32(bitPattern: r0) >= 0 else { throw .invalid }
    return unsafe UInt32(P.processes.thread(of: try threadTask(r0)).pointee.policy.rawValue)
  }

  /// sched_getparam.
  @inline(never)
  func schedulerParameter() throws(Errno) -> UInt32 {
    guard r1 != 0, Int32(bitPattern: r0) >= 0 else { throw .invalid }
    let priority = unsafe P.processes.thread(of: try threadTask(r0)).pointee.priority
    try store([UInt32(priority)] as InlineArray<1, UInt32>, at: r1)
    return 0
  }

  /// sched_get_priority_max and sched_get_priority_min.
  @inline(never)
  func priorityLimit(_ limit: UInt32) throws(Errno) -> UInt32 {
    guard r0 < 256, let policy = SchedulingPolicy(rawValue: UInt8(r0)) else { throw .invalid }
    return policy.isRealTime ? limit : 0
  }

  /// sched_setaffinity: the mask must have a CPU that runs. The caller has left a CPU that it may not
  /// use any more when the call returns.
  @inline(never)
  func setAffinity() throws(Errno) -> UInt32 {
    var words: InlineArray<1, UInt32> = [0]
    if r1 >= 4 { words = try load(r2) }
    let task = try threadTask(r0)
    guard words[0] & P.processors != 0 else { throw .invalid }
    P.setAffinity(words[0], of: task)
    return 0
  }

  /// sched_getaffinity: one word of CPUs.
  @inline(never)
  func affinity() throws(Errno) -> UInt32 {
    guard r1 >= 4, r1 & 3 == 0 else { throw .invalid }
    let mask = P.affinity(of: try threadTask(r0))
    try store([mask & P.processors] as InlineArray<1, UInt32>, at: r2)
    return 4
  }

  /// The task of the thread with this number.
  ///
  /// - Throws: `noProcess`.
  private func threadTask(_ identifier: UInt32) throws(Errno) -> UInt32 {
    guard identifier != 0 else { return P.task }
    guard let task = P.processes.withLock({ $0.task(of: identifier) }) else { throw .noProcess }
    return task
  }
}
