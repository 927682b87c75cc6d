// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// A board with ARM's own devices: a GICv2, a PL011 and, where its tree has one, a PL031. A conforming
/// type says what is left: the UART's clock, and whatever differs from what stands here.
public protocol ArmBoard: Board
where
  Interrupts == GICv2<MappedRegisters>, Console == PL011<MappedRegisters>,
  Clock == PL031<MappedRegisters>
{
  /// Hertz of the clock that the UART divides.
  static var consoleClock: UInt32 { get }
}

extension ArmBoard {
  /// The names of ARM's bindings.
  public static var deviceNames: DeviceNames { .arm }

  /// None: an address is the board's own.
  public static var lastResortConsole: PhysicalRange? { nil }

  /// The PL011.
  @inline(__always)
  public static func console(_ registers: MappedRegisters) -> PL011<MappedRegisters> {
    PL011(registers, clock: consoleClock)
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

  /// Nothing: PSCI keeps the other processors off until they are asked for.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {}

  /// Nothing: PSCI has done it.
  public static func switchOff() {}
}
