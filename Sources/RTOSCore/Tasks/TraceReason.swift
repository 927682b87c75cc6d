// SPDX-License-Identifier: Apache-2.0
/// Why a task was switched out.
public enum TraceReason {
  /// It was still ready: it was preempted or yielded.
  static let ready: UInt8 = 32
  /// It was suspended.
  static let suspended: UInt8 = 33
  /// It ended.
  static let ended: UInt8 = 34

  /// The reason for a task that is switched out now: one of the constants, or what it waits for.
  static func of(_ record: borrowing TaskRecord) -> UInt8 {
    switch record.state {
    case .blocked: record.wait.kind.rawValue
    case .suspended: suspended
    case .free, .exited: ended
    case .ready, .running: ready
    }
  }

  /// The name of a reason; nil for an unknown number.
  public static func name(_ reason: UInt8) -> StaticString? {
    switch reason {
    case ready: "ready"
    case suspended: "suspended"
    case ended: "over"
    default: WaitKind(rawValue: reason)?.name
    }
  }

  /// All numbers that a reason may have.
  public static var range: ClosedRange<UInt8> { 0...ended }
}
