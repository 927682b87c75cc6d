// SPDX-License-Identifier: Apache-2.0
// The board that the kernel is built for: QEMU's virt, the one that the kernel is developed on. PSCI
// does everything that has to do with power and processors; QEMU makes the device tree.
@_exported import BoardSupport

/// The board of this kernel.
public enum MachineBoard: ArmBoard {
  /// QEMU's documentation promises only the tree; the address has been this one since the board
  /// exists.
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x0900_0000, byteCount: 0x1000)
  }

  /// QEMU's UART has the clock of ARM's boards.
  public static var consoleClock: UInt32 { 24_000_000 }
}
