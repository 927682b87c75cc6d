// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// ARM's Versatile Express with the Cortex-A15 daughterboard: ARM's devices, RAM from 0x80000000,
/// no PSCI. The second CPU waits for the motherboard's flags register in the loader's code outside
/// of RAM, and stays there.
///
/// The device tree is image/boards/vexpress-a15/vexpress-a15.dts, with all devices in its root
/// node.
public enum VexpressA15Board: ArmBoard {
  private static var systemRegisters: PhysicalRange {
    PhysicalRange(base: 0x1c01_0000, byteCount: 0x1000)
  }

  // SAFETY: written once at boot, before a second CPU or a program runs, and read-only afterwards.
  nonisolated(unsafe) private static var system: MappedRegisters?

  /// The first of the motherboard's four UARTs (ARM DUI 0447: offset 0x90000 in the region of chip
  /// select 3).
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x1c09_0000, byteCount: 0x1000)
  }

  /// The UART's clock in Hz: the motherboard's oscillator 2.
  public static var consoleClock: UInt32 { 24_000_000 }

  /// Maps the system registers for `switchOff`. Called once, at boot.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {
    // SAFETY: this is the one write, at boot, before a second CPU or a program runs.
    unsafe system = map(systemRegisters, 4)
  }

  /// Powers off by the motherboard's microcontroller, because there is no firmware.
  public static func switchOff() {
    // SAFETY: `prepare` wrote it once at boot; it is nil before.
    guard let registers = unsafe system else { return }
    SystemConfiguration(registers).switchOff()
  }
}
