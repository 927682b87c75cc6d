// SPDX-License-Identifier: Apache-2.0
#if DEBUG
  // SAFETY: the table lives for ever, and each CPU touches only its own audit, with interrupts masked;
  // what others read of it are whole words. The other variables are written at boot, or by the one
  // CPU that holds the lock of a level, and where a rule is broken by a CPU that stops.
  /// The audits of all CPUs, in debug builds: on the host from the start, on the machine from
  /// `install` on.
  public enum LockAudits {
    /// CPUs that are audited.
    public static let cpuCount: UInt32 = 8

    #if hasFeature(Embedded)
      // SAFETY: see above.
      nonisolated(unsafe) private static var table: UnsafeMutablePointer<LockAudit>?
    #else
      // SAFETY: see above.
      nonisolated(unsafe) private static let table: UnsafeMutablePointer<LockAudit>? = {
        let memory = UnsafeMutablePointer<LockAudit>.allocate(capacity: Int(cpuCount))
        unsafe memory.initialize(repeating: LockAudit(), count: Int(cpuCount))
        return unsafe memory
      }()
    #endif

    // SAFETY: see above.
    nonisolated(unsafe) private static var clock: (@convention(c) () -> UInt32)?
    /// Where the lock of each level was taken last.
    nonisolated(unsafe) private static var lastPlaces: UnsafeMutablePointer<LockPlace>?
    /// What a CPU has done wrong, for the panic that it ends in.
    nonisolated(unsafe) private static var violation: LockViolation?

    #if hasFeature(Embedded)
      /// Begins to audit. At boot, with no lock held; the memory, for `cpuCount` audits and a place
      /// for each level, is taken for ever. `newClock` counts something in 32 bits.
      public static func install(
        _ memory: UnsafeMutablePointer<LockAudit>, places: UnsafeMutablePointer<LockPlace>,
        clock newClock: @convention(c) () -> UInt32
      ) {
        // SAFETY: the caller's promise.
        unsafe memory.initialize(repeating: LockAudit(), count: Int(cpuCount))
        unsafe places.initialize(repeating: LockPlace("", 0), count: LockLevel.allCases.count)
        unsafe lastPlaces = places
        unsafe clock = newClock
        unsafe table = memory
      }
    #endif

    /// Panics unless CPU `cpu` may take the lock.
    @inline(never)
    static func take(_ identity: UInt, _ level: LockLevel, _ place: LockPlace, on cpu: UInt32) {
      guard cpu < cpuCount, let table = unsafe table else { return }
      let broken = unsafe table[Int(cpu)].take(identity, level, at: place, now: now)
      if let broken { stop(broken, on: cpu) }
    }

    /// CPU `cpu` has the lock that it asked for last.
    @inline(never)
    static func taken(_ level: LockLevel, _ place: LockPlace, isContended: Bool, on cpu: UInt32) {
      guard cpu < cpuCount, let table = unsafe table else { return }
      unsafe table[Int(cpu)].taken(isContended: isContended, now: now)
      if let places = unsafe lastPlaces { unsafe places[Int(level.rawValue)] = place }
    }

    /// Panics unless CPU `cpu` holds the lock.
    @inline(never)
    static func release(_ identity: UInt, _ level: LockLevel, _ place: LockPlace, on cpu: UInt32) {
      guard cpu < cpuCount, let table = unsafe table else { return }
      let broken = unsafe table[Int(cpu)].release(identity, level, at: place, now: now)
      guard var broken else { return }
      if let places = unsafe lastPlaces { broken.first = unsafe places[Int(level.rawValue)] }
      stop(broken, on: cpu)
    }

    /// How the lock of a level was used by all CPUs; nil before `install`.
    public static func use(of level: LockLevel) -> LockUse? {
      guard let table = unsafe table else { return nil }
      var sum = LockUse()
      for cpu in 0..<Int(cpuCount) {
        let use = unsafe table[cpu].use(of: level)
        sum.taken &+= use.taken  // Wrapping: a statistic.
        sum.contended &+= use.contended  // Wrapping: likewise.
        sum.longestHeld = max(sum.longestHeld, use.longestHeld)
        sum.longestWait = max(sum.longestWait, use.longestWait)
      }
      return sum
    }

    /// Lines for a panic: the rule that was broken, and which locks CPU `cpu` holds.
    public static func describe(of cpu: UInt32) {
      if let broken = unsafe violation {
        var line: LogLine = "panic: "
        broken.describe(to: &line)
        Log.line(line)
        unsafe violation = nil
      }
      guard let table = unsafe table else { return }
      for index in 0..<(unsafe table[Int(cpu)].count) {
        let entry = unsafe table[Int(cpu)].held(index)
        Log.line(
          """
          panic: cpu \(cpu) \(entry.isAwaited ? "waits for" : "holds") lock \(entry.level.name) \
          of \(entry.place.file):\(entry.place.line)
          """)
      }
    }

    private static var now: UInt32 { unsafe clock?() ?? 0 }

    /// The panic prints what was broken; on the host it is a line of the log.
    private static func stop(_ broken: LockViolation, on cpu: UInt32) -> Never {
      unsafe violation = broken
      #if !hasFeature(Embedded)
        describe(of: cpu)
      #endif
      preconditionFailure("a rule of locks is broken; the log has both places")
    }
  }
#endif
