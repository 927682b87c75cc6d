/// The clocks that the timekeeper answers, with the numbers of Linux' ABI.
public enum ClockIdentifier: Int32, CaseIterable, Sendable {
  /// Wall-clock time; can be set.
  case realtime = 0
  /// Time since boot; never set.
  case monotonic = 1
  /// Time since boot, never adjusted either.
  case monotonicRaw = 4
  /// Wall-clock time at the last update of the shared page.
  case realtimeCoarse = 5
  /// Time since boot at the last update of the shared page.
  case monotonicCoarse = 6
  /// Time since boot, suspension included; there is none here.
  case boottime = 7
  /// International atomic time: its offset to UTC is taken as 0, as on Linux until it is set.
  case tai = 11

  /// True for the clocks that are read from the last update instead of the counter.
  public var isCoarse: Bool { self == .realtimeCoarse || self == .monotonicCoarse }

  /// True for the clocks that tell wall-clock time.
  public var isWallClock: Bool { self == .realtime || self == .realtimeCoarse || self == .tai }
}
