// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// An architecture's processor, to be filled in. The contracts are on the requirements; the shortest
/// finished example is the tests' `MockProcessor`, the real one `ARMv7A`.
public enum TemplateProcessor: Processor, ContextSwitch {
  /// A register of the CPU, or an area that one points to.
  public static var number: UInt32 { Undone.stop("Processor.number", step: 3) }

  /// Read the state, then mask.
  public static func maskInterrupts() -> InterruptState {
    Undone.stop("Processor.maskInterrupts", step: 3)
  }

  /// Put back what `maskInterrupts` gave.
  public static func restoreInterrupts(_ state: InterruptState) {
    Undone.stop("Processor.restoreInterrupts", step: 3)
  }

  /// The strongest barrier between memory accesses.
  public static func memoryBarrier() { Undone.stop("Processor.memoryBarrier", step: 3) }

  /// Between stores; the strongest one will do at first.
  public static func storeBarrier() { Undone.stop("Processor.storeBarrier", step: 3) }

  /// Completion, not only order.
  public static func completeStores() { Undone.stop("Processor.completeStores", step: 3) }

  /// Doing nothing is right.
  public static func relax() {}

  /// Returning at once is right, and hot.
  public static func waitForInterrupt() {}

  /// A dozen lines of assembly: store, swap stack pointers, load.
  public static func switchStack(
    saving saved: UnsafeMutablePointer<UInt32>, to newStack: UInt32
  ) {
    Undone.stop("ContextSwitch.switchStack", step: 7)
  }

  /// What `switchStack` would have stored.
  public static func prepareStack(
    top: UInt32, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> UInt32 {
    Undone.stop("ContextSwitch.prepareStack", step: 7)
  }

  /// The table base and the address-space identifier.
  public static func activate(addressSpace: UInt64) {
    Undone.stop("ContextSwitch.activate", step: 7)
  }

  /// In the area of this CPU.
  public static var runningTask: UInt32 {
    get { Undone.stop("ContextSwitch.runningTask", step: 7) }
    set { Undone.stop("ContextSwitch.runningTask", step: 7) }
  }

  /// In the area of this CPU, where the way back to a program looks.
  public static var isRescheduleDue: Bool {
    get { Undone.stop("ContextSwitch.isRescheduleDue", step: 6) }
    set { Undone.stop("ContextSwitch.isRescheduleDue", step: 6) }
  }

  /// In the area of this CPU, set by the entry of an interrupt.
  public static var isInInterrupt: Bool { Undone.stop("ContextSwitch.isInInterrupt", step: 6) }
}
