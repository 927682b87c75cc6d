// SPDX-License-Identifier: Apache-2.0
/// What a program asks of the clock's discipline and what it is told: the fields of Linux' timex,
/// in its units.
public struct ClockAdjustment: Equatable, Sendable {
  /// Which fields are meant, and in which units (adjtimex(2)).
  public struct Modes: OptionSet, Sendable {
    /// The bits of timex' `modes`.
    public let rawValue: UInt32
    /// Wraps bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// `offset` is to be slewed away.
    public static let offset = Modes(rawValue: 0x1)
    /// `frequency` is to be taken.
    public static let frequency = Modes(rawValue: 0x2)
    /// `maximumError` is to be taken.
    public static let maximumError = Modes(rawValue: 0x4)
    /// `estimatedError` is to be taken.
    public static let estimatedError = Modes(rawValue: 0x8)
    /// `status` is to be taken.
    public static let status = Modes(rawValue: 0x10)
    /// `constant` is the loop's time constant.
    public static let timeConstant = Modes(rawValue: 0x20)
    /// `constant` is TAI's offset.
    public static let tai = Modes(rawValue: 0x80)
    /// `time` is to be added to the wall clock, which is stepped.
    public static let setOffset = Modes(rawValue: 0x100)
    /// Offsets are in microseconds from now on.
    public static let micro = Modes(rawValue: 0x1000)
    /// Offsets are in nanoseconds from now on.
    public static let nano = Modes(rawValue: 0x2000)
    /// `tick` is to be taken.
    public static let tick = Modes(rawValue: 0x4000)
    /// As adjtime: with `offset`, `offset` microseconds are slewed away once.
    public static let once = Modes(rawValue: 0x8000)
    /// With `once`: the remainder is only to be read.
    public static let readOnly = Modes(rawValue: 0x2000)
  }

  /// Which fields are meant.
  public var modes: Modes
  /// Micro- or nanoseconds that are still to be slewed away.
  public var offset: Int64 = 0
  /// Parts in 10^6 times 2^16.
  public var frequency: Int64 = 0
  /// Microseconds.
  public var maximumError: Int64 = 0
  /// Microseconds.
  public var estimatedError: Int64 = 0
  /// Bits of `ClockDiscipline.Status`.
  public var status: UInt32 = 0
  /// The loop's time constant, or TAI's offset in seconds.
  public var constant: Int64 = 0
  /// In: what is to be added to the wall clock, nanoseconds or microseconds by `modes`. Out: the
  /// wall clock, in the units of the status.
  public var seconds: Int64 = 0
  /// The part of `seconds` below a second.
  public var fraction: Int64 = 0
  /// Microseconds in a hundredth of a second.
  public var tick: Int64 = 0
  /// Out: TAI's offset in seconds.
  public var tai: Int64 = 0
  /// Out: what adjtimex returns of a synchronised clock: TIME_OK, 0, or where a leap second stands.
  public var state: UInt32 = 0

  /// A question about nothing but the present state.
  public init(modes: Modes = []) { self.modes = modes }
}
