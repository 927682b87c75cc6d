// SPDX-License-Identifier: Apache-2.0
/// Whether UTC gets a second more or one less at the end of the day, as a program has announced it: the
/// states of adjtimex(2) with their numbers (Linux: kernel/time/ntp.c, second_overflow).
struct LeapSecond: Equatable {
  /// Where a leap stands.
  enum State: UInt32 {
    /// Nothing is announced.
    case none = 0
    /// The day has a second more: 23:59:59 comes twice.
    case inserting = 1
    /// The day has one less: 23:59:58 is its last.
    case deleting = 2
    /// The second that was inserted.
    case inside = 3
    /// It is done; who announced it takes that back.
    case waiting = 4
  }

  private(set) var state = State.none
  /// The second of the wall clock at which the state changes next; `Int64.max` for none.
  private(set) var second = Int64.max

  private static var day: Int64 { 86_400 }

  /// A program has announced an insertion, a deletion or nothing, when the wall clock shows `now`, which
  /// is not negative.
  mutating func announce(insertion: Bool, deletion: Bool, at now: Int64) {
    switch state {
    case .inserting where insertion, .deleting where deletion, .inside: return
    case .waiting:
      if !insertion, !deletion { state = .none }
    default:
      state = insertion ? .inserting : deletion ? .deleting : .none
      aim(from: now)
    }
  }

  /// The wall clock was set to `now`: what was announced is for that day's end.
  mutating func clockWasSet(to now: Int64) {
    if state == .inside { state = .waiting }
    aim(from: now)
  }

  /// Finds the second at which an announced leap is due: midnight, or the second before it.
  @inline(never)
  private mutating func aim(from now: Int64) {
    guard state == .inserting || state == .deleting else { return second = .max }
    let early: Int64 = state == .deleting ? 1 : 0
    // Wrapping: a clock's seconds are far below 63 bits.
    second = now &+ Self.day &- (now &+ early) % Self.day
  }

  /// The wall clock has reached `now`.
  ///
  /// - Returns: seconds to be added to it.
  mutating func advance(to now: Int64) -> Int64 {
    guard now >= second else { return 0 }
    // The same second comes again; a late update finds that one over too.
    if state == .inserting, now == second {
      state = .inside
      return -1
    }
    let step: Int64 = state == .inserting ? -1 : state == .deleting ? 1 : 0
    (state, second) = (.waiting, .max)
    return step
  }
}
