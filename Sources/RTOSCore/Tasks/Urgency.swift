// SPDX-License-Identifier: Apache-2.0
/// A task's urgency (effective priority), as one number that the scheduler compares on hot paths.
///
/// Tasks with a deadline come before all others, the earliest first; then the levels. A level is a
/// priority of LiteOS, of Linux, or of both:
///
///     level     LiteOS               Linux
///     0-10      0-10
///     11-109    11, 12, ... 19 are   SCHED_FIFO and SCHED_RR, 99 first: all 99 differ
///               99, 88, ... 11
///     110       20                   SCHED_OTHER, SCHED_BATCH: a fair share by nice value
///     111-120   21-30
///     121                            SCHED_IDLE
///     122       31, the idle task

/// A scheduling urgency; a smaller number is more urgent.
public struct Urgency: RawRepresentable, Comparable, Sendable {
  /// Below 2^63 an absolute deadline in ticks; otherwise 2^63 plus a level.
  public let rawValue: UInt64

  /// Wraps a raw number.
  @inline(__always)
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The urgency of a level.
  @inline(__always)
  init(level: UInt32) { rawValue = 1 << 63 | UInt64(word: level) }

  /// The urgency of a priority of LiteOS.
  public init(_ priority: Priority) {
    let number = UInt32(priority.rawValue)
    switch number {
    case ...10: self.init(level: number)
    case 11...19: self.init(level: 11 * (number - 10))
    case ...30: self.init(level: number + 90)
    default: self.init(level: Self.levelCount - 1)
    }
  }

  /// The urgency of a real-time priority of Linux, 1 to 99.
  public init(realTime priority: UInt8) { self.init(level: 110 - UInt32(priority)) }

  /// The urgency of an absolute deadline in ticks.
  @inline(__always)
  public init(deadline: UInt64) { rawValue = deadline }

  /// The urgency of all tasks that share their CPU fairly: SCHED_OTHER, and LiteOS' priority 20.
  @inline(__always)
  public static var fair: Urgency { Urgency(level: fairLevel) }

  /// The urgency of SCHED_IDLE.
  public static var background: Urgency { Urgency(level: 121) }

  /// True if the task shares fairly. Most others differ in the lower word.
  @inline(__always)
  var isFair: Bool { UInt32(truncatingIfNeeded: rawValue) == Self.fairLevel && !isDeadline }

  /// True for a deadline, false for a level.
  @inline(__always)
  var isDeadline: Bool { rawValue >> 63 == 0 }

  /// The level, 0 to 122; not for a deadline.
  @inline(__always)
  var level: UInt32 { UInt32(truncatingIfNeeded: rawValue) & 127 }

  /// The priority on LiteOS' scale: the least urgent that is at least as urgent.
  public var priority: Priority {
    let number: UInt32 =
      switch level {
      case _ where isDeadline: 0
      case ...10: level
      case ...109: 10 + level / 11
      case ...120: level - 90
      case 121: 30
      default: 31
      }
    return Priority(rawValue: UInt8(number)) ?? .idle
  }

  /// True when `left` is more urgent than `right`.
  @inline(__always)
  public static func < (left: Urgency, right: Urgency) -> Bool { left.rawValue < right.rawValue }

  /// The least urgent value; no task is less urgent.
  static let least = Urgency(rawValue: .max)

  /// The number of levels.
  static var levelCount: UInt32 { 123 }
  /// The level of `fair`.
  static var fairLevel: UInt32 { 110 }
}
