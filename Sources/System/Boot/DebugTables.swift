// SPDX-License-Identifier: Apache-2.0
// Additions of the debug kernel: the lock audit and the scheduling trace.
#if DEBUG
  import RTOSCore
  import UserSpace

  /// The debug kernel's tables and options.
  public enum DebugTables {
    /// What the audit and the trace ask the machine, as functions that capture nothing.
    public struct Machine {
      /// The number of CPUs and of tasks at most.
      let cpuCount: UInt32
      let taskCount: UInt32
      let processor: @convention(c) () -> UInt32
      let count: @convention(c) () -> UInt64
      let shortCount: @convention(c) () -> UInt32
      let runningTask: @convention(c) () -> UInt32

      /// A machine of at most `cpuCount` CPUs and `taskCount` tasks. `processor` returns the number
      /// of the CPU, `count` the counter, `shortCount` its lower 32 bits, and `runningTask` the
      /// number of the task, or 0xffff in an interrupt.
      public init(
        cpuCount: UInt32, taskCount: UInt32, processor: @convention(c) () -> UInt32,
        count: @convention(c) () -> UInt64, shortCount: @convention(c) () -> UInt32,
        runningTask: @convention(c) () -> UInt32
      ) {
        self.cpuCount = cpuCount
        self.taskCount = taskCount
        self.processor = processor
        self.count = count
        self.shortCount = shortCount
        self.runningTask = runningTask
      }
    }

    /// Events in each CPU's trace ring: 64 KiB.
    private static let capacity: UInt32 = 4096

    /// Starts the audit and the trace. `lockcheck=off` disables the audit. `trace=on` records from
    /// now on; `trace=dump` also writes the trace to the console before power-off.
    @inline(never)
    public static func install(
      _ early: inout EarlyMemory, _ commandLine: borrowing CommandLine, _ machine: Machine
    ) {
      // The host's audit works from the start.
      #if hasFeature(Embedded)
        if !commandLine.has("lockcheck=off") {
          // SAFETY: early memory has room for what it is asked for, and is never freed.
          unsafe LockAudits.install(
            early.allocate(LockAudit.self, count: Int(LockAudits.cpuCount)),
            places: early.allocate(LockSite.self, count: LockLevel.allCases.count),
            clock: machine.shortCount)
        }
      #endif
      makeRings(&early, machine)
      Trace.setOn(commandLine.has("trace=dump") || commandLine.has("trace=on"))
    }

    // SAFETY: early memory has room for what it is asked for, and is never freed.
    private static func makeRings(_ early: inout EarlyMemory, _ machine: Machine) {
      let count = Int(machine.cpuCount)
      let rings = unsafe early.allocate(TraceRing.self, count: count)
      for cpu in 0..<count {
        let memory = unsafe early.allocate(byteCount: TraceRing.size(capacity), alignment: 16)
        unsafe (rings + cpu).initialize(to: TraceRing(memory, capacity: capacity))
      }
      unsafe Trace.install(
        early.allocate(TraceState.self), rings: rings, cpuCount: machine.cpuCount,
        places: early.allocate(UInt8.self, count: Int(machine.taskCount)),
        taskCount: machine.taskCount, processor: machine.processor, clock: machine.count,
        runningTask: machine.runningTask)
    }
  }
#endif
