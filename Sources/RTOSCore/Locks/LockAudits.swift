// SPDX-License-Identifier: Apache-2.0
#if DEBUG
  // SAFETY: the table is never freed, and each CPU writes only its own audit, with interrupts
  // masked; other CPUs read whole words of it. The other variables are written at boot, by the one
  // CPU that holds the lock of a level, or by a CPU that stops because a rule is broken.
  /// The lock audits of all CPUs, in debug builds. They work on the host from the start, and on the
  /// machine after `install`.
  public enum LockAudits {
    /// How many CPUs are audited.
    public static var cpuCount: UInt32 { CpuMask.limit }

    #if hasFeature(Embedded)
      // SAFETY: written once at boot, before a second CPU runs; each CPU writes only its own audit.
      nonisolated(unsafe) private static var table: UnsafeMutablePointer<LockAudit>?
    #else
      // SAFETY: initialised once; each CPU writes only its own audit.
      nonisolated(unsafe) private static let table: UnsafeMutablePointer<LockAudit>? = {
        let memory = UnsafeMutablePointer<LockAudit>.allocate(capacity: Int(cpuCount))
        unsafe memory.initialize(repeating: LockAudit(), count: Int(cpuCount))
        return unsafe memory
      }()
    #endif

    // SAFETY: written once at boot, before a second CPU runs; `lastSites` is filled under the only
    // lock of the level; `violation` is written by a CPU that stops.
    nonisolated(unsafe) private static var clock: (@convention(c) () -> UInt32)?
    /// Where the lock of each level was last acquired.
    nonisolated(unsafe) private static var lastSites: UnsafeMutablePointer<LockSite>?
    /// The violation that a CPU found, for the panic that follows.
    nonisolated(unsafe) private static var violation: LockViolation?

    #if hasFeature(Embedded)
      /// Starts the audit. Call at boot, with no lock held. The memory must hold `cpuCount` audits
      /// and one position per lock level, and is never freed. `newClock` returns a 32-bit counter.
      public static func install(
        _ memory: UnsafeMutablePointer<LockAudit>, places: UnsafeMutablePointer<LockSite>,
        clock newClock: @convention(c) () -> UInt32
      ) {
        // SAFETY: the caller passes unused memory of the sizes that the comment above requires.
        unsafe memory.initialize(repeating: LockAudit(), count: Int(cpuCount))
        unsafe places.initialize(repeating: LockSite("", 0), count: LockLevel.allCases.count)
        unsafe lastSites = places
        unsafe clock = newClock
        unsafe table = memory
      }
    #endif

    /// Panics unless CPU `cpu` may acquire the lock.
    @inline(never)
    static func willAcquire(_ identity: UInt, _ level: LockLevel, _ site: LockSite, on cpu: UInt32)
    {
      guard cpu < cpuCount, let table = unsafe table else { return }
      let broken = unsafe table[Int(cpu)].willAcquire(identity, level, at: site, now: now)
      if let broken { stop(broken, on: cpu) }
    }

    /// Records that CPU `cpu` acquired the lock for which it asked last.
    @inline(never)
    static func didAcquire(_ level: LockLevel, _ site: LockSite, isContended: Bool, on cpu: UInt32)
    {
      guard cpu < cpuCount, let table = unsafe table else { return }
      unsafe table[Int(cpu)].didAcquire(isContended: isContended, now: now)
      // Several CPUs may share the kernel lock, or hold locks of address spaces.
      guard level.rawValue > LockLevel.kernel.rawValue else { return }
      if let places = unsafe lastSites { unsafe places[Int(level.rawValue)] = site }
    }

    /// Panics unless CPU `cpu` holds the lock.
    @inline(never)
    static func willRelease(_ identity: UInt, _ level: LockLevel, _ site: LockSite, on cpu: UInt32)
    {
      guard cpu < cpuCount, let table = unsafe table else { return }
      let broken = unsafe table[Int(cpu)].willRelease(identity, level, at: site, now: now)
      guard var broken else { return }
      if let places = unsafe lastSites { broken.first = unsafe places[Int(level.rawValue)] }
      stop(broken, on: cpu)
    }

    /// The statistics of a lock level, summed over all CPUs; nil before `install`.
    public static func use(of level: LockLevel) -> LockUse? {
      guard let table = unsafe table else { return nil }
      var sum = LockUse()
      for cpu in 0..<Int(cpuCount) {
        let use = unsafe table[cpu].use(of: level)
        sum.acquisitions &+= use.acquisitions  // Wrapping: a statistic.
        sum.contentions &+= use.contentions  // Wrapping: a statistic.
        sum.longestHeld = max(sum.longestHeld, use.longestHeld)
        sum.longestWait = max(sum.longestWait, use.longestWait)
      }
      return sum
    }

    /// Logs lines for a panic: the rule that was broken, and the locks that CPU `cpu` holds or
    /// waits for.
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
          at \(entry.site.file):\(entry.site.line)
          """)
      }
    }

    private static var now: UInt32 { unsafe clock?() ?? 0 }

    /// Panics. The panic handler prints the violation; on the host it is logged here.
    private static func stop(_ broken: LockViolation, on cpu: UInt32) -> Never {
      unsafe violation = broken
      #if !hasFeature(Embedded)
        describe(of: cpu)
      #endif
      preconditionFailure("lock rule violated; the log has both places")
    }
  }
#endif
