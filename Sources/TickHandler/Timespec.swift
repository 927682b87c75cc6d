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

  /// True when the nanoseconds are less than a second and not negative.
  public var isValid: Bool { nanoseconds >= 0 && nanoseconds < 1_000_000_000 }

  /// Earlier than.
  public static func < (left: Timespec, right: Timespec) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
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
