// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The BCM2836's mailboxes, by which a core that waits in the loader's loop is sent to an address
/// (Broadcom, BCM2836 ARM-local peripherals, rev 3.4, section 4.8).
///
///     offset       register                here
///     0x080 + 16n  mailboxes of core n     write: sets bits; number 3, at + 12, holds the address
///     0x0c0 + 16n  mailboxes of core n     read; write: clears bits
///
/// The loop (of the firmware, or of QEMU instead) reads mailbox 3 of its core and clears the bits
/// that it read. Then it jumps to that address with MMU and caches off and interrupts masked.
public struct CoreMailboxes<Bank: RegisterBank>: ParkingController {
  /// The node of `LocalInterrupts`, whose registers these are.
  public static var compatible: CompatibleNames { CompatibleNames("brcm,bcm2836-l1-intc") }

  /// One block.
  public static var blockCount: ClosedRange<Int> { 1...1 }

  private let bank: Bank

  init(_ bank: Bank) { self.bank = bank }

  /// The mailboxes of the device tree.
  public init?(_ device: Device<Bank>) { self.init(device.blocks[0]) }

  /// Makes the three other cores start at a physical address.
  public func park(at address: UInt32) {
    for core in 1..<UInt32(4) { bank.store(address, at: 0x080 + core * 16 + 12) }
  }
}
