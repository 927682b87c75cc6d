// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The Raspberry Pi 2 B: a BCM2836 with its own interrupt controller, a PL011, no calendar clock,
/// no PSCI and RAM from address 0. The three other cores are awake, and wait for an address.
///
/// The device tree is image/boards/raspi2b/raspi2b.dts, with all devices in its root node.
public enum Raspi2bBoard: Board {
  /// The controllers of the cores and of the peripherals.
  public typealias Interrupts = LocalInterrupts<MappedRegisters>
  /// ARM's UART.
  public typealias Console = PL011<MappedRegisters>
  /// The watchdog that halts the board, because there is no firmware.
  public typealias Power = PowerManager<MappedRegisters>
  /// The mailboxes for which the other cores wait.
  public typealias Parking = CoreMailboxes<MappedRegisters>

  /// The name of this board.
  public static var name: StaticString { "raspi2b" }

  /// The UART's clock in Hz, which the firmware sets.
  public static var consoleClock: UInt32 { 48_000_000 }

  /// The PL011 at its address for the ARM cores (BCM2835 peripherals, section 13, less the bus
  /// offset).
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x3f20_1000, byteCount: 0x1000)
  }
}
