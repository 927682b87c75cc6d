// SPDX-License-Identifier: Apache-2.0
/// The clocks that the timekeeper answers, with the numbers of Linux' ABI.
///
/// A number and not an enumeration, so that to learn which clock a program means costs a shift and
/// not a table.
public struct ClockIdentifier: RawRepresentable, Equatable, Hashable, Sendable {
  /// The number, 0 to 11.
  public let rawValue: Int32

  /// nil for a number that is no clock of the timekeeper's.
  @inline(__always)
  public init?(rawValue: Int32) {
    let number = UInt32(bitPattern: rawValue)
    guard number < 12, Self.known &>> number & 1 != 0 else { return nil }
    self.rawValue = rawValue
  }

  @inline(__always)
  private init(known: Int32) { rawValue = known }

  /// A bit for each clock: 0, 1, 4 to 9 and 11; for each coarse one; and for each that tells
  /// wall-clock time.
  private static var known: UInt32 { 0b1011_1111_0011 }
  private static var coarse: UInt32 { 0b0000_0110_0000 }
  private static var wall: UInt32 { 0b1001_0010_0001 }

  /// Wall-clock time; can be set.
  public static var realtime: Self { Self(known: 0) }
  /// Time since boot; slewed by an adjustment, never set.
  public static var monotonic: Self { Self(known: 1) }
  /// Time since boot as the counter tells it; never adjusted.
  public static var monotonicRaw: Self { Self(known: 4) }
  /// Wall-clock time at the last update of the shared page.
  public static var realtimeCoarse: Self { Self(known: 5) }
  /// Time since boot at the last update of the shared page.
  public static var monotonicCoarse: Self { Self(known: 6) }
  /// Time since boot, suspension included; there is none here.
  public static var boottime: Self { Self(known: 7) }
  /// Wall-clock time; on machines that sleep its timers wake them.
  public static var realtimeAlarm: Self { Self(known: 8) }
  /// Time since boot; on machines that sleep its timers wake them.
  public static var boottimeAlarm: Self { Self(known: 9) }
  /// International atomic time: UTC and the offset that `Timekeeper.adjust` was told, 0 at first.
  public static var tai: Self { Self(known: 11) }

  /// True for the clocks that are read from the last update instead of the counter.
  @inline(__always)
  public var isCoarse: Bool { Self.coarse &>> UInt32(bitPattern: rawValue) & 1 != 0 }

  /// True for the clocks that tell wall-clock time.
  @inline(__always)
  public var isWallClock: Bool { Self.wall &>> UInt32(bitPattern: rawValue) & 1 != 0 }

  /// Which base the clock extrapolates from: 0 monotonic, 1 wall-clock, 2 raw, 3 atomic time. Two
  /// bits each.
  @inline(__always)
  var base: Int {
    let bases: UInt32 = 0b11_00_00_01_00_00_01_10_00_00_00_01
    return Int(bases &>> (UInt32(bitPattern: rawValue) &* 2) & 3)
  }

  /// True for the clocks whose timers wake a machine that sleeps.
  public var isAlarm: Bool { self == .realtimeAlarm || self == .boottimeAlarm }

  /// True for the clocks that somebody may step: wall-clock and atomic time.
  public var isSettable: Bool { isWallClock || self == .tai }

  /// True for the clocks that one can sleep by: all fine ones but the raw one.
  public var canSleep: Bool { !isCoarse && self != .monotonicRaw }
}
