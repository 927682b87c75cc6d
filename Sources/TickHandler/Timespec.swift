// SPDX-License-Identifier: Apache-2.0
/// A point in time or a span: whole seconds and the nanoseconds behind them.
///
/// A negative value has negative `seconds` and still counts its nanoseconds forward.
public struct Timespec: Equatable, Comparable, Sendable {
  /// Whole seconds, rounded down.
  public var seconds: Int64

  /// Nanoseconds on top. A value of the kernel has 0 up to 999,999,999 here; one from a program
  /// may have anything until `isValid` was asked.
  public var nanoseconds: Int32

  /// A value of its parts, unchecked.
  @inline(__always)
  public init(seconds: Int64, nanoseconds: Int32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Nanoseconds in a second.
  public static let nanosecondsPerSecond: UInt32 = 1_000_000_000

  /// The last second that a clock may be set to; see `Timekeeper.latestSet`.
  static var latestSet: Int64 { 9_223_372_036 - 30 * 365 * 86_400 }

  /// True when the nanoseconds are less than a second and not negative.
  public var isValid: Bool { nanoseconds >= 0 && nanoseconds < 1_000_000_000 }

  /// Earlier than.
  public static func < (left: Timespec, right: Timespec) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// The span from `earlier` to `later`, both valid.
  @inline(__always)
  public static func - (later: Timespec, earlier: Timespec) -> Timespec {
    // Wrapping: clocks stay far below 63 bits of seconds.
    let seconds = later.seconds &- earlier.seconds
    let nanoseconds = later.nanoseconds &- earlier.nanoseconds
    guard nanoseconds < 0 else { return Timespec(seconds: seconds, nanoseconds: nanoseconds) }
    return Timespec(seconds: seconds &- 1, nanoseconds: nanoseconds &+ 1_000_000_000)
  }

  /// `time` moved by `span`, both valid.
  @inline(__always)
  public static func + (time: Timespec, span: Timespec) -> Timespec {
    // Wrapping: as above.
    let seconds = time.seconds &+ span.seconds
    let nanoseconds = time.nanoseconds &+ span.nanoseconds
    guard nanoseconds >= 1_000_000_000 else {
      return Timespec(seconds: seconds, nanoseconds: nanoseconds)
    }
    return Timespec(seconds: seconds &+ 1, nanoseconds: nanoseconds &- 1_000_000_000)
  }

  /// A span of that many nanoseconds.
  public init(totalNanoseconds: UInt64) {
    let (seconds, rest) = totalNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(seconds: Int64(bitPattern: seconds), nanoseconds: Int32(truncatingIfNeeded: rest))
  }

  /// The span in nanoseconds: nil when it is not valid or negative; `UInt64.max`, which is further
  /// than 580 years, when it does not fit.
  public var totalNanoseconds: UInt64? {
    guard isValid, seconds >= 0 else { return nil }
    let (product, isHuge) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isCarried) = product.addingReportingOverflow(UInt64(nanoseconds))
    return isHuge || isCarried ? .max : sum
  }
}
