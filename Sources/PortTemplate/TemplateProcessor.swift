// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The template of an architecture's processor. The protocols' requirements document the contracts.
/// The shortest finished example is the tests' `MockProcessor`, the complete one `ARMv7A`.
public enum TemplateProcessor: Processor, ContextSwitch {
  /// Read a register of the CPU, or its per-CPU area.
  public static var number: UInt32 { Unimplemented.stop("Processor.number", step: 3) }

  /// Read the interrupt state, then mask.
  public static func maskInterrupts() -> InterruptState {
    Unimplemented.stop("Processor.maskInterrupts", step: 3)
  }

  /// Restore the state that `maskInterrupts` returned.
  public static func restoreInterrupts(_ state: InterruptState) {
    Unimplemented.stop("Processor.restoreInterrupts", step: 3)
  }

  /// Execute the strongest barrier between memory accesses.
  public static func memoryBarrier() { Unimplemented.stop("Processor.memoryBarrier", step: 3) }

  /// Order stores; the strongest barrier is sufficient at first.
  public static func storeBarrier() { Unimplemented.stop("Processor.storeBarrier", step: 3) }

  /// Wait until stores are complete; ordering them is not enough.
  public static func completeStores() { Unimplemented.stop("Processor.completeStores", step: 3) }

  /// An empty function is correct.
  public static func relax() {}

  /// Returning at once is correct, but keeps the CPU busy.
  public static func waitForInterrupt() {}

  /// Write a dozen lines of assembly: store the registers, exchange the stack pointers, load.
  public static func switchStack(
    saving saved: UnsafeMutablePointer<KernelAddress>, to newStack: KernelAddress
  ) {
    Unimplemented.stop("ContextSwitch.switchStack", step: 7)
  }

  /// Store what `switchStack` would have stored.
  public static func prepareStack(
    top: KernelAddress, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> KernelAddress {
    Unimplemented.stop("ContextSwitch.prepareStack", step: 7)
  }

  /// Set the table base and the address-space identifier.
  public static func activate(addressSpace: UInt64) {
    Unimplemented.stop("ContextSwitch.activate", step: 7)
  }

  /// Keep the task's number in the CPU's area.
  public static var runningTask: TaskNumber {
    get { Unimplemented.stop("ContextSwitch.runningTask", step: 7) }
    set { Unimplemented.stop("ContextSwitch.runningTask", step: 7) }
  }

  /// Keep the flag in the CPU's area; the code that returns to user mode tests it.
  public static var isRescheduleDue: Bool {
    get { Unimplemented.stop("ContextSwitch.isRescheduleDue", step: 6) }
    set { Unimplemented.stop("ContextSwitch.isRescheduleDue", step: 6) }
  }

  /// Keep the flag in the CPU's area; the interrupt entry sets it.
  public static var isInInterrupt: Bool {
    Unimplemented.stop("ContextSwitch.isInInterrupt", step: 6)
  }
}
