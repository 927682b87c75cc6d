// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// A driver of a battery-backed clock.
public protocol CalendarClock: Driver, RealTimeClock {}

extension CalendarClock {
  /// The calendar clock.
  public static var role: DeviceRole { .calendarClock }
}

/// The calendar clock of a board without one: time begins at the epoch, until it is set.
public enum AbsentClock: CalendarClock {
  /// None.
  public static var compatible: CompatibleNames { CompatibleNames() }
  /// None.
  public static var blockCount: ClosedRange<Int> { 0...0 }
  /// Returns nil.
  public init?(_ device: Device<MappedRegisters>) { nil }
  /// Cannot be called: there is no clock.
  public func secondsSinceEpoch() -> UInt32 { switch self {} }
}
