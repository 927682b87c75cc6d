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
struct CoreMailboxes<Bank: RegisterBank> {
  private let bank: Bank

  init(_ bank: Bank) { self.bank = bank }

  /// Makes core `core` start at a physical address.
  func send(_ core: UInt32, to address: UInt32) {
    bank.store(address, at: 0x080 + core * 16 + 12)
  }
}
