// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// The template of an architecture's counter and timer. The finished example is `GenericTimer`.
public enum TemplateCounter: Counter {
  /// Return the frequency in Hz, from a register or the device tree.
  public static var frequency: UInt32 { Unimplemented.stop("Counter.frequency", step: 3) }

  /// Execute a barrier, then read the counter register.
  public static func read() -> UInt64 { Unimplemented.stop("Counter.read", step: 3) }

  /// Write the timer's compare register.
  public static func setDeadline(_ count: UInt64) {
    Unimplemented.stop("Counter.setDeadline", step: 6)
  }

  /// Clear the timer's enable bit.
  public static func stopDeadline() { Unimplemented.stop("Counter.stopDeadline", step: 6) }
}
