// SPDX-License-Identifier: Apache-2.0
// Additions of the debug kernel: the lock audit and the scheduling trace.
#if hasFeature(Embedded) && DEBUG
  import PortARMv7A
  import RTOSCore
  import UserSpace

  // SAFETY: the variables are written at boot, before a second CPU or a program runs; the memory is
  // never freed.
  /// The debug kernel's memory and options.
  enum Watching {
    /// Events in each CPU's trace ring: 64 KiB.
    private static let capacity: UInt32 = 4096

    // SAFETY: written once at boot, before a second CPU or a program runs.
    nonisolated(unsafe) private static var dumps = false

    /// Starts the audit and the trace. `lockcheck=off` disables the audit. `trace=on` records from
    /// now on; `trace=dump` also writes the trace to the console before power-off.
    @inline(never)
    static func install(_ early: inout EarlyMemory, _ commandLine: CommandLine) {
      if !commandLine.has("lockcheck=off") { auditLocks(&early) }
      makeRings(&early)
      unsafe dumps = commandLine.has("trace=dump")
      Trace.setOn(unsafe dumps || commandLine.has("trace=on"))
    }

    private static func auditLocks(_ early: inout EarlyMemory) {
      unsafe LockAudits.install(
        early.take(LockAudit.self, count: Int(LockAudits.cpuCount)),
        places: early.take(LockPlace.self, count: LockLevel.allCases.count),
        clock: { UInt32(truncatingIfNeeded: GenericTimer.read()) })
    }

    private static func makeRings(_ early: inout EarlyMemory) {
      let count = Int(ProcessorArea.limit)
      let rings = unsafe early.take(TraceRing.self, count: count)
      for cpu in 0..<count {
        let memory = unsafe early.take(byteCount: TraceRing.size(capacity), alignment: 16)
        unsafe (rings + cpu).initialize(to: TraceRing(memory, capacity: capacity))
      }
      let taskCount = KernelMap.stackCount
      unsafe Trace.install(
        early.take(TraceState.self), rings: rings, cpuCount: ProcessorArea.limit,
        places: early.take(UInt8.self, count: Int(taskCount)), taskCount: taskCount,
        processor: { ARMv7A.number }, clock: { GenericTimer.read() },
        runningTask: { ARMv7A.isInInterrupt ? 0xffff : ARMv7A.runningTask })
    }

    /// Writes the trace to the console if the command line asked for it. Called before power-off.
    static func finish() {
      guard unsafe dumps else { return }
      Trace.setOn(false)
      var console = ConsoleText()
      console.text("\n")
      KernelPlatform.describeTrace(to: &console)
    }
  }

  /// A text sink that writes to the console.
  private struct ConsoleText: TextSink {
    mutating func put(_ byte: UInt8) {
      // SAFETY: the span covers one byte, and is used only during the call.
      unsafe withUnsafePointer(to: byte) {
        Console.write(unsafe Span(_unsafeStart: $0, count: 1))
      }
    }
  }

  extension KernelPlatform {
    /// /proc/trace. Reading it stops the recording.
    static func describeTrace(to sink: inout some TextSink) {
      Trace.setOn(false)
      let cpuCount = UInt32(32 - processors.leadingZeroBitCount)
      TraceText.head(
        to: &sink, hertz: GenericTimer.frequency, cpuCount: cpuCount,
        runningTask: ProcessorArea.task)
      for number in 0..<KernelMap.stackCount {
        do throws(TaskError) {
          let info = try Machine.shared.scheduler.info(of: TaskNumber(rawValue: number))
          sink.text("# task ")
          sink.decimal(UInt64(number))
          sink.text(" ")
          _ = name(of: number, info, to: &sink)
          sink.text("\n")
        } catch {}  // No such task.
      }
      TraceText.events(to: &sink, cpuCount: cpuCount)
    }

    static func controlTrace(_ isOn: Bool) { Trace.setOn(isOn) }

    /// Records a task's new name.
    static func noteName(_ name: InlineArray<16, UInt8>, of task: UInt32) {
      let interrupts = ARMv7A.maskInterrupts()
      Trace.named(task, name)
      ARMv7A.restoreInterrupts(interrupts)
    }
  }
#endif
