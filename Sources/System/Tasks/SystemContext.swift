// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// The port's context switch. It adds CPU-time accounting and the release of the kernel lock.
public enum SystemContext<A: Architecture>: ContextSwitch {
  /// See `ContextSwitch`.
  @inline(__always)
  public static func switchStack(
    saving saved: UnsafeMutablePointer<UInt32>, to newStack: UInt32
  ) {
    // SAFETY: the scheduler guarantees what the port's switch requires.
    unsafe A.Context.switchStack(saving: saved, to: newStack)
  }

  /// See `ContextSwitch`.
  public static func prepareStack(
    top: UInt32, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> UInt32 {
    A.Context.prepareStack(top: top, entry: entry, argument: argument)
  }

  /// See `ContextSwitch`.
  public static func activate(addressSpace: UInt64) {
    A.Context.activate(addressSpace: addressSpace)
  }

  /// See `ContextSwitch`.
  public static var runningTask: UInt32 {
    @inline(__always) get { A.Context.runningTask }
    @inline(__always) set { A.Context.runningTask = newValue }
  }

  /// See `ContextSwitch`.
  public static var isRescheduleDue: Bool {
    @inline(__always) get { A.Context.isRescheduleDue }
    @inline(__always) set { A.Context.isRescheduleDue = newValue }
  }

  /// See `ContextSwitch`.
  public static var runningOwner: UInt32 {
    @inline(__always) get { A.Context.runningOwner }
    @inline(__always) set { A.Context.runningOwner = newValue }
  }

  /// See `ContextSwitch`.
  @inline(__always)
  public static func setRunning(_ task: UInt32, owner: UInt32) {
    A.Context.setRunning(task, owner: owner)
  }

  /// The counter of the clocks.
  public static var counter: UInt64 {
    @inline(__always) get { A.Clock.read() }
  }

  /// Brings the task's CPU time up to date.
  public static func willSwitchIn(_ task: UInt32, ran: UInt64, since: UInt64) {
    TaskClocks<A>.switchIn(task, ran: ran, since: since)
  }

  /// Releases the kernel lock.
  public static func willSwitchOut() { KernelEntry<A>.leave() }

  /// Sends a reschedule IPI.
  public static func sendReschedule(_ cpus: UInt32) { A.Control.sendIPI(.reschedule, to: cpus) }

  /// See `ContextSwitch`.
  public static var isInInterrupt: Bool { A.Context.isInInterrupt }
}
