// SPDX-License-Identifier: Apache-2.0
/// The calendar clock: an ARM PrimeCell RTC (PL031, ARM DDI 0224).
///
///     offset  register  here
///     0x000   RTCDR     seconds (3.3.1)
///     0x00c   RTCCR     bit 0: the clock runs (3.3.4)
public struct PL031<Bank: RegisterBank>: CalendarClock {
  private enum Offset {
    static var data: UInt32 { 0x000 }
    static var control: UInt32 { 0x00c }
  }

  /// The name of ARM's binding.
  public static var compatible: CompatibleNames { CompatibleNames("arm,pl031") }

  /// One block.
  public static var blockCount: ClosedRange<Int> { 1...1 }

  private let bank: Bank

  /// The clock of the device tree; starts it if it is stopped.
  public init?(_ device: Device<Bank>) { self.init(device.blocks[0]) }

  /// A clock with the registers `bank`; starts it if it is stopped.
  public init(_ bank: Bank) {
    self.bank = bank
    if bank.load(Offset.control) & 1 == 0 { bank.store(1, at: Offset.control) }
  }

  /// Seconds since 1970, in 32 bits without sign, which last until 2106.
  public func secondsSinceEpoch() -> UInt32 { bank.load(Offset.data) }
}

extension PL031: Sendable where Bank: Sendable {}
