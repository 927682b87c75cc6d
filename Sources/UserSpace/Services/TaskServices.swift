// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Tasks of the scheduler, which run user threads. Unless a requirement says otherwise, it is
/// called with interrupts on and no spin lock held.
public protocol TaskServices {
  /// The number of the running task.
  static var task: TaskNumber { get }

  /// The number of the running thread (TID).
  static var threadIdentifier: ThreadID { get }

  /// Blocks until monotonic time reaches `deadline`, in nanoseconds since boot, or the thread is
  /// interrupted. Returns monotonic time then.
  static func sleep(until deadline: UInt64) -> UInt64

  /// Blocks until `wake` is called for the running task or monotonic time reaches `deadline` (.max:
  /// never). Returns at once if the task was woken before, and may return spuriously: callers must
  /// check their condition again.
  static func wait(until deadline: UInt64)

  /// Wakes a blocked task; if the task is not blocked, its next `wait` returns at once. Also under
  /// the process table's lock.
  static func wake(_ task: TaskNumber)

  /// Flags a task so that `Thread.doUserReturnWork` runs before it next returns to user mode, and
  /// wakes it. Also under the process table's lock.
  static func requestUserReturnWork(_ task: TaskNumber)

  /// What the scheduler knows of a task; nil if there is none.
  static func info(of task: TaskNumber) -> TaskInfo?

  /// Frees a task that was never started.
  static func freeTask(_ task: TaskNumber)

  /// Ends the running task. On the machine it never returns.
  static func endTask()

  /// Reclaims the resources of ended tasks. Called before free memory is reported.
  static func reclaimTasks()

  /// Yields the CPU to other tasks of the same priority.
  static func yield()

  /// The number of context switches since boot.
  static var contextSwitches: UInt32 { get }
}

extension TaskServices {
  /// The CPUs on which a task may run; CPUs that do not exist may be in the set.
  @inline(never)
  static func affinity(of task: TaskNumber) -> CpuMask { info(of: task)?.affinity ?? .none }
}

/// Mutexes that stand for futexes with an owner: the owner inherits the urgency of the threads that
/// wait. Unless a requirement says otherwise, it may be called under the process table's lock.
public protocol InheritanceServices {
  /// Blocks as `TaskServices.wait` does; meanwhile the owner of `mutex` inherits the urgency of the
  /// running task. Called with no spin lock held.
  ///
  /// - Throws: `deadlock` if the owner waits for the running task.
  static func wait(for mutex: ObjectHandle<Mutex>, until deadline: UInt64) throws(Errno)

  /// Makes a task that is in `TaskServices.wait` wait for `mutex` instead; a task that does not
  /// wait is left alone.
  ///
  /// - Throws: `deadlock` if the owner waits for the task, which stays where it is.
  static func move(_ task: TaskNumber, to mutex: ObjectHandle<Mutex>) throws(Errno)

  /// Gives `mutex` to another task, or with nil to none.
  static func setOwner(_ owner: TaskNumber?, of mutex: ObjectHandle<Mutex>)

  /// The most urgent task that waits for `mutex`; nil if none does at the moment.
  static func firstWaiter(for mutex: ObjectHandle<Mutex>) -> TaskNumber?
}

/// How tasks that run user threads share the CPUs. Unless a requirement says otherwise, it is
/// called with interrupts on and no spin lock held.
public protocol ScheduleServices {
  /// Wakes a task as `TaskServices.wake` does. On one CPU, a task that is more urgent than the
  /// caller runs at once.
  static func wakeAndSwitch(_ task: TaskNumber)

  /// Sets how a task is scheduled.
  ///
  /// - Throws: `busy` if SCHED_DEADLINE's guarantee cannot be given.
  static func schedule(_ task: TaskNumber, _ scheduling: Scheduling) throws(Errno)

  /// Sets the nice value of a task. Also under the process table's lock.
  static func setNice(_ nice: Nice, of task: TaskNumber)

  /// Restricts a task to the CPUs in `mask`, at least one of which must run.
  static func setAffinity(_ mask: CpuMask, of task: TaskNumber)
}

/// The kernel lock. Unless a requirement says otherwise, it is called with interrupts on and no spin
/// lock held.
public protocol KernelLockServices {
  /// Acquires the kernel lock, unless the running thread holds it so: `alone`, for all process
  /// state, or shared, for the state of its own process. A thread that shares it gives it up before
  /// it has it alone. It is dropped while the running task is blocked. Does nothing on one CPU.
  static func enterKernel(alone: Bool)

  /// Whether the running thread shares the lock.
  static var sharesKernel: Bool { get }

  /// Releases the kernel lock.
  static func leaveKernel()

  /// Switches to a more urgent task that is ready, or to an equally urgent one if the slice is
  /// over. A CPU that waits for the kernel lock gets it meanwhile; the lock is held again at the
  /// return.
  static func preemptionPoint()
}

extension KernelLockServices {
  /// Acquires the kernel lock for all process state.
  @inline(__always)
  public static func enterKernel() { enterKernel(alone: true) }
}
