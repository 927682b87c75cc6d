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
public struct LockViolation {
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
  /// Where the CPU took the other lock, or the same one before.
  public let first: LockPlace
  /// Where it is now.
  public let second: LockPlace

  /// Says it on the log, and stops.
  @inline(never)
  func panic(on cpu: UInt32) -> Never {
    Log.line(
      """
      lock: \(text) on CPU \(cpu): first at \(first.file):\(first.line), \
      then at \(second.file):\(second.line)
      """)
    preconditionFailure("a rule of spin locks is broken; the log has both places")
  }

  private var text: StaticString {
    switch rule {
    case .takenTwice: "taken twice"
    case .outOfOrder: "taken out of order"
    case .notHeld: "let go by who does not hold it"
    case .tooMany: "held in too great a number"
    }
  }
}

/// The spin locks that one CPU holds: debug builds ask it before they take one.
///
/// Only its own CPU touches it, with interrupts masked, so that it needs no lock.
public struct LockAudit {
  private struct Entry {
    var identity: UInt = 0
    var level = LockLevel.unordered
    var place = LockPlace("", 0)
  }

  private var entries = InlineArray<8, Entry>(repeating: Entry())
  /// How many locks are held.
  public private(set) var count = 0

  /// Nothing is held.
  public init() {}

  /// Notes that the CPU is about to take the lock called `identity`; nil when it may.
  public mutating func take(
    _ identity: UInt, _ level: LockLevel, at place: LockPlace
  ) -> LockViolation? {
    for held in 0..<count {
      let entry = entries[held]
      let isSame = entry.identity == identity
      let isOrdered =
        level == .unordered || entry.level == .unordered || level.rawValue > entry.level.rawValue
      guard isSame || !isOrdered else { continue }
      return LockViolation(
        rule: isSame ? .takenTwice : .outOfOrder, first: entry.place, second: place)
    }
    guard count < 8 else {
      return LockViolation(rule: .tooMany, first: entries[0].place, second: place)
    }
    entries[count] = Entry(identity: identity, level: level, place: place)
    count += 1
    return nil
  }

  /// Notes that the CPU lets the lock go, in whatever order.
  public mutating func release(_ identity: UInt, at place: LockPlace) -> LockViolation? {
    for held in (0..<count).reversed() where entries[held].identity == identity {
      for later in held..<count - 1 { entries[later] = entries[later + 1] }
      count -= 1
      return nil
    }
    return LockViolation(
      rule: .notHeld, first: count > 0 ? entries[count - 1].place : place, second: place)
  }
}
