// SPDX-License-Identifier: Apache-2.0
import BoardSupport
import PortTemplate

/// A board, to be filled in. Copy this folder and image/boards/template, give both your board's name
/// (and Package.swift a line), and follow docs/porting-guide.md.
///
/// As it stands it has the console of QEMU's virt, so that what is missing can be said there.
public enum TemplateBoard: Board {
  /// Step 2: the `compatible` strings of your device tree.
  public static var deviceNames: DeviceNames { .arm }

  /// Step 2: where your UART is.
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x0900_0000, byteCount: 0x1000)
  }

  /// Step 2: your UART's driver and its clock.
  @inline(__always)
  public static func console(_ registers: MappedRegisters) -> PL011<MappedRegisters> {
    PL011(registers, clock: 24_000_000)
  }

  /// Step 6: your interrupt controller's driver.
  public static func interrupts(
    _ found: BoardDescription.InterruptController, map: DeviceMapping
  ) -> GICv2<MappedRegisters>? {
    Undone.stop("Board.interrupts", step: 6)
  }

  /// Step 3: your calendar clock's driver, or nil for none.
  public static func clock(_ found: PhysicalRange, map: DeviceMapping) -> AbsentClock? {
    Undone.stop("Board.clock", step: 3)
  }

  /// Step 6: park processors that are awake, map power control; often nothing.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {
    Undone.stop("Board.prepare", step: 6)
  }

  /// Step 7: without firmware, a register that switches off; returning is right where there is none.
  public static func switchOff() {}
}
