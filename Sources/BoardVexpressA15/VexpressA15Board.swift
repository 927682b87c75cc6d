// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// ARM's Versatile Express with the Cortex-A15 daughterboard: ARM's devices, RAM from 0x80000000,
/// no PSCI. The second CPU waits for the motherboard's flags register in the loader's code outside
/// of RAM, and stays there.
///
/// The device tree is image/boards/vexpress-a15/vexpress-a15.dts, with all devices in its root
/// node.
public enum VexpressA15Board: Board {
  /// ARM's interrupt controller.
  public typealias Interrupts = GICv2<MappedRegisters>
  /// ARM's UART.
  public typealias Console = PL011<MappedRegisters>
  /// ARM's calendar clock.
  public typealias Clock = PL031<MappedRegisters>
  /// The motherboard's microcontroller, because there is no firmware.
  public typealias Power = SystemConfiguration<MappedRegisters>

  /// The name of this board.
  public static var name: StaticString { "vexpress-a15" }

  /// The UART's clock in Hz: the motherboard's oscillator 2.
  public static var consoleClock: UInt32 { 24_000_000 }

  /// The first of the motherboard's four UARTs (ARM DUI 0447: offset 0x90000 in the region of chip
  /// select 3).
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x1c09_0000, byteCount: 0x1000)
  }
}
