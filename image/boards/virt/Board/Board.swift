// SPDX-License-Identifier: Apache-2.0
// The board that the kernel is built for: QEMU's virt, on which the kernel is developed. PSCI
// controls power and processors; QEMU makes the device tree.
@_exported import BoardSupport

/// The board of this kernel.
public enum MachineBoard: Board {
  /// ARM's interrupt controller.
  public typealias Interrupts = GICv2<MappedRegisters>
  /// ARM's UART.
  public typealias Console = PL011<MappedRegisters>
  /// ARM's calendar clock.
  public typealias Clock = PL031<MappedRegisters>

  /// The name of this board.
  public static var name: StaticString { "virt" }

  /// The clock of QEMU's UART in Hz, the same as on ARM's own boards.
  public static var consoleClock: UInt32 { 24_000_000 }

  /// QEMU documents only the device tree; but the UART has had this address since the board exists.
  public static var lastResortConsole: PhysicalRange? {
    PhysicalRange(base: 0x0900_0000, byteCount: 0x1000)
  }
}
