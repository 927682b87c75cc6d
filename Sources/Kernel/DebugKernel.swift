// SPDX-License-Identifier: Apache-2.0
// Additions of the debug kernel: the lock audit and the scheduling trace.
#if DEBUG
  import PortARMv7A
  import RTOSCore
  import System
  import UserSpace

  // SAFETY: the variables are written at boot, before a second CPU or a program runs; the memory is
  // never freed.
  /// The debug kernel's memory and options.
  enum DebugKernel {
    /// Events in each CPU's trace ring: 64 KiB.
    private static let capacity: UInt32 = 4096

    /// Starts the audit and the trace. `lockcheck=off` disables the audit. `trace=on` records from
    /// now on; `trace=dump` also writes the trace to the console before power-off.
    @inline(never)
    static func install(_ early: inout EarlyMemory, _ commandLine: CommandLine) {
      if !commandLine.has("lockcheck=off") { auditLocks(&early) }
      makeRings(&early)
      Trace.setOn(commandLine.has("trace=dump") || commandLine.has("trace=on"))
    }

    private static func auditLocks(_ early: inout EarlyMemory) {
      unsafe LockAudits.install(
        early.allocate(LockAudit.self, count: Int(LockAudits.cpuCount)),
        places: early.allocate(LockSite.self, count: LockLevel.allCases.count),
        clock: { UInt32(truncatingIfNeeded: GenericTimer.read()) })
    }

    private static func makeRings(_ early: inout EarlyMemory) {
      let count = Int(ProcessorArea.limit)
      let rings = unsafe early.allocate(TraceRing.self, count: count)
      for cpu in 0..<count {
        let memory = unsafe early.allocate(byteCount: TraceRing.size(capacity), alignment: 16)
        unsafe (rings + cpu).initialize(to: TraceRing(memory, capacity: capacity))
      }
      let taskCount = KernelMap.stackCount
      unsafe Trace.install(
        early.allocate(TraceState.self), rings: rings, cpuCount: ProcessorArea.limit,
        places: early.allocate(UInt8.self, count: Int(taskCount)), taskCount: taskCount,
        processor: { ARMv7A.number }, clock: { GenericTimer.read() },
        runningTask: { ARMv7A.isInInterrupt ? 0xffff : ARMv7A.runningTask })
    }
  }
#endif
