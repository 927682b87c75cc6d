// SPDX-License-Identifier: Apache-2.0
/// How urgent a task is, in one number that is compared in the scheduler's hottest places.
///
/// Tasks with a deadline come before all others, the earliest first; then the 32 priorities.

/// Smaller is more urgent.
public struct Urgency: RawRepresentable, Comparable, Sendable {
  /// Below 2^63: an absolute deadline in ticks. From there on: 2^63 plus a priority.
  public let rawValue: UInt64

  /// Wraps a raw number.
  @inline(__always)
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// A fixed priority.
  @inline(__always)
  public init(_ priority: Priority) {
    rawValue = 1 << 63 | UInt64(word: UInt32(priority.rawValue))
  }

  /// An absolute deadline in ticks.
  @inline(__always)
  public init(deadline: UInt64) { rawValue = deadline }

  /// True for a deadline.
  @inline(__always)
  var isDeadline: Bool { rawValue >> 63 == 0 }

  /// The queue of a fixed priority, 0 to 31.
  @inline(__always)
  var queue: Int { Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: rawValue) & 31) }

  /// More urgent than.
  @inline(__always)
  public static func < (left: Urgency, right: Urgency) -> Bool { left.rawValue < right.rawValue }

  /// What nothing is less urgent than.
  static let least = Urgency(rawValue: .max)
}
