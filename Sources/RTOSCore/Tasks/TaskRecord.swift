// SPDX-License-Identifier: Apache-2.0
/// What keeps a task from running, besides what it waits for.
enum Stop: UInt8 {
  case none
  /// It was suspended; it runs again after `resume`.
  case suspended
  /// Another CPU suspended it while it ran: it has not been switched out yet.
  case suspending
  /// Another CPU ended it while it ran: it ends when it is switched out.
  case ending
}

/// Whether a task's record is kept after its end, for a task that joins it.
enum Joining: Equatable {
  /// The record is freed when the task ends.
  case detached
  /// The record is kept until `join` or `detach`.
  case joinable
  /// The task with this number waits for the end.
  case joined(by: TaskNumber)
}

/// The scheduler's record of a task.
public struct TaskRecord: TimedRecord {
  /// The stack pointer while the task does not run; its registers are stored there. Must be the
  /// first field.
  var savedStack: KernelAddress = 0
  var state = TaskState.free
  /// Its slice is used up and other tasks are ready: it yields as soon as it may.
  var isSliceOver = false
  var policy = Policy.roundRobin
  /// A wake arrived before the task blocked; the next `block` returns at once.
  var hasWakePending = false
  /// The sort key of every queue: its own level or deadline, or an inherited one.
  var urgency = Urgency.least
  /// Its own level; a deadline and inherited urgency are only in `urgency`.
  var level = Urgency.least
  /// Neighbours in the ready queue or the wait queue, or `TaskRecord.none`.
  var next = TaskRecord.none
  var previous = TaskRecord.none
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
  /// What keeps it from running, besides what it waits for.
  var stop = Stop.none
  /// The depth of preemption locks; while not 0, no other task gets its CPU.
  var preemptionLocks: UInt32 = 0
  /// The rest of its slice in ticks; 0 when none has begun.
  var slice: UInt32 = 0

  /// What it waits for while it is blocked.
  var wait = Wait.plain(.wake)
  /// How its last wait ended.
  var outcome = WaitOutcome.satisfied
  /// What came with that outcome: event bits, the length of a message, the result of a task.
  var received: UInt32 = 0
  /// The idle task of a CPU: it never ends, blocks or is suspended.
  var isIdle = false
  /// The wait queue that it is in.
  var waitQueue: ObjectHandle<WaitQueue>?
  /// The first of the mutexes that it holds.
  var held: ObjectHandle<Mutex>?
  var timeout = TimeoutLinks()

  /// Whether a task may wait or waits for its end.
  var joining = Joining.detached
  /// The value passed to `exit`, once it has ended.
  var result: UInt32 = 0
  /// A word that its creator stores with it.
  var userData: UInt = 0
  /// The lowest address and the size of its stack in bytes; 0 when unknown.
  var stackBase: UInt = 0
  var stackSize: UInt32 = 0
  /// Ticks charged to it while it ran.
  var ticks: UInt64 = 0
  /// Its place in the fair level.
  var share = FairShare()
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

  /// It was suspended, and has left its CPU or is about to.
  var isSuspended: Bool { stop == .suspended || stop == .suspending }

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
  static var none: TaskNumber {
    @inline(__always) get { TaskNumber(rawValue: .max) }
  }

  /// Creates a free record.
  public init() {}
}
