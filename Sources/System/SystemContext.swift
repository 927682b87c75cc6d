// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// The port's context switch. It adds CPU-time accounting and the release of the kernel lock.
public enum SystemContext<A: Architecture>: ContextSwitch {
  /// Saves the running task's stack pointer and continues on another stack.
  @inline(__always)
  public static func switchStack(
    saving saved: UnsafeMutablePointer<KernelAddress>, to newStack: KernelAddress
  ) {
    PreemptionWatch.end(.taskSwitch)
    // SAFETY: the scheduler guarantees what the port's switch requires.
    unsafe A.Context.switchStack(saving: saved, to: newStack)
    #if DEBUG || WATCH
      if A.Context.runningOwner != 0 { PreemptionWatch.begin(.taskSwitch) }
    #endif
  }

  /// Lays out a stack whose first switch continues in `entry(argument)`.
  public static func prepareStack(
    top: KernelAddress, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> KernelAddress {
    A.Context.prepareStack(top: top, entry: entry, argument: argument)
  }

  /// Activates an address space on this CPU.
  public static func activate(addressSpace: UInt64) {
    A.Context.activate(addressSpace: addressSpace)
  }

  /// The number of this CPU's running task.
  public static var runningTask: TaskNumber {
    @inline(__always) get { A.Context.runningTask }
    @inline(__always) set { A.Context.runningTask = newValue }
  }

  /// True if this CPU must reschedule before it returns to user mode.
  public static var isRescheduleDue: Bool {
    @inline(__always) get { A.Context.isRescheduleDue }
    @inline(__always) set { A.Context.isRescheduleDue = newValue }
  }

  /// The owner word of this CPU's running task.
  public static var runningOwner: UInt32 {
    @inline(__always) get { A.Context.runningOwner }
    @inline(__always) set { A.Context.runningOwner = newValue }
  }

  /// Sets the running task and its owner word together.
  @inline(__always)
  public static func setRunning(_ task: TaskNumber, owner: UInt32) {
    A.Context.setRunning(task, owner: owner)
  }

  /// The counter of the clocks.
  public static var counter: UInt64 {
    @inline(__always) get { A.Clock.read() }
  }

  /// Brings the task's CPU time up to date.
  public static func willSwitchIn(_ task: TaskNumber, ran: UInt64, since: UInt64) {
    TaskClocks<A>.switchIn(task, ran: ran, since: since)
  }

  /// Releases the kernel lock.
  public static func willSwitchOut() { KernelEntry<A>.leave() }

  /// Sends a reschedule IPI.
  public static func sendReschedule(_ cpus: CpuMask) {
    A.Interrupts.sendIPI(.reschedule, to: cpus)
  }

  /// True while this CPU serves an interrupt.
  public static var isInInterrupt: Bool { A.Context.isInInterrupt }
}
