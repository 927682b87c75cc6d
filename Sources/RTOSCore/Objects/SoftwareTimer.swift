// SPDX-License-Identifier: Apache-2.0
/// One software timer: a function that is called when its ticks have come.

/// Names a timer: its place in the table.
public struct TimerNumber: RawRepresentable, Equatable, Sendable {
  /// The place in the table.
  public let rawValue: UInt32

  /// Wraps a number that `SoftwareTimers` gave.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// How often a timer goes off; the numbers are LiteOS'.
public enum TimerMode: UInt8, Sendable {
  /// Once, and then it is deleted.
  case once = 0
  /// Again and again, at multiples of its interval from the start.
  case periodic = 1
  /// Once for each start.
  case noSelfDelete = 2
}

/// Why something could not be done with a timer; then nothing has changed.
public enum TimerError: Error, Equatable {
  /// All places of the table are taken.
  case tableFull
  /// An interval of 0 ticks.
  case badInterval
  /// There is no such timer.
  case noSuchTimer
  /// It does not run.
  case notStarted
}

/// The table's record of a timer.
@safe public struct TimerRecord: TimedRecord {
  /// What is called: with the timer's argument, by the task that serves the timers.
  public typealias Handler = @convention(c) (UInt) -> Void

  var timeout = TimeoutLinks()
  var isThere = false
  var mode = TimerMode.once
  /// Ticks.
  var interval: UInt32 = 0
  var handler: Handler?
  var argument: UInt = 0
  /// How often it has gone off without having been served.
  var due: UInt32 = 0
  /// The next one that has gone off, or `TimeoutLinks.none`.
  var nextDue = TimeoutLinks.none

  /// A free place.
  public init() {}
}
