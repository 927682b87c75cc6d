// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The template of a board. Copy this folder and image/boards/template, name both after your board
/// (with a line in Package.swift), and follow docs/porting-guide.md.
///
/// It has the devices of QEMU's virt machine, so that it can report unimplemented requirements.
public enum TemplateBoard: Board {
  /// Step 2: your UART's driver.
  public typealias Console = PL011<MappedRegisters>
  /// Step 3: your calendar clock's driver. Without a clock, leave this line out.
  public typealias Clock = TemplateClock<MappedRegisters>
  /// Step 6: your interrupt controller's driver.
  public typealias Interrupts = GICv2<MappedRegisters>
  // Step 6: if CPUs are awake in the loader's code, the driver of a `Parking` controller.
  // Step 7: if there is no firmware, the driver of a `Power` controller.

  /// The name of this board.
  public static var name: StaticString { "template" }

  /// Step 2: your UART's clock in Hz.
  public static var consoleClock: UInt32 { 24_000_000 }

  /// Step 2: the address of your UART.
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x0900_0000, byteCount: 0x1000)
  }
}
