// SPDX-License-Identifier: Apache-2.0
/// The source position at which a lock is acquired or released.
public struct LockSite: Sendable {
  /// The file, from `#fileID`.
  public let file: StaticString
  /// The line, from `#line`.
  public let line: UInt32

  /// The position `file`:`line`.
  @inline(__always)
  public init(_ file: StaticString, _ line: UInt32) { (self.file, self.line) = (file, line) }
}

/// A broken lock rule, with the two source positions that conflict.
public struct LockViolation: Sendable {
  /// The rule that is broken.
  public enum Rule: UInt8, Sendable {
    /// The CPU acquires a lock that it already holds.
    case recursive
    /// The CPU acquires a lock while it holds one of the same or a higher level.
    case outOfOrder
    /// The CPU releases a lock that it does not hold.
    case notHeld
    /// The CPU holds more locks than the audit can record: probably one is never released.
    case tooMany
  }

  /// The rule that is broken.
  public let rule: Rule
  /// The level of the lock that was acquired first; it may be the same lock.
  public let firstLevel: LockLevel
  /// Where that lock was acquired. For a lock that is not held: its last acquisition, by any CPU.
  public internal(set) var first: LockSite
  /// The level of the lock that is acquired or released now.
  public let secondLevel: LockLevel
  /// Where it is acquired or released.
  public let second: LockSite

  /// Writes `lock NAME is …: first NAME at FILE:LINE, then NAME at FILE:LINE`, without a line feed.
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
    case .recursive: " is taken twice"
    case .outOfOrder: " is taken out of order"
    case .notHeld: " is released but not held"
    case .tooMany: " is one too many"
    }
  }

  private func describe(_ site: LockSite, to sink: inout some TextSink) {
    sink.text(" at ")
    sink.text(site.file)
    sink.text(":")
    sink.decimal(UInt64(site.line))
  }
}

/// Statistics of one lock level on one CPU. Counts wrap; times are in units of the clock of
/// `LockAudits`.
public struct LockUse: Sendable {
  /// How many times the lock was acquired.
  public internal(set) var acquisitions: UInt32 = 0
  /// How many of these times another CPU held it.
  public internal(set) var contentions: UInt32 = 0
  /// The longest time for which it was held.
  public internal(set) var longestHeld: UInt32 = 0
  /// The longest time for which this CPU waited for it.
  public internal(set) var longestWait: UInt32 = 0
}

/// The locks that one CPU holds, and its lock statistics. Debug builds check each acquisition and
/// release against it.
///
/// Only its own CPU writes it, with interrupts masked, so it needs no lock.
public struct LockAudit {
  /// A lock that is held or waited for.
  public struct Entry {
    fileprivate var identity: UInt = 0
    /// The lock's level.
    public fileprivate(set) var level = LockLevel.unordered
    /// Where it is acquired.
    public fileprivate(set) var site = LockSite("", 0)
    fileprivate var since: UInt32 = 0
    /// True while the CPU still waits for the lock.
    public fileprivate(set) var isAwaited = true
  }

  private static var limit: Int { InlineArray<8, Entry>.count }

  private var entries = InlineArray<8, Entry>(repeating: Entry())
  /// How many locks are held or waited for.
  public private(set) var count = 0
  private var uses = InlineArray<16, LockUse>(repeating: LockUse())

  /// An audit of a CPU that holds no lock.
  public init() {}

  /// The `index`-th of these locks, in the order in which the CPU asked for them.
  public func held(_ index: Int) -> Entry { entries[index] }

  /// The statistics of a lock level.
  public func use(of level: LockLevel) -> LockUse { uses[Int(level.rawValue)] }

  /// Records that the CPU is about to acquire the lock at address `identity`, at time `now`.
  /// Returns nil when the rules allow it.
  public mutating func willAcquire(
    _ identity: UInt, _ level: LockLevel, at site: LockSite, now: UInt32 = 0
  ) -> LockViolation? {
    for held in 0..<count {
      let entry = entries[held]
      let isSame = entry.identity == identity
      let isOrdered =
        level == .unordered || entry.level == .unordered || level.rawValue > entry.level.rawValue
      guard isSame || !isOrdered else { continue }
      return LockViolation(
        rule: isSame ? .recursive : .outOfOrder, firstLevel: entry.level, first: entry.site,
        secondLevel: level, second: site)
    }
    guard count < Self.limit else {
      return LockViolation(
        rule: .tooMany, firstLevel: entries[0].level, first: entries[0].site, secondLevel: level,
        second: site)
    }
    entries[count] = Entry(identity: identity, level: level, site: site, since: now)
    count += 1
    return nil
  }

  /// Records that the CPU acquired the lock for which it asked last, at once or after a wait.
  mutating func didAcquire(isContended: Bool, now: UInt32) {
    let held = count - 1
    let level = Int(entries[held].level.rawValue)
    uses[level].acquisitions &+= 1  // Wrapping: a statistic.
    if isContended {
      uses[level].contentions &+= 1  // Wrapping: a statistic.
      let wait = now &- entries[held].since  // Wrapping: a difference of two counter values.
      uses[level].longestWait = max(uses[level].longestWait, wait)
    }
    entries[held].since = now
    entries[held].isAwaited = false
  }

  /// Records that the CPU releases the lock. Locks may be released in any order. Returns nil when
  /// the CPU holds the lock.
  public mutating func willRelease(
    _ identity: UInt, _ level: LockLevel, at site: LockSite, now: UInt32 = 0
  ) -> LockViolation? {
    for held in (0..<count).reversed() where entries[held].identity == identity {
      let spent = now &- entries[held].since  // Wrapping: a difference of two counter values.
      uses[Int(level.rawValue)].longestHeld = max(uses[Int(level.rawValue)].longestHeld, spent)
      for later in held..<count - 1 { entries[later] = entries[later + 1] }
      count -= 1
      return nil
    }
    return LockViolation(
      rule: .notHeld, firstLevel: level, first: site, secondLevel: level, second: site)
  }
}
