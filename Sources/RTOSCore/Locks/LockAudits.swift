#if DEBUG || LOCK_CHECKS
  // SAFETY: the table lives for ever, and each CPU touches only its own audit, with interrupts masked.
  /// The audits of all CPUs.
  public enum LockAudits {
    /// CPUs that are audited.
    public static let cpuCount = 8

    #if hasFeature(Embedded)
      // SAFETY: written once at boot, before a second CPU runs.
      nonisolated(unsafe) private static var table: UnsafeMutablePointer<LockAudit>?

      /// Takes memory for `cpuCount` audits, for ever. Before that nothing is checked.
      public static func install(in memory: UnsafeMutablePointer<LockAudit>) {
        for cpu in 0..<cpuCount { unsafe (memory + cpu).initialize(to: LockAudit()) }
        unsafe table = memory
      }
    #else
      // SAFETY: see above.
      nonisolated(unsafe) private static let table: UnsafeMutablePointer<LockAudit>? = {
        let memory = UnsafeMutablePointer<LockAudit>.allocate(capacity: cpuCount)
        for cpu in 0..<cpuCount { unsafe (memory + cpu).initialize(to: LockAudit()) }
        return unsafe memory
      }()
    #endif

    /// Panics unless CPU `cpu` may take the lock.
    @inline(never)
    static func take(_ identity: UInt, _ level: LockLevel, _ place: LockPlace, on cpu: UInt32) {
      guard cpu < cpuCount, let table = unsafe table else { return }
      let violation = unsafe table[Int(cpu)].take(identity, level, at: place)
      if let violation { violation.panic(on: cpu) }
    }

    /// Panics unless CPU `cpu` holds the lock.
    @inline(never)
    static func release(_ identity: UInt, _ place: LockPlace, on cpu: UInt32) {
      guard cpu < cpuCount, let table = unsafe table else { return }
      let violation = unsafe table[Int(cpu)].release(identity, at: place)
      if let violation { violation.panic(on: cpu) }
    }
  }
#endif
