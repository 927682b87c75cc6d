// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The registers of the BCM2835's power manager that halt the board. Broadcom does not document
/// them; the facts are from Linux's driver bcm2835_wdt.
///
///     offset  register  here
///     0x1c    PM_RSTC   bits 4-5: 2 is a full reset when the watchdog runs out
///     0x20    PM_RSTS   bits 0, 2, 4, 6, 8, 10: the partition to boot from; all ones: halt
///     0x24    PM_WDOG   bits 0-19: ticks of 16 microseconds left
///
/// A write takes effect only with 0x5a in its highest byte.
public struct PowerManager<Bank: RegisterBank>: PowerController {
  private enum Offset {
    static var resetControl: UInt32 { 0x1c }
    static var resetStatus: UInt32 { 0x20 }
    static var watchdog: UInt32 { 0x24 }
  }

  private static var password: UInt32 { 0x5a00_0000 }
  private static var haltPartition: UInt32 { 0x555 }
  private static var fullReset: UInt32 { 0x20 }
  private static var fullResetMask: UInt32 { 0x30 }

  /// The name of the binding.
  public static var compatible: CompatibleNames { CompatibleNames("brcm,bcm2835-pm") }

  /// The first block. The second one controls the power of parts of the chip.
  public static var blockCount: ClosedRange<Int> { 1...1 }

  private let bank: Bank

  init(_ bank: Bank) { self.bank = bank }

  /// The power manager of the device tree.
  public init?(_ device: Device<Bank>) { self.init(device.blocks[0]) }

  /// Resets the board into the partition number that the firmware treats as a halt.
  public func switchOff() {
    let status = bank.load(Offset.resetStatus) & 0x00ff_ffff
    bank.store(Self.password | status | Self.haltPartition, at: Offset.resetStatus)
    bank.store(Self.password | 10, at: Offset.watchdog)
    let control = bank.load(Offset.resetControl) & 0x00ff_ffff & ~Self.fullResetMask
    bank.store(Self.password | control | Self.fullReset, at: Offset.resetControl)
  }
}
