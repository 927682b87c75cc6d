// SPDX-License-Identifier: Apache-2.0
import BoardSupport

/// The BCM2835's interrupt controller, which collects 64 interrupts of peripherals into one source
/// of the BCM2836's controller (Broadcom, BCM2835 ARM peripherals, section 7.5).
///
///     offset       register     here
///     0x04 + 4n    pending      32 interrupts
///     0x10 + 4n    enable       writing 1 enables
///     0x1c + 4n    disable      writing 1 disables
///
/// It has neither priorities nor an acknowledge register, as that controller.
struct PeripheralInterrupts<Bank: RegisterBank> {
  private enum Offset {
    static var pending: UInt32 { 0x04 }
    static var enable: UInt32 { 0x10 }
    static var disable: UInt32 { 0x1c }
  }

  /// The number of interrupts.
  static var count: UInt32 { 64 }

  private let bank: Bank

  init(_ bank: Bank) { self.bank = bank }

  /// Disables all interrupts.
  func disableAll() {
    bank.store(.max, at: Offset.disable)
    bank.store(.max, at: Offset.disable + 4)
  }

  /// Enables an interrupt, whose number is below `count`.
  func enable(_ number: UInt32) { set(number, at: Offset.enable) }

  /// Disables an interrupt, whose number is below `count`.
  func disable(_ number: UInt32) { set(number, at: Offset.disable) }

  /// The lowest interrupt that is pending; nil if there is none.
  func pending() -> UInt32? {
    for word in UInt32(0)..<2 {
      let bits = bank.load(Offset.pending + word * 4)
      if bits != 0 { return word * 32 + UInt32(truncatingIfNeeded: bits.trailingZeroBitCount) }
    }
    return nil
  }

  private func set(_ number: UInt32, at offset: UInt32) {
    bank.store(1 << (number & 31), at: offset + number / 32 * 4)
  }
}
