// SPDX-License-Identifier: Apache-2.0
// SAFETY: the pointers lead to mutexes and wait queues of objects, which are kept as long as a task
// holds them or waits for them; all is reached under the scheduler's lock only.
/// The scheduler's record of a task.
@safe public struct TaskRecord: TimedRecord {
  /// The stack pointer while the task does not run; its registers lie there. The first field.
  var savedStack: UInt32 = 0
  var state = TaskState.free
  /// Its slice is used up and others want the CPU: it gives way when it may.
  var isSliceOver = false
  var policy = Policy.roundRobin
  /// Its own priority; what it inherits is only in `urgency`.
  var priority = Priority.idle
  /// A wake that came before the task blocked; the next `block` returns at once.
  var hasWakePending = false
  /// What orders it in every queue: its own priority or deadline, or an inherited one.
  var urgency = Urgency.least
  /// The neighbours in the ready queue or the wait queue, or `TaskRecord.none`.
  var next: UInt32 = TaskRecord.none
  var previous: UInt32 = TaskRecord.none
  /// The address space that the port activates, in the port's encoding; 0 keeps the current one.
  var addressSpace: UInt64 = 0 {
    didSet { care = addressSpace == 0 ? care & ~TaskRecord.space : care | TaskRecord.space }
  }
  /// What its owner has at hand while it runs (`Context.runningOwner`); 0 without one.
  var owner: UInt32 = 0
  /// Not 0 when there is more to do than to switch when it is given a CPU: `space`, `attention`.
  private(set) var care: UInt32 = 0
  /// How often it was given a CPU.
  var switches: UInt32 = 0
  /// The counter when it was given its CPU.
  var since: UInt64 = 0
  /// Counts that it has had before.
  var ran: UInt64 = 0
  /// Where it may run.
  var affinity = CpuMask.all
  /// The CPU that runs it, or in whose lane it stands, or that ran it last.
  var cpu: UInt32 = 0
  /// Another CPU stopped it while it ran: it has not left its CPU yet.
  var isLeaving = false
  /// Another CPU ended it while it ran: it ends when it leaves its CPU.
  var mustEnd = false
  /// How often it has switched preemption off; while not 0 no other task gets its CPU.
  var preemptionLocks: UInt32 = 0
  /// Ticks that are left of its slice; 0 when none has begun.
  var slice: UInt32 = 0

  /// What it waits for while it is blocked.
  var waitKind = WaitKind.wake
  /// How a wait for a condition ended, while its mutex is waited for.
  var outcomeAfterRelock = WaitOutcome.satisfied
  /// How its last wait ended.
  var outcome = WaitOutcome.satisfied
  /// It was suspended; it runs again after `resume`.
  var isSuspended = false
  /// Somebody may ask for its result.
  var isJoinable = false
  /// The idle task of a CPU: it neither ends nor stops.
  var isIdle = false
  /// The queue in which it waits.
  var waitQueue: UnsafeMutablePointer<WaitQueue>?
  /// What a wait needs besides: a message's bytes, or the mutex to take again.
  var operand: UnsafeMutableRawPointer?
  /// Likewise: wanted event bits, a message's length, how often a mutex was held.
  var word: UInt32 = 0
  /// Likewise: how event bits are read, whether a message is urgent.
  var mode: UInt32 = 0
  /// The first of the mutexes that it holds.
  var held: UnsafeMutablePointer<Mutex>?
  var timeout = TimeoutLinks()

  /// Who waits for its end, or `TaskRecord.none`.
  var joiner: UInt32 = TaskRecord.none
  /// What it left, once it is over.
  var result: UInt32 = 0
  /// Whatever its creator keeps with it.
  var userData: UInt = 0
  /// The lowest address and the size of its stack; 0 when nobody said.
  var stackBase: UInt = 0
  var stackSize: UInt32 = 0
  /// Ticks that found it running.
  var ticks: UInt64 = 0
  /// What it was promised, under the policy `deadline`.
  var budget = DeadlineBudget.none

  /// Its owner wants to be called before it returns to a program.
  var hasAttention: Bool {
    @inline(__always) get { care & Self.attention != 0 }
    @inline(__always) set { care = newValue ? care | Self.attention : care & ~Self.attention }
  }

  /// It has an address space.
  private static var space: UInt32 { 1 }
  /// `hasAttention`.
  private static var attention: UInt32 { 2 }

  /// The counter is at `now`, and it loses its CPU.
  @inline(__always)
  mutating func stop(at now: UInt64) {
    let spent = now &- since  // Wrapping: the sign says which is later.
    // As a rule it is short.
    guard spent >> 32 == 0 else { return stopLate(spent) }
    ran &+= spent  // Wrapping: 2^64 counts do not come, here and below.
  }

  /// The same for any distance: a step back, as another CPU's sample could show, is none.
  @inline(never)
  private mutating func stopLate(_ spent: UInt64) {
    if Int64(bitPattern: spent) > 0 { ran &+= spent }
  }

  /// No task.
  static let none: UInt32 = .max

  /// A free record.
  public init() {}
}
