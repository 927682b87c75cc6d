// SPDX-License-Identifier: Apache-2.0
/// A task's urgency (effective priority), as one number that the scheduler compares on hot paths.
///
/// Tasks with a deadline come before all others, the earliest first; then the 32 priorities.

/// A scheduling urgency; a smaller number is more urgent.
public struct Urgency: RawRepresentable, Comparable, Sendable {
  /// Below 2^63 an absolute deadline in ticks; otherwise 2^63 plus a priority.
  public let rawValue: UInt64

  /// Wraps a raw number.
  @inline(__always)
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The urgency of a fixed priority.
  @inline(__always)
  public init(_ priority: Priority) {
    rawValue = 1 << 63 | UInt64(word: UInt32(priority.rawValue))
  }

  /// The urgency of an absolute deadline in ticks.
  @inline(__always)
  public init(deadline: UInt64) { rawValue = deadline }

  /// True for a deadline, false for a priority.
  @inline(__always)
  var isDeadline: Bool { rawValue >> 63 == 0 }

  /// The queue index of a fixed priority, 0 to 31.
  @inline(__always)
  var queue: Int { Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: rawValue) & 31) }

  /// True when `left` is more urgent than `right`.
  @inline(__always)
  public static func < (left: Urgency, right: Urgency) -> Bool { left.rawValue < right.rawValue }

  /// The least urgent value; no task is less urgent.
  static let least = Urgency(rawValue: .max)
}
