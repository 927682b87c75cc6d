// SPDX-License-Identifier: Apache-2.0
/// What the device tree says of one device that a driver of the board serves: an allegation.
public struct DeviceRecord {
  /// The name of the node, with its unit address.
  let name: BlobRange

  /// The register blocks that the driver uses, in the order of the tree, up to the first one that is
  /// empty or not completely inside the first 4 GiB.
  public internal(set) var blocks = DeviceBlocks<PhysicalRange>()

  /// The interrupt's line as the controller numbers it; nil if the device has none, or the kernel
  /// does not serve interrupts of its role.
  public internal(set) var line: UInt32?

  /// A record without registers and interrupt.
  init(name: BlobRange) { self.name = name }

  /// The record of a device that no tree names, with one register block.
  public init(registers: PhysicalRange) {
    name = BlobRange(offset: 0, byteCount: 0)
    blocks.append(registers)
  }
}

/// A value for each register block that a driver uses of a device.
public typealias DeviceBlocks<Element> = FixedList<4, Element>
