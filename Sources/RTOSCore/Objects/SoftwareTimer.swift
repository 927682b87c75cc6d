// SPDX-License-Identifier: Apache-2.0
/// One software timer: a function that is called after a number of ticks.

/// Identifies a timer: its index in the table.
public struct TimerNumber: RawRepresentable, Equatable, Sendable {
  /// The index in the table.
  public let rawValue: UInt32

  /// Wraps a number that `SoftwareTimers` returned.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// How often a timer expires; the raw values are those of LiteOS.
public enum TimerMode: UInt8, Sendable {
  /// Once; then the timer is deleted.
  case once = 0
  /// Periodically, at multiples of its interval from the start.
  case periodic = 1
  /// Once for each start.
  case noSelfDelete = 2
}

/// Why an operation on a timer was refused; it changed nothing.
public enum TimerError: Error, Equatable {
  /// The table has no free slot.
  case tableFull
  /// The interval is 0 ticks.
  case badInterval
  /// No timer has this number.
  case noSuchTimer
  /// The timer is not running.
  case notStarted
}

/// A timer's record in the table.
@safe public struct TimerRecord: TimedRecord {
  /// The function that the timer task calls with the timer's argument.
  public typealias Handler = @convention(c) (UInt) -> Void

  var timeout = TimeoutLinks()
  var isUsed = false
  var mode = TimerMode.once
  /// In ticks.
  var interval: UInt32 = 0
  var handler: Handler?
  var argument: UInt = 0
  /// Expirations whose call is still pending.
  var pendingCalls: UInt32 = 0
  /// The next timer with a pending call, or `TimeoutLinks.none`.
  var nextPending = TimeoutLinks.none

  /// A free record.
  public init() {}
}
