import BoardSupport

/// The board `virt` of QEMU, the one that the kernel is developed on: GICv2, PL011, PL031, and PSCI
/// for everything that has to do with power and processors.
///
/// QEMU makes the device tree and puts every device into its root node.
public enum VirtBoard: Board {
  /// ARM's own devices.
  public static var deviceNames: DeviceNames { .arm }

  /// QEMU's documentation promises only the tree; the address has been this one since the board
  /// exists.
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x0900_0000, byteCount: 0x1000)
  }

  /// QEMU's UART has the clock of ARM's boards.
  @inline(__always)
  public static func console(_ registers: MappedRegisters) -> PL011<MappedRegisters> {
    PL011(registers, clock: 24_000_000)
  }

  /// Distributor and CPU interface; nil for a GICv3, which has no such interface.
  public static func interrupts(
    _ found: BoardDescription.InterruptController, map: DeviceMapping
  ) -> GICv2<MappedRegisters>? {
    guard let interface = found.interface else { return nil }
    return GICv2(distributor: map(found.distributor, 1), interface: map(interface, 2))
  }

  /// The PL031.
  public static func clock(
    _ found: PhysicalRange, map: DeviceMapping
  ) -> PL031<MappedRegisters>? {
    PL031(map(found, 3))
  }

  /// PSCI keeps the other processors off until they are asked for.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {}

  /// PSCI has done it.
  public static func switchOff() {}
}
