// SPDX-License-Identifier: Apache-2.0
// What the debug kernel has besides: the audit of its locks and the recorder of its scheduling.
#if hasFeature(Embedded) && DEBUG
  import PortARMv7A
  import RTOSCore
  import UserSpace

  // SAFETY: the variables are written by the boot order, before a second CPU or a program runs; the
  // memory is taken for ever.
  /// The debug kernel's memory and options.
  enum Watching {
    /// Events in each CPU's ring: 64 KiB.
    private static let capacity: UInt32 = 4096

    // SAFETY: see above.
    nonisolated(unsafe) private static var dumps = false

    /// Begins to watch. `lockcheck=off` leaves the locks alone; `trace=on` records from now on, and
    /// `trace=dump` writes the recording to the console when the machine ends.
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

    /// Before the machine goes off: the recording, if the command line asked for it.
    static func finish() {
      guard unsafe dumps else { return }
      Trace.setOn(false)
      var console = ConsoleText()
      console.text("\n")
      KernelPlatform.describeTrace(to: &console)
    }
  }

  /// Text for the console.
  private struct ConsoleText: TextSink {
    mutating func put(_ byte: UInt8) {
      // SAFETY: one byte, for the call.
      unsafe withUnsafePointer(to: byte) {
        Console.write(unsafe Span(_unsafeStart: $0, count: 1))
      }
    }
  }

  extension KernelPlatform {
    /// /proc/trace. Whoever reads it stops the recording.
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

    /// The task is called so from now on.
    static func noteName(_ name: InlineArray<16, UInt8>, of task: UInt32) {
      let interrupts = ARMv7A.maskInterrupts()
      Trace.named(task, name)
      ARMv7A.restoreInterrupts(interrupts)
    }
  }
#endif
