#if DEBUG && !hasFeature(Embedded)
  // SAFETY: the table lives for ever, and each CPU touches only its own audit, with interrupts masked.
  /// The audits of all CPUs, in debug builds for the host.
  enum LockAudits {
    /// CPUs that are audited.
    private static let cpuCount: UInt32 = 8

    // SAFETY: see above.
    nonisolated(unsafe) private static let table: UnsafeMutablePointer<LockAudit> = {
      let memory = UnsafeMutablePointer<LockAudit>.allocate(capacity: Int(cpuCount))
      unsafe memory.initialize(repeating: LockAudit(), count: Int(cpuCount))
      return unsafe memory
    }()

    /// Panics unless CPU `cpu` may take the lock.
    static func take(_ identity: UInt, _ level: LockLevel, _ place: LockPlace, on cpu: UInt32) {
      guard cpu < cpuCount else { return }
      let violation = unsafe table[Int(cpu)].take(identity, level, at: place)
      if let violation { violation.panic(on: cpu) }
    }

    /// Panics unless CPU `cpu` holds the lock.
    static func release(_ identity: UInt, _ place: LockPlace, on cpu: UInt32) {
      guard cpu < cpuCount else { return }
      let violation = unsafe table[Int(cpu)].release(identity, at: place)
      if let violation { violation.panic(on: cpu) }
    }
  }
#endif
