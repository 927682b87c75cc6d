// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// A board with ARM's own devices: a GICv2, a PL011 and optionally a PL031. A conforming type
/// supplies the UART's clock, and overrides the defaults that differ.
public protocol ArmBoard: Board
where
  Interrupts == GICv2<MappedRegisters>, Console == PL011<MappedRegisters>,
  Clock == PL031<MappedRegisters>
{
  /// The clock that the UART divides, in Hz.
  ///
  /// - Called: any.
  /// - Tested by: `testStandardOutputIsExactlyTheProgramsBytes`.
  static var consoleClock: UInt32 { get }
}

extension ArmBoard {
  /// The `compatible` strings of ARM's bindings.
  public static var deviceNames: DeviceNames { .arm }

  /// nil: the UART's address differs from board to board.
  public static var lastResortConsole: PhysicalRange? { nil }

  /// The PL011 at `registers`.
  @inline(__always)
  public static func console(_ registers: MappedRegisters) -> PL011<MappedRegisters> {
    PL011(registers, clock: consoleClock)
  }

  /// The GICv2 with its distributor and CPU interface; nil for a GICv3, which has no such
  /// interface.
  public static func interrupts(
    _ found: BoardDescription.InterruptController, map: DeviceMapping
  ) -> GICv2<MappedRegisters>? {
    guard let interface = found.interface else { return nil }
    return GICv2(distributor: map(found.distributor, 1), interface: map(interface, 2))
  }

  /// The PL031 of the device tree.
  public static func clock(
    _ found: PhysicalRange, map: DeviceMapping
  ) -> PL031<MappedRegisters>? {
    PL031(map(found, 3))
  }

  /// Does nothing: PSCI keeps secondary CPUs off until they are started.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {}

  /// Does nothing: PSCI has powered the machine off.
  public static func switchOff() {}
}
