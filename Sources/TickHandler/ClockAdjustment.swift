// SPDX-License-Identifier: Apache-2.0
/// The request and the result of an adjustment of the clock: the fields of Linux' struct timex, in
/// its units.
public struct ClockAdjustment: Equatable, Sendable {
  /// The fields to set, and their units (adjtimex(2)).
  public struct Modes: OptionSet, Sendable {
    /// The bits of timex' `modes`.
    public let rawValue: UInt32
    /// Creates a set from its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Slew by `offset`.
    public static let offset = Modes(rawValue: 0x1)
    /// Set the frequency to `frequency`.
    public static let frequency = Modes(rawValue: 0x2)
    /// Set the maximum error to `maximumError`.
    public static let maximumError = Modes(rawValue: 0x4)
    /// Set the estimated error to `estimatedError`.
    public static let estimatedError = Modes(rawValue: 0x8)
    /// Set the status to `status`.
    public static let status = Modes(rawValue: 0x10)
    /// Set the loop's time constant to `constant`.
    public static let timeConstant = Modes(rawValue: 0x20)
    /// Set TAI's offset to `constant`.
    public static let tai = Modes(rawValue: 0x80)
    /// Step the wall clock by `seconds` and `fraction`.
    public static let setOffset = Modes(rawValue: 0x100)
    /// Offsets are in microseconds from now on.
    public static let micro = Modes(rawValue: 0x1000)
    /// Offsets are in nanoseconds from now on.
    public static let nano = Modes(rawValue: 0x2000)
    /// Set the length of a tick to `tick`.
    public static let tick = Modes(rawValue: 0x4000)
    /// As adjtime(3): slew once by `offset` microseconds; requires `offset`.
    public static let once = Modes(rawValue: 0x8000)
    /// With `once`: only read the remaining offset.
    public static let readOnly = Modes(rawValue: 0x2000)
  }

  /// The fields to set.
  public var modes: Modes
  /// The remaining offset to be slewed, in micro- or nanoseconds.
  public var offset: Int64 = 0
  /// The frequency correction in parts in 10^6, times 2^16.
  public var frequency: Int64 = 0
  /// The maximum error in microseconds.
  public var maximumError: Int64 = 0
  /// The estimated error in microseconds.
  public var estimatedError: Int64 = 0
  /// Bits of `ClockDiscipline.Status`.
  public var status: UInt32 = 0
  /// The loop's time constant, or TAI's offset in seconds.
  public var constant: Int64 = 0
  /// In: the step of the wall clock in whole seconds. Out: the wall clock.
  public var seconds: Int64 = 0
  /// The part of `seconds` below a second. In: micro- or nanoseconds by `modes`; out: by the
  /// status.
  public var fraction: Int64 = 0
  /// The microseconds by which the clock advances in a hundredth of a second.
  public var tick: Int64 = 0
  /// Out: TAI's offset in seconds.
  public var tai: Int64 = 0
  /// Out: the result of adjtimex for a synchronised clock: TIME_OK (0), or the state of a leap
  /// second.
  public var state: UInt32 = 0

  /// Creates a request; without `modes` it only reads the present state.
  public init(modes: Modes = []) { self.modes = modes }
}
