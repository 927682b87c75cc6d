// SPDX-License-Identifier: Apache-2.0
/// One event of the scheduler's: 16 bytes in a `TraceRing`.
///
/// | word | what |
/// | --- | --- |
/// | 0, 1 | the counter, low word first; the first eight bytes of a name |
/// | 2 | kind in bits 31 to 24, the task's number in bits 15 to 0 |
/// | 3 | value |
public struct TraceEvent: Equatable, Sendable {
  /// What happened.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// The CPU goes from the task to another one: its number in the value's low half, why
    /// (`TraceReason`) in the high one.
    case away = 1
    /// The task can run again; the value is the task that ran on the CPU meanwhile.
    case wake
    /// The task is about to run on another CPU than the value, where it ran before.
    case migrate
    /// An interrupt began; the value is its line.
    case interrupt
    /// It ended.
    case end
    /// The value is the number of ticks that this CPU has seen, its low word.
    case tick
    /// The task is called what stands in the place of the counter and in the value: up to 12 bytes,
    /// with zeros behind.
    case name
  }

  /// The counter's value.
  public var count: UInt64
  /// What happened.
  public var kind: Kind
  /// To which task.
  public var task: UInt16
  /// See the kinds.
  public var value: UInt32

  /// An event of its parts.
  public init(_ kind: Kind, task: UInt16, value: UInt32, count: UInt64) {
    (self.kind, self.task, self.value, self.count) = (kind, task, value, count)
  }
}

extension TraceEvent.Kind {
  /// Eight columns of a line in /proc/trace.
  public var column: StaticString {
    switch self {
    case .away: "away    "
    case .wake: "wake    "
    case .migrate: "migrate "
    case .interrupt: "irq     "
    case .end: "end     "
    case .tick: "tick    "
    case .name: "name    "
    }
  }
}
