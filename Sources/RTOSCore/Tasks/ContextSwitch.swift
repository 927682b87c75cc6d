// SPDX-License-Identifier: Apache-2.0
/// What the scheduler needs from the port to move a CPU from one task to another.
public protocol ContextSwitch {
  /// Stores the running task's registers on its stack and the stack pointer in `saved`, then
  /// continues on `newStack`. Returns when somebody switches back. Interrupts are masked and the
  /// scheduler's lock is held, before and after.
  static func switchStack(saving saved: UnsafeMutablePointer<UInt32>, to newStack: UInt32)

  /// Lays out a new task's stack so that `switchStack` continues in `entry(argument)` with
  /// interrupts masked. Returns the stack pointer to switch to.
  static func prepareStack(
    top: UInt32, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> UInt32

  /// Makes `addressSpace`, in the port's encoding, the current one of this CPU.
  static func activate(addressSpace: UInt64)

  /// The number of the task that runs on this CPU. Interrupts may be on: a task's own number does
  /// not change under it.
  static var runningTask: UInt32 { get set }

  /// What the owner of the running task asked to have at hand while it runs (`setOwner`).
  static var runningOwner: UInt32 { get set }

  /// Sets both, at a switch.
  static func setRunning(_ task: UInt32, owner: UInt32)

  /// A counter that all CPUs read alike and that does not wrap: what tasks have of a CPU is counted in
  /// it. Interrupts are masked.
  static var counter: UInt64 { get }

  /// Called before the switch to a task with an address space: the clock of its program goes on. `ran`
  /// counts it had had before, `since` is the counter of now.
  static func willRun(_ task: UInt32, ran: UInt64, since: UInt64)

  /// Called before a switch where there are several CPUs.
  static func willLeave()

  /// Set: `Scheduler.reschedule` is called before this CPU returns to a program. Only with
  /// interrupts masked.
  static var isRescheduleDue: Bool { get set }

  /// Interrupts the CPUs in a mask, so that each sets its own `isRescheduleDue`; not the calling one.
  /// The scheduler's lock is held.
  static func summon(_ cpus: UInt32)

  /// True while this CPU serves an interrupt: what runs is no task and cannot wait or be stopped.
  static var isInInterrupt: Bool { get }
}

extension ContextSwitch {
  /// One after the other.
  @inline(__always)
  public static func setRunning(_ task: UInt32, owner: UInt32) {
    runningTask = task
    runningOwner = owner
  }

  /// For a machine on which nobody asks how long tasks run.
  public static var counter: UInt64 {
    @inline(__always) get { 0 }
  }

  /// Likewise.
  @inline(__always)
  public static func willRun(_ task: UInt32, ran: UInt64, since: UInt64) {}

  /// For a machine where nothing belongs to a CPU's task but the CPU.
  @inline(__always)
  public static func willLeave() {}

  /// For a machine with one CPU.
  public static func summon(_ cpus: UInt32) {}

  /// For a context whose tasks nobody owns: the tests'.
  public static var runningOwner: UInt32 {
    get { 0 }
    set {}
  }
}
