// SPDX-License-Identifier: Apache-2.0
/// One scheduler event: 16 bytes in a `TraceRing`.
///
/// | word | content |
/// | --- | --- |
/// | 0, 1 | the counter, low word first; the first eight bytes of a name |
/// | 2 | kind in bits 31 to 24, the task's number in bits 15 to 0 |
/// | 3 | value |
public struct TraceEvent: Equatable, Sendable {
  /// The kind of an event.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// The CPU switches away from the task. The value's low half is the next task's number, its
    /// high half the reason (`TraceReason`).
    case switchOut = 1
    /// The task became ready; the value is the task that ran on the CPU at that time.
    case wake
    /// The task is about to run on another CPU than before; the value is the CPU where it ran last.
    case migrate
    /// An interrupt began; the value is its line.
    case interrupt
    /// An interrupt ended; the value is its line.
    case end
    /// The CPU served a tick; the value is the low word of the tick count.
    case tick
    /// The task's name: up to 12 bytes in the words of the counter and the value, padded with
    /// zeros.
    case name
  }

  /// The counter's value.
  public var count: UInt64
  /// The kind of the event.
  public var kind: Kind
  /// The task, of whose number a ring keeps 16 bits; 0 for an event of no task.
  public var task: TaskNumber
  /// The value, whose meaning depends on the kind.
  public var value: UInt32

  /// Creates an event from its fields.
  public init(_ kind: Kind, task: TaskNumber, value: UInt32, count: UInt64) {
    (self.kind, self.task, self.value, self.count) = (kind, task, value, count)
  }
}

extension TraceEvent.Kind {
  /// The name as it is printed in /proc/trace, padded to eight columns.
  public var column: StaticString {
    switch self {
    case .switchOut: "away    "
    case .wake: "wake    "
    case .migrate: "migrate "
    case .interrupt: "irq     "
    case .end: "end     "
    case .tick: "tick    "
    case .name: "name    "
    }
  }
}
