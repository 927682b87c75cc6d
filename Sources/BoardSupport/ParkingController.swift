// SPDX-License-Identifier: Apache-2.0
/// A driver of a device by which CPUs that the loader left running leave the loader's code.
public protocol ParkingController: Driver {
  /// Sends these CPUs to `address`, the physical address of code that sleeps with the MMU off.
  /// While in the loader's code, they fetch from memory that the kernel may use.
  ///
  /// - Called: boot, before the first interrupt.
  /// - Tested by: `testParkingSendsTheOtherCoresToTheAddress`.
  func park(at address: UInt32)
}

extension ParkingController {
  /// The parking controller.
  public static var role: DeviceRole { .parking }
}

/// The parking controller of a board whose other CPUs are off, or outside of RAM, until they are
/// started.
public enum AbsentParking: ParkingController {
  /// None.
  public static var compatible: CompatibleNames { CompatibleNames() }
  /// None.
  public static var blockCount: ClosedRange<Int> { 0...0 }
  /// Returns nil.
  public init?(_ device: Device<MappedRegisters>) { nil }
  /// Cannot be called: there is no parking controller.
  public func park(at address: UInt32) { switch self {} }
}
