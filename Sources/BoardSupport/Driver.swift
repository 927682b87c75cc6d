// SPDX-License-Identifier: Apache-2.0
/// The driver of one kind of device. A driver conforms to the protocol of its role, which refines
/// this one: `InterruptController`, `ConsoleDevice`, `CalendarClock`, `PowerController` or
/// `ParkingController`. A board names it in its list (`Board`); nothing else does.
public protocol Driver {
  /// The registers of one block.
  associatedtype Bank: RegisterBank

  /// The driver's role, which the protocol of the role sets.
  ///
  /// - Called: compile time.
  /// - Tested by: `testBoardsDriversServeTheirDevices`.
  static var role: DeviceRole { get }

  /// The `compatible` strings of the devices that the driver serves.
  ///
  /// - Called: boot, first of all.
  /// - Tested by: `testBoardsDriversServeTheirDevices`.
  static var compatible: CompatibleNames { get }

  /// How many register blocks the driver uses: at least the lower bound, which it needs, and at
  /// most the upper one, up to four (`DeviceBlocks`). Further blocks of a device are not mapped.
  ///
  /// - Called: boot.
  /// - Tested by: `testDeviceWithTooFewBlocksIsRefused`.
  static var blockCount: ClosedRange<Int> { get }

  /// Makes the driver of a device, which has as many register blocks as the driver uses. An
  /// interrupt controller does not access its registers before `configureShared`.
  ///
  /// - Returns: nil: the driver does not support this device; it is then not used.
  /// - Called: boot, or in a panic.
  /// - Tested by: `testDriverMayRefuseItsDevice`.
  init?(_ device: Device<Bank>)
}

/// A device whose registers are mapped.
public struct Device<Bank: RegisterBank> {
  /// The register blocks, in the order of the device tree.
  public private(set) var blocks = DeviceBlocks<Bank>()

  /// The interrupt's line as the controller numbers it; nil if the device has none.
  public let line: UInt32?

  /// Maps the registers of a device by `map`, which maps a range permanently.
  ///
  /// - Throws: `tooFewBlocks` if the device has less than `minimum` of them, or the error of `map`.
  @inline(never)
  init(
    _ record: DeviceRecord, minimum: Int, map: (PhysicalRange) throws(DeviceError) -> Bank
  ) throws(DeviceError) {
    guard record.blocks.count >= minimum else { throw .tooFewBlocks }
    line = record.line
    for index in 0..<record.blocks.count { blocks.append(try map(record.blocks[index])) }
  }
}

extension Driver {
  /// Makes the driver of a device, whose registers `map` maps permanently as device memory.
  ///
  /// - Throws: `DeviceError`: the device has too few blocks, they cannot be mapped, or the driver
  ///   refuses it.
  @inline(__always)
  public static func make(
    _ record: DeviceRecord, map: (PhysicalRange) throws(DeviceError) -> Bank
  ) throws(DeviceError) -> Self {
    let device = try Device(record, minimum: blockCount.lowerBound, map: map)
    guard let driver = Self(device) else { throw .refused }
    return driver
  }
}
