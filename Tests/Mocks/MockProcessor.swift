// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A processor for host tests: one CPU whose interrupt mask is an unused flag.
public enum MockProcessor: Processor {
  /// Always the first CPU.
  public static var number: UInt32 { 0 }
  /// Nothing to mask.
  public static func maskInterrupts() -> InterruptState { InterruptState(rawValue: 0) }
  /// Nothing to restore.
  public static func restoreInterrupts(_ state: InterruptState) {}
  /// The host orders for itself.
  public static func memoryBarrier() {}
  /// The host orders for itself.
  public static func storeBarrier() {}
  /// Does nothing: there is no other CPU to wait for.
  public static func relax() {}
  /// Returns at once: there are no interrupts.
  public static func waitForInterrupt() {}
}
