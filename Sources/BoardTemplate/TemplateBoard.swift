// SPDX-License-Identifier: Apache-2.0
import BoardSupport
import PortTemplate

/// The template of a board. Copy this folder and image/boards/template, name both after your board
/// (with a line in Package.swift), and follow docs/porting-guide.md.
///
/// It has the console of QEMU's virt machine, so that it can report unimplemented requirements.
public enum TemplateBoard: Board {
  /// Step 2: the `compatible` strings of your device tree.
  public static var deviceNames: DeviceNames { .arm }

  /// Step 2: the address of your UART.
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x0900_0000, byteCount: 0x1000)
  }

  /// Step 2: your UART's driver and its clock in Hz.
  @inline(__always)
  public static func console(_ registers: MappedRegisters) -> PL011<MappedRegisters> {
    PL011(registers, clock: 24_000_000)
  }

  /// Step 6: your interrupt controller's driver.
  public static func interrupts(
    _ found: BoardDescription.InterruptController, map: DeviceMapping
  ) -> GICv2<MappedRegisters>? {
    Unimplemented.stop("Board.interrupts", step: 6)
  }

  /// Step 3: your calendar clock's driver, or nil for none.
  public static func clock(_ found: PhysicalRange, map: DeviceMapping) -> AbsentClock? {
    Unimplemented.stop("Board.clock", step: 3)
  }

  /// Step 6: park CPUs that are awake, and map power control. Often empty.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {
    Unimplemented.stop("Board.prepare", step: 6)
  }

  /// Step 7: power off by a register, without firmware. Returning is correct if there is none.
  public static func switchOff() {}
}
