// SPDX-License-Identifier: Apache-2.0
/// The leap second that a program has announced for the end of the UTC day: a state machine with
/// the states and numbers of adjtimex(2) (Linux: kernel/time/ntp.c, second_overflow).
struct LeapSecond: Equatable {
  /// The state of the leap second, with the value that adjtimex returns.
  enum State: UInt32 {
    /// TIME_OK: none is announced.
    case none = 0
    /// TIME_INS: a second will be inserted; 23:59:59 occurs twice.
    case inserting = 1
    /// TIME_DEL: a second will be deleted; 23:59:58 is the last one of the day.
    case deleting = 2
    /// TIME_OOP: the inserted second is in progress.
    case inProgress = 3
    /// TIME_WAIT: the leap is over; the program has not cleared its announcement yet.
    case waiting = 4
  }

  private(set) var state = State.none
  /// The wall-clock second at which the state changes next; `Int64.max` for none.
  private(set) var second = Int64.max

  private static var day: Int64 { 86_400 }

  /// Records that a program announced an insertion, a deletion or neither, at wall-clock second
  /// `now`, which is not negative.
  mutating func announce(insertion: Bool, deletion: Bool, at now: Int64) {
    switch state {
    case .inserting where insertion, .deleting where deletion, .inProgress: return
    case .waiting:
      if !insertion, !deletion { state = .none }
    default:
      state = insertion ? .inserting : deletion ? .deleting : .none
      computeSecond(from: now)
    }
  }

  /// Must be called after the wall clock was set to `now`: an announced leap moves to the end of
  /// that day.
  mutating func clockWasSet(to now: Int64) {
    if state == .inProgress { state = .waiting }
    computeSecond(from: now)
  }

  /// Computes the second of an announced leap: midnight for an insertion, the second before it for
  /// a deletion.
  @inline(never)
  private mutating func computeSecond(from now: Int64) {
    guard state == .inserting || state == .deleting else { return second = .max }
    let early: Int64 = state == .deleting ? 1 : 0
    // Wrapping: seconds of a clock are far below 2^63.
    second = now &+ Self.day &- (now &+ early) % Self.day
  }

  /// Advances the state when the wall clock has reached second `now`.
  ///
  /// - Returns: the seconds by which the wall clock must be stepped: -1, 0 or 1.
  mutating func advance(to now: Int64) -> Int64 {
    guard now >= second else { return 0 }
    // 23:59:59 is repeated. A later update finds the inserted second already over and skips
    // `inProgress`.
    if state == .inserting, now == second {
      state = .inProgress
      return -1
    }
    let step: Int64 = state == .inserting ? -1 : state == .deleting ? 1 : 0
    (state, second) = (.waiting, .max)
    return step
  }
}
