// SPDX-License-Identifier: Apache-2.0
/// The clocks that the timekeeper provides, with the numbers of Linux' ABI.
///
/// The type wraps a number and is no enumeration, so that a property of a clock costs a shift and
/// not a table lookup.
public struct ClockIdentifier: RawRepresentable, Equatable, Hashable, Sendable {
  /// The number, 0 to 11.
  public let rawValue: Int32

  /// Creates the identifier; nil if the timekeeper has no clock with this number.
  @inline(__always)
  public init?(rawValue: Int32) {
    let number = UInt32(bitPattern: rawValue)
    guard number < 12, Self.known &>> number & 1 != 0 else { return nil }
    self.rawValue = rawValue
  }

  @inline(__always)
  private init(known: Int32) { rawValue = known }

  /// Bit sets of clock numbers: all clocks (0, 1, 4 to 9 and 11), the coarse ones, and those of
  /// wall-clock time.
  private static var known: UInt32 { 0b1011_1111_0011 }
  private static var coarse: UInt32 { 0b0000_0110_0000 }
  private static var wall: UInt32 { 0b1001_0010_0001 }

  /// Wall-clock time; can be set.
  public static var realtime: Self { Self(known: 0) }
  /// Time since boot; slewed by an adjustment, never set.
  public static var monotonic: Self { Self(known: 1) }
  /// Time since boot at the counter's nominal frequency; never adjusted.
  public static var monotonicRaw: Self { Self(known: 4) }
  /// Wall-clock time at the last update of the vDSO page.
  public static var realtimeCoarse: Self { Self(known: 5) }
  /// Time since boot at the last update of the vDSO page.
  public static var monotonicCoarse: Self { Self(known: 6) }
  /// Time since boot including suspension; this kernel never suspends.
  public static var boottime: Self { Self(known: 7) }
  /// Wall-clock time; its timers would wake a suspended machine.
  public static var realtimeAlarm: Self { Self(known: 8) }
  /// Time since boot; its timers would wake a suspended machine.
  public static var boottimeAlarm: Self { Self(known: 9) }
  /// International atomic time: UTC plus the offset set with `Timekeeper.adjust`, initially 0.
  public static var tai: Self { Self(known: 11) }

  /// True for clocks that return the time of the last update without reading the counter.
  @inline(__always)
  public var isCoarse: Bool { Self.coarse &>> UInt32(bitPattern: rawValue) & 1 != 0 }

  /// True for clocks of wall-clock time.
  @inline(__always)
  public var isWallClock: Bool { Self.wall &>> UInt32(bitPattern: rawValue) & 1 != 0 }

  /// The index of the base from which the clock is extrapolated: 0 monotonic, 1 wall-clock, 2 raw,
  /// 3 atomic time. The constant has two bits per clock.
  @inline(__always)
  var base: Int {
    let bases: UInt32 = 0b11_00_00_01_00_00_01_10_00_00_00_01
    return Int(bases &>> (UInt32(bitPattern: rawValue) &* 2) & 3)
  }

  /// True for clocks whose timers would wake a suspended machine.
  public var isAlarm: Bool { self == .realtimeAlarm || self == .boottimeAlarm }

  /// True for clocks that can be stepped: wall-clock and atomic time.
  public var isSettable: Bool { isWallClock || self == .tai }

  /// True for clocks that a program can sleep on: all fine ones but the raw one.
  public var canSleep: Bool { !isCoarse && self != .monotonicRaw }
}
