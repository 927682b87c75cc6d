// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The mailboxes of the BCM2836 through which a core that waits in the loader's loop is sent to an
/// address (Broadcom, BCM2836 ARM-local peripherals, rev 3.4, section 4.8).
///
///     offset       register                here
///     0x080 + 16n  mailboxes of core n     write: sets bits; number 3, at + 12, holds the address
///     0x0c0 + 16n  the same                read; write: clears bits
///
/// The loop (the firmware's, and QEMU's in its place) reads mailbox 3 of its core, clears what it found
/// and jumps there: MMU and caches off, interrupts masked.
struct CoreMailboxes<Bank: RegisterBank> {
  private let bank: Bank

  init(_ bank: Bank) { self.bank = bank }

  /// Sends core `core` to a physical address.
  func send(_ core: UInt32, to address: UInt32) {
    bank.store(address, at: 0x080 + core * 16 + 12)
  }
}
