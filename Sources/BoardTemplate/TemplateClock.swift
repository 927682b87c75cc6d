// SPDX-License-Identifier: Apache-2.0
import BoardSupport
import PortTemplate

/// The template of a driver: the calendar clock, which has the fewest requirements. The finished
/// example is `PL031`.
public struct TemplateClock<Bank: RegisterBank>: CalendarClock {
  /// The `compatible` strings of your device, as its binding has them.
  public static var compatible: CompatibleNames { CompatibleNames("arm,pl031") }

  /// How many blocks of registers the driver needs and uses.
  public static var blockCount: ClosedRange<Int> { 1...1 }

  private let bank: Bank

  /// Keep the registers, and start the device if need be.
  public init?(_ device: Device<Bank>) {
    bank = device.blocks[0]
    Unimplemented.stop("Driver.init", step: 3)
  }

  /// Read the counter of seconds: `bank.load`.
  public func secondsSinceEpoch() -> UInt32 {
    Unimplemented.stop("RealTimeClock.secondsSinceEpoch", step: 3)
  }
}
