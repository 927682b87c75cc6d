// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// ARM's Versatile Express with the Cortex-A15 daughterboard: ARM's devices, RAM from 0x80000000, no
/// PSCI. The other processor waits in the loader's code for the motherboard's flags register, outside
/// of RAM, and stays there.
///
/// The device tree is image/boards/vexpress-a15/vexpress-a15.dts; it has the devices in its root node.
public enum VexpressA15Board: ArmBoard {
  private static var systemRegisters: PhysicalRange {
    PhysicalRange(base: 0x1c01_0000, byteCount: 0x1000)
  }

  // SAFETY: written once at boot, before a second CPU or a program runs, and read-only afterwards.
  nonisolated(unsafe) private static var system: MappedRegisters?

  /// The first of the motherboard's four UARTs (ARM DUI 0447: 0x90000 into the region of chip select 3).
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x1c09_0000, byteCount: 0x1000)
  }

  /// The motherboard's oscillator 2.
  public static var consoleClock: UInt32 { 24_000_000 }

  /// Maps the system registers, for `switchOff`.
  public static func prepare(parkingAddress: UInt32, map: DeviceMapping) {
    // SAFETY: written here only, once; see the declaration for who reads.
    unsafe system = map(systemRegisters, 4)
  }

  /// Through the motherboard's microcontroller, since there is no firmware to ask.
  public static func switchOff() {
    // SAFETY: `prepare` has written it, or it is nil.
    guard let registers = unsafe system else { return }
    SystemConfiguration(registers).switchOff()
  }
}
