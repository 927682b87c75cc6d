// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// An architecture's counter and deadline, to be filled in. The real one is `GenericTimer`.
public enum TemplateCounter: Counter {
  /// Hertz, from a register or the device tree.
  public static var frequency: UInt32 { Undone.stop("Counter.frequency", step: 3) }

  /// A barrier, then the register.
  public static func read() -> UInt64 { Undone.stop("Counter.read", step: 3) }

  /// The compare register.
  public static func setDeadline(_ count: UInt64) { Undone.stop("Counter.setDeadline", step: 6) }

  /// The timer's enable bit.
  public static func stopDeadline() { Undone.stop("Counter.stopDeadline", step: 6) }
}
