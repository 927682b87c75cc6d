// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The motherboard's system registers that send commands to its microcontroller (ARM DUI 0447,
/// Motherboard Express µATX, programmers model).
///
///     offset  register     here
///     0xa0    SYS_CFGDATA  the word that goes with a command
///     0xa4    SYS_CFGCTRL  bit 31 start, bit 30 write, bits 20-25 the function; 8 is a shutdown
///     0xa8    SYS_CFGSTAT  bit 0 complete, bit 1 error
public struct SystemConfiguration<Bank: RegisterBank>: PowerController {
  private enum Offset {
    static var data: UInt32 { 0xa0 }
    static var control: UInt32 { 0xa4 }
    static var status: UInt32 { 0xa8 }
  }

  private static var startWrite: UInt32 { 0xc000_0000 }
  private static var shutdown: UInt32 { 8 << 20 }

  /// The name of ARM's binding.
  public static var compatible: CompatibleNames { CompatibleNames("arm,vexpress-sysreg") }

  /// One block.
  public static var blockCount: ClosedRange<Int> { 1...1 }

  private let bank: Bank

  init(_ bank: Bank) { self.bank = bank }

  /// The system registers of the device tree.
  public init?(_ device: Device<Bank>) { self.init(device.blocks[0]) }

  /// Asks the microcontroller to power the board off. Returns before the power is off.
  public func switchOff() {
    bank.store(0, at: Offset.status)
    bank.store(0, at: Offset.data)
    bank.store(Self.startWrite | Self.shutdown, at: Offset.control)
  }
}
