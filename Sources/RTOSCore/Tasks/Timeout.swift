// SPDX-License-Identifier: Apache-2.0
/// How long a task waits at most, in ticks, with LiteOS' two special values.
public struct Timeout: RawRepresentable, Equatable, Sendable {
  /// 0 does not wait, `UInt32.max` waits without limit, other values count ticks.
  public let rawValue: UInt32

  /// Wraps LiteOS' number.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// LiteOS' `LOS_NO_WAIT`.
  public static let noWait = Timeout(rawValue: 0)

  /// LiteOS' `LOS_WAIT_FOREVER`.
  public static let forever = Timeout(rawValue: .max)

  /// Waits until `count` ticks have arrived. The first may arrive at once, so the wait takes
  /// `count` - 1 to `count` periods. `count` is not `UInt32.max`.
  public static func ticks(_ count: UInt32) -> Timeout { Timeout(rawValue: count) }
}
