// SPDX-License-Identifier: Apache-2.0
/// The console: an ARM PrimeCell UART (PL011, ARM DDI 0183).
///
///     offset  register  here
///     0x000   UARTDR    data; when read, bits 8 to 11: framing, parity, break, overrun (3.3.1)
///     0x018   UARTFR    bit 3 busy, bit 4 receive FIFO empty, bit 5 transmit FIFO full (3.3.3)
///     0x024   UARTIBRD  divisor of the clock, whole part (3.3.5)
///     0x028   UARTFBRD  divisor of the clock, 64ths (3.3.6)
///     0x02c   UARTLCR_H bit 4 FIFOs on, bits 5 and 6 word length (3.3.7)
///     0x030   UARTCR    bit 0 on, bit 8 transmit, bit 9 receive (3.3.8)
///     0x038   UARTIMSC  enabled interrupts: bit 4 receive, 5 transmit, 6 receive timeout (3.3.10)
///     0x044   UARTICR   writing 1 clears an interrupt (3.3.13)
public struct PL011<Bank: RegisterBank> {
  private enum Offset {
    static var data: UInt32 { 0x000 }
    static var flags: UInt32 { 0x018 }
    static var divisorWhole: UInt32 { 0x024 }
    static var divisorFraction: UInt32 { 0x028 }
    static var lineControl: UInt32 { 0x02c }
    static var control: UInt32 { 0x030 }
    static var interruptMask: UInt32 { 0x038 }
    static var interruptClear: UInt32 { 0x044 }
  }

  private enum Bits {
    static var busy: UInt32 { 1 << 3 }
    static var receiveEmpty: UInt32 { 1 << 4 }
    static var transmitFull: UInt32 { 1 << 5 }
    static var receiveErrors: UInt32 { 0x700 }
    static var eightBitsWithFIFO: UInt32 { 0b11 << 5 | 1 << 4 }
    static var onBothWays: UInt32 { 1 << 9 | 1 << 8 | 1 << 0 }
    static var allInterrupts: UInt32 { 0x7ff }
    static var received: UInt32 { 1 << 6 | 1 << 4 }
    static var hasRoom: UInt32 { 1 << 5 }
  }

  private let bank: Bank

  /// A console with the registers `bank`. It needs no `configure` if a loader has already used it.
  public init(_ bank: Bank) { self.bank = bank }

  /// Sets 8 bits, no parity, one stop bit, FIFOs enabled, no interrupt. `clock` is the UART's clock
  /// and `baud` the speed, both in Hz; `clock` is at least 16 and less than 2^20 times `baud`.
  /// Waits for the byte that is being sent.
  ///
  /// The order is the manual's (3.3.8): disable, wait, set, enable. The divisor takes effect with
  /// the write of UARTLCR_H (3.3.7).
  public func configure(clock: UInt32, baud: UInt32) {
    bank.store(0, at: Offset.control)
    while bank.load(Offset.flags) & Bits.busy != 0 {}
    // The divisor in 64ths: clock / (16 * baud) * 64, rounded to nearest.
    let divisor = UInt32((UInt64(clock) * 8 / UInt64(baud) + 1) / 2)
    bank.store(0, at: Offset.interruptMask)
    bank.store(Bits.allInterrupts, at: Offset.interruptClear)
    bank.store(divisor >> 6, at: Offset.divisorWhole)
    bank.store(divisor & 63, at: Offset.divisorFraction)
    bank.store(Bits.eightBitsWithFIFO, at: Offset.lineControl)
    bank.store(Bits.onBothWays, at: Offset.control)
  }

  /// Sends a byte. False if the FIFO has no room.
  public func offer(_ byte: UInt8) -> Bool {
    guard bank.load(Offset.flags) & Bits.transmitFull == 0 else { return false }
    bank.store(UInt32(byte), at: Offset.data)
    return true
  }

  /// Returns the next received byte, or nil if there is none. Breaks, and bytes with a framing or
  /// parity error, are dropped.
  public func get() -> UInt8? {
    while bank.load(Offset.flags) & Bits.receiveEmpty == 0 {
      let data = bank.load(Offset.data)
      if data & Bits.receiveErrors == 0 { return UInt8(truncatingIfNeeded: data) }
    }
    return nil
  }

  /// Sets the interrupts: of received bytes when the FIFO is half full or nothing has come for 32
  /// bits; of room when the FIFO, once full, is half empty again (3.3.8, 3.4).
  public func setInterrupts(receive: Bool, transmit: Bool) {
    bank.store(
      (receive ? Bits.received : 0) | (transmit ? Bits.hasRoom : 0), at: Offset.interruptMask)
  }
}

extension PL011: ConsoleDevice {
  /// The name of ARM's binding.
  public static var compatible: CompatibleNames { CompatibleNames("arm,pl011") }

  /// One block.
  public static var blockCount: ClosedRange<Int> { 1...1 }

  /// The UART of the device tree.
  public init?(_ device: Device<Bank>) { self.init(device.blocks[0]) }

  /// Sets 115,200 baud, 8 bits, no parity, no interrupt.
  public func configure(clock: UInt32) { configure(clock: clock, baud: 115_200) }
}

extension PL011: Sendable where Bank: Sendable {}
