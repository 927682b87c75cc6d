// SPDX-License-Identifier: Apache-2.0
/// Where in the source a lock is taken.
public struct LockPlace: Sendable {
  /// `#fileID`.
  public let file: StaticString
  /// `#line`.
  public let line: UInt32

  /// A place.
  @inline(__always)
  public init(_ file: StaticString, _ line: UInt32) { (self.file, self.line) = (file, line) }
}

/// What is wrong with taking a lock or letting it go, and the two places that do not go together.
public struct LockViolation: Sendable {
  /// Which rule is broken.
  public enum Rule: UInt8, Sendable {
    /// The CPU has the lock already.
    case takenTwice
    /// The CPU has a lock of the same or a higher level.
    case outOfOrder
    /// The CPU does not have the lock that it lets go.
    case notHeld
    /// The CPU has more locks than the audit can hold: one is never let go.
    case tooMany
  }

  /// The rule.
  public let rule: Rule
  /// The lock that was taken first: the other one, or the same.
  public let firstLevel: LockLevel
  /// Where it was taken; for one that is not held, the last time and by whatever CPU.
  public internal(set) var first: LockPlace
  /// The lock that is taken or let go now.
  public let secondLevel: LockLevel
  /// Where.
  public let second: LockPlace

  /// `lock NAME is …: first NAME at FILE:LINE, then at FILE:LINE`, without a line feed.
  public func describe(to sink: inout some TextSink) {
    sink.text("lock ")
    sink.text(secondLevel.name)
    sink.text(text)
    sink.text(": first ")
    sink.text(firstLevel.name)
    describe(first, to: &sink)
    sink.text(", then")
    describe(second, to: &sink)
  }

  private var text: StaticString {
    switch rule {
    case .takenTwice: " is taken twice"
    case .outOfOrder: " is taken out of order"
    case .notHeld: " is let go by who does not hold it"
    case .tooMany: " is one too many"
    }
  }

  private func describe(_ place: LockPlace, to sink: inout some TextSink) {
    sink.text(" at ")
    sink.text(place.file)
    sink.text(":")
    sink.decimal(UInt64(place.line))
  }
}

/// How a lock was used by one CPU. Numbers wrap; times are in the clock of `LockAudits`.
public struct LockUse: Sendable {
  /// How often it was taken.
  public internal(set) var taken: UInt32 = 0
  /// How often it was held by another CPU then.
  public internal(set) var contended: UInt32 = 0
  /// The longest that it was held.
  public internal(set) var longestHeld: UInt32 = 0
  /// The longest that it was waited for.
  public internal(set) var longestWait: UInt32 = 0
}

/// The locks that one CPU holds, and how it used them: debug builds ask it before they take one.
///
/// Only its own CPU touches it, with interrupts masked, so that it needs no lock.
public struct LockAudit {
  /// A lock that is held.
  public struct Entry {
    fileprivate var identity: UInt = 0
    /// Which one.
    public fileprivate(set) var level = LockLevel.unordered
    /// Where it was taken.
    public fileprivate(set) var place = LockPlace("", 0)
    fileprivate var since: UInt32 = 0
    /// It is only waited for.
    public fileprivate(set) var isAwaited = true
  }

  private static var limit: Int { 8 }

  private var entries = InlineArray<8, Entry>(repeating: Entry())
  /// How many locks are held, or waited for.
  public private(set) var count = 0
  private var uses = InlineArray<16, LockUse>(repeating: LockUse())

  /// Nothing is held.
  public init() {}

  /// The `index`-th of these locks, in the order in which they were asked for.
  public func held(_ index: Int) -> Entry { entries[index] }

  /// How the lock of a level was used.
  public func use(of level: LockLevel) -> LockUse { uses[Int(level.rawValue)] }

  /// Notes that the CPU is about to take the lock called `identity`, at time `now`; nil when it may.
  public mutating func take(
    _ identity: UInt, _ level: LockLevel, at place: LockPlace, now: UInt32 = 0
  ) -> LockViolation? {
    for held in 0..<count {
      let entry = entries[held]
      let isSame = entry.identity == identity
      let isOrdered =
        level == .unordered || entry.level == .unordered || level.rawValue > entry.level.rawValue
      guard isSame || !isOrdered else { continue }
      return LockViolation(
        rule: isSame ? .takenTwice : .outOfOrder, firstLevel: entry.level, first: entry.place,
        secondLevel: level, second: place)
    }
    guard count < Self.limit else {
      return LockViolation(
        rule: .tooMany, firstLevel: entries[0].level, first: entries[0].place, secondLevel: level,
        second: place)
    }
    entries[count] = Entry(identity: identity, level: level, place: place, since: now)
    count += 1
    return nil
  }

  /// The lock that was asked for last is there, at once or after a wait.
  mutating func taken(isContended: Bool, now: UInt32) {
    let held = count - 1
    let level = Int(entries[held].level.rawValue)
    uses[level].taken &+= 1  // Wrapping: a statistic.
    if isContended {
      uses[level].contended &+= 1  // Wrapping: likewise.
      let wait = now &- entries[held].since  // Wrapping: a distance of two counts.
      uses[level].longestWait = max(uses[level].longestWait, wait)
    }
    entries[held].since = now
    entries[held].isAwaited = false
  }

  /// Notes that the CPU lets the lock go, in whatever order.
  public mutating func release(
    _ identity: UInt, _ level: LockLevel, at place: LockPlace, now: UInt32 = 0
  ) -> LockViolation? {
    for held in (0..<count).reversed() where entries[held].identity == identity {
      let spent = now &- entries[held].since  // Wrapping: a distance of two counts.
      uses[Int(level.rawValue)].longestHeld = max(uses[Int(level.rawValue)].longestHeld, spent)
      for later in held..<count - 1 { entries[later] = entries[later + 1] }
      count -= 1
      return nil
    }
    return LockViolation(
      rule: .notHeld, firstLevel: level, first: place, secondLevel: level, second: place)
  }
}
