// SPDX-License-Identifier: Apache-2.0
/// Why a task gave its CPU away.
public enum TraceReason {
  /// It could have gone on: it made way for another one.
  static let ready: UInt8 = 32
  /// It was suspended.
  static let suspended: UInt8 = 33
  /// It is over.
  static let over: UInt8 = 34

  /// What is said of a task that leaves its CPU now: one of the above, or what it waits for.
  static func of(_ record: borrowing TaskRecord) -> UInt8 {
    switch record.state {
    case .blocked: record.waitKind.rawValue
    case .suspended: suspended
    case .free, .exited: over
    case .ready, .running: ready
    }
  }

  /// Its name; nil for a number that is none.
  public static func name(_ reason: UInt8) -> StaticString? {
    switch reason {
    case ready: "ready"
    case suspended: "suspended"
    case over: "over"
    default: WaitKind(rawValue: reason)?.name
    }
  }

  /// All of them.
  public static var range: ClosedRange<UInt8> { 0...over }
}

extension WaitKind {
  /// What /proc/tasks and a trace call it.
  var name: StaticString {
    switch self {
    case .wake: "event"
    case .delay: "delay"
    case .join: "join"
    case .semaphore: "semaphore"
    case .mutex: "mutex"
    case .condition: "condition"
    case .event: "flags"
    case .message: "message"
    case .room: "room"
    case .completion: "completion"
    case .reading: "read"
    case .writing: "write"
    case .period: "period"
    case .work: "work"
    case .workEnded, .workCancelled, .workFlushed, .workClosed: "done"
    }
  }
}
