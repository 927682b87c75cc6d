// SPDX-License-Identifier: Apache-2.0
// SAFETY: `operand` is valid during the wait that set it; the scheduler's lock protects the record.
/// The scheduler's record of a task.
@safe public struct TaskRecord: TimedRecord {
  /// The stack pointer while the task does not run; its registers are stored there. Must be the
  /// first field.
  var savedStack: UInt32 = 0
  var state = TaskState.free
  /// Its slice is used up and other tasks are ready: it yields as soon as it may.
  var isSliceOver = false
  var policy = Policy.roundRobin
  /// Its own priority; inherited urgency is only in `urgency`.
  var priority = Priority.idle
  /// A wake arrived before the task blocked; the next `block` returns at once.
  var hasWakePending = false
  /// The sort key of every queue: its own priority or deadline, or an inherited one.
  var urgency = Urgency.least
  /// Neighbours in the ready queue or the wait queue, or `TaskRecord.none`.
  var next: UInt32 = TaskRecord.none
  var previous: UInt32 = TaskRecord.none
  /// The address space that the port activates, in the port's encoding; 0 keeps the current one.
  var addressSpace: UInt64 = 0 {
    didSet {
      switchInFlags =
        addressSpace == 0 ? switchInFlags & ~TaskRecord.space : switchInFlags | TaskRecord.space
    }
  }
  /// The owner's word, in `Context.runningOwner` while the task runs; 0 without an owner.
  var owner: UInt32 = 0
  /// Flags for extra work when the task is switched in: `space`, `userReturnWork`; 0 for none.
  private(set) var switchInFlags: UInt32 = 0
  /// How often it was switched in.
  var switches: UInt32 = 0
  /// The counter when it was last switched in.
  var switchedInAt: UInt64 = 0
  /// CPU time before that, in counts.
  var cpuTime: UInt64 = 0
  /// The CPUs on which it may run.
  var affinity = CpuMask.all
  /// The CPU that runs it, or whose run queue it is in, or that ran it last.
  var cpu: UInt32 = 0
  /// Another CPU suspended it while it ran: it has not been switched out yet.
  var isSuspendPending = false
  /// Another CPU ended it while it ran: it ends when it is switched out.
  var isEndPending = false
  /// The depth of preemption locks; while not 0, no other task gets its CPU.
  var preemptionLocks: UInt32 = 0
  /// The rest of its slice in ticks; 0 when none has begun.
  var slice: UInt32 = 0

  /// What it waits for while it is blocked.
  var waitKind = WaitKind.wake
  /// The outcome of a wait for a condition, kept while the task re-acquires the mutex.
  var outcomeAfterRelock = WaitOutcome.satisfied
  /// How its last wait ended.
  var outcome = WaitOutcome.satisfied
  /// It was suspended; it runs again after `resume`.
  var isSuspended = false
  /// Its result may be asked for by `join`.
  var isJoinable = false
  /// The idle task of a CPU: it never ends, blocks or is suspended.
  var isIdle = false
  /// The wait queue that it is in.
  var waitQueue: ObjectHandle<WaitQueue>?
  /// A message's bytes, while it waits to send or to receive one.
  var operand: UnsafeMutableRawPointer?
  /// The mutex that it re-acquires after its wait for a condition variable.
  var mutexToRelock: ObjectHandle<Mutex>?
  /// A word that the wait needs: wanted event bits, a message's length, how often a mutex was held.
  var word: UInt32 = 0
  /// A mode that the wait needs: how event bits are matched, whether a message is urgent.
  var mode: UInt32 = 0
  /// The first of the mutexes that it holds.
  var held: ObjectHandle<Mutex>?
  var timeout = TimeoutLinks()

  /// The task that waits for its end, or `TaskRecord.none`.
  var joiner: UInt32 = TaskRecord.none
  /// The value passed to `exit`, once it has ended.
  var result: UInt32 = 0
  /// A word that its creator stores with it.
  var userData: UInt = 0
  /// The lowest address and the size of its stack in bytes; 0 when unknown.
  var stackBase: UInt = 0
  var stackSize: UInt32 = 0
  /// Ticks charged to it while it ran.
  var ticks: UInt64 = 0
  /// Its budget under the policy `deadline`.
  var budget = DeadlineBudget.none

  /// User-return work is pending: its owner wants to be called before the return to user mode.
  var hasUserReturnWork: Bool {
    @inline(__always) get { switchInFlags & Self.userReturnWork != 0 }
    @inline(__always) set {
      switchInFlags =
        newValue ? switchInFlags | Self.userReturnWork : switchInFlags & ~Self.userReturnWork
    }
  }

  /// Flag: the task has an address space.
  private static var space: UInt32 { 1 }
  /// Flag: `hasUserReturnWork`.
  private static var userReturnWork: UInt32 { 2 }

  /// Accounts the CPU time of a task that is switched out when the counter is at `now`.
  @inline(__always)
  mutating func stop(at now: UInt64) {
    let spent = now &- switchedInAt  // Wrapping: the sign says which is later.
    // The distance is usually short.
    guard spent >> 32 == 0 else { return stopLate(spent) }
    cpuTime &+= spent  // Wrapping: 2^64 counts are never reached, here and below.
  }

  /// Accounts a distance of any size. A negative one, possible with another CPU's sample, counts as
  /// 0.
  @inline(never)
  private mutating func stopLate(_ spent: UInt64) {
    if Int64(bitPattern: spent) > 0 { cpuTime &+= spent }
  }

  /// No task.
  static let none: UInt32 = .max

  /// Creates a free record.
  public init() {}
}
