// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// An interrupt controller whose operations do nothing, unless the mock implements them.
public protocol SilentLines: InterruptLineController {}

extension SilentLines {
  /// Does nothing.
  public func enable(line: UInt32, on processor: UInt32) {}
  /// Does nothing.
  public func disable(line: UInt32, on processor: UInt32) {}
  /// Does nothing.
  public func trigger(line: UInt32, on processor: UInt32) {}
  /// Does nothing.
  public func clear(line: UInt32, on processor: UInt32) {}
  /// Does nothing.
  public func setPriority(_ priority: UInt32, of line: UInt32) {}
  /// Does nothing.
  public func setTargets(_ targets: UInt32, of line: UInt32) {}
  /// Does nothing.
  public func setTrigger(_ trigger: InterruptTrigger, of line: UInt32) {}
  /// Does nothing.
  public func sendIPI(line: UInt32, to targets: UInt32) {}
}
