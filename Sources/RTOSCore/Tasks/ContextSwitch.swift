// SPDX-License-Identifier: Apache-2.0
/// What the scheduler requires of the port to switch a CPU between tasks.
public protocol ContextSwitch {
  /// Stores the running task's registers on its stack and its stack pointer in `saved`, then
  /// continues on `newStack`. It returns when the saved task is switched in again. Interrupts are
  /// masked and the scheduler's lock is held, on entry and on return.
  ///
  /// - Called: scheduler's lock, IRQ off.
  /// - Tested by: `testRandomOperationsAgreeWithTheModel`.
  static func switchStack(
    saving saved: UnsafeMutablePointer<KernelAddress>, to newStack: KernelAddress
  )

  /// Lays out a new task's stack so that `switchStack` continues in `entry(argument)` with
  /// interrupts masked. Returns the stack pointer to switch to.
  ///
  /// - Called: task creation, no lock.
  /// - Tested by: `testNewTaskIsBlockedUntilItIsWoken`.
  static func prepareStack(
    top: KernelAddress, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> KernelAddress

  /// Makes `addressSpace`, in the port's encoding, the current address space of this CPU.
  ///
  /// - Called: scheduler's lock, IRQ off.
  /// - Tested by: `testAddressSpaceIsActivatedWhenItsTaskRuns`.
  static func activate(addressSpace: UInt64)

  /// The number of the task that runs on this CPU. It may be read with interrupts unmasked, because
  /// a task's own number does not change.
  ///
  /// - Called: any.
  /// - Tested by: `testMostUrgentTaskRunsFirst`.
  static var runningTask: TaskNumber { get set }

  /// The owner word of the running task, as `setOwner` set it.
  ///
  /// - Called: any.
  /// - Tested by: `testMostUrgentTaskRunsFirst`.
  static var runningOwner: UInt32 { get set }

  /// Sets `runningTask` and `runningOwner` at a switch.
  ///
  /// - Called: scheduler's lock, IRQ off.
  /// - Tested by: `testMostUrgentTaskRunsFirst`.
  static func setRunning(_ task: TaskNumber, owner: UInt32)

  /// A counter that is synchronised across CPUs and does not wrap; CPU time is accounted in its
  /// units. Read with interrupts masked.
  ///
  /// - Called: scheduler's lock, IRQ off.
  /// - Tested by: `testCPUTimeIsCountedForEachTask`.
  static var counter: UInt64 { get }

  /// Called before the switch to a task with an address space, so that its program's CPU clock
  /// continues. `ran` is the task's CPU time so far in counts; `since` is the counter's present
  /// value.
  ///
  /// - Called: scheduler's lock, IRQ off.
  /// - Tested by: `testCPUTimeIsCountedForEachTask`.
  static func willSwitchIn(_ task: TaskNumber, ran: UInt64, since: UInt64)

  /// Called before a switch on a multiprocessor.
  ///
  /// - Called: scheduler's lock, IRQ off, several CPUs.
  /// - Tested by: `testTasksOfOnePriorityTakeTurnsOnAllCPUs`.
  static func willSwitchOut()

  /// While true, `Scheduler.reschedule` is called before this CPU returns to user mode. Accessed
  /// only with interrupts masked.
  ///
  /// - Called: IRQ off.
  /// - Tested by: `testOnlyAMoreUrgentTaskRequestsAReschedule`.
  static var isRescheduleDue: Bool { get set }

  /// Sends a reschedule IPI to the CPUs in a mask, which sets each one's `isRescheduleDue`. The
  /// mask excludes the calling CPU. The scheduler's lock is held.
  ///
  /// - Called: scheduler's lock, IRQ off.
  /// - Tested by: `testUserReturnWorkSendsAnIPIToTheTasksCPU`.
  static func sendReschedule(_ cpus: CpuMask)

  /// True while this CPU serves an interrupt: the handler is no task, so it can neither block nor
  /// be preempted by one.
  ///
  /// - Called: any.
  /// - Tested by: `testInterruptMayPostButNotWait`.
  static var isInInterrupt: Bool { get }
}

extension ContextSwitch {
  /// Default: sets the two in turn.
  @inline(__always)
  public static func setRunning(_ task: TaskNumber, owner: UInt32) {
    runningTask = task
    runningOwner = owner
  }

  /// Default for a machine that does not account CPU time.
  public static var counter: UInt64 {
    @inline(__always) get { 0 }
  }

  /// Default for a machine that does not account CPU time: does nothing.
  @inline(__always)
  public static func willSwitchIn(_ task: TaskNumber, ran: UInt64, since: UInt64) {}

  /// Default for a machine that holds nothing per task that must be released at a switch.
  @inline(__always)
  public static func willSwitchOut() {}

  /// Default for a machine with one CPU: does nothing.
  public static func sendReschedule(_ cpus: CpuMask) {}

  /// Default for a context whose tasks have no owner, as in tests.
  public static var runningOwner: UInt32 {
    get { 0 }
    set {}
  }
}
