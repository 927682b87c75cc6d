// SPDX-License-Identifier: Apache-2.0
/// A driver of a device that powers the board off.
public protocol PowerController: Driver {
  /// Powers the board off. Called if no firmware does, on any CPU. Returns if it cannot, or before
  /// the power is off.
  ///
  /// - Errors: it returns where it cannot switch the machine off.
  /// - Called: any, IRQ off, after firmware.
  /// - Tested by: `testPowerOffWorksWithoutADebugger`.
  func switchOff()
}

extension PowerController {
  /// The power controller.
  public static var role: DeviceRole { .power }
}

/// The power controller of a board without one, such as a board with PSCI.
public enum AbsentPower: PowerController {
  /// None.
  public static var compatible: CompatibleNames { CompatibleNames() }
  /// None.
  public static var blockCount: ClosedRange<Int> { 0...0 }
  /// Returns nil.
  public init?(_ device: Device<MappedRegisters>) { nil }
  /// Cannot be called: there is no power controller.
  public func switchOff() { switch self {} }
}
