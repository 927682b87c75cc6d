// SPDX-License-Identifier: Apache-2.0
/// A point in time or a time span, as whole seconds and nanoseconds.
///
/// A negative value has negative `seconds` and nanoseconds that are not negative.
public struct Timespec: Equatable, Comparable, Sendable {
  /// Whole seconds, rounded down.
  public var seconds: Int64

  /// Nanoseconds to be added to `seconds`: 0 to 999,999,999 in values of the kernel. A value from a
  /// program is an allegation until `isValid` was checked.
  public var nanoseconds: Int32

  /// Creates a value without checking it.
  @inline(__always)
  public init(seconds: Int64, nanoseconds: Int32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Nanoseconds in a second.
  public static let nanosecondsPerSecond: UInt32 = 1_000_000_000

  /// The last second that a clock may be set to: 63 bits of nanoseconds, less 30 years of uptime.
  static var latestSet: Int64 { 9_223_372_036 - 30 * 365 * 86_400 }

  /// True if the nanoseconds are less than a second and not negative.
  public var isValid: Bool { nanoseconds >= 0 && nanoseconds < 1_000_000_000 }

  /// True if `left` is earlier than `right`; both are valid.
  public static func < (left: Timespec, right: Timespec) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// The span from `earlier` to `later`; both are valid.
  @inline(__always)
  public static func - (later: Timespec, earlier: Timespec) -> Timespec {
    // Wrapping: seconds of clocks are far below 2^63.
    let seconds = later.seconds &- earlier.seconds
    let nanoseconds = later.nanoseconds &- earlier.nanoseconds
    guard nanoseconds < 0 else { return Timespec(seconds: seconds, nanoseconds: nanoseconds) }
    return Timespec(seconds: seconds &- 1, nanoseconds: nanoseconds &+ 1_000_000_000)
  }

  /// `time` moved by `span`; both are valid.
  @inline(__always)
  public static func + (time: Timespec, span: Timespec) -> Timespec {
    // Wrapping: seconds of clocks are far below 2^63.
    let seconds = time.seconds &+ span.seconds
    let nanoseconds = time.nanoseconds &+ span.nanoseconds
    guard nanoseconds >= 1_000_000_000 else {
      return Timespec(seconds: seconds, nanoseconds: nanoseconds)
    }
    return Timespec(seconds: seconds &+ 1, nanoseconds: nanoseconds &- 1_000_000_000)
  }

  /// Creates a span from a number of nanoseconds.
  public init(totalNanoseconds: UInt64) {
    let (seconds, rest) = totalNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(seconds: Int64(bitPattern: seconds), nanoseconds: Int32(truncatingIfNeeded: rest))
  }

  /// The span in nanoseconds. nil if it is negative or not valid; `UInt64.max`, about 584 years, if
  /// it does not fit.
  public var totalNanoseconds: UInt64? {
    guard isValid, seconds >= 0 else { return nil }
    let (product, isHuge) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isCarried) = product.addingReportingOverflow(UInt64(nanoseconds))
    return isHuge || isCarried ? .max : sum
  }
}
