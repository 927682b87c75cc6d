// SPDX-License-Identifier: Apache-2.0
// The scheduling trace of the debug kernel.
#if DEBUG
  import RTOSCore
  import TickHandler
  import UserSpace

  extension UserServices {
    /// /proc/trace. Reading it stops the recording.
    public static func describeTrace(to sink: inout some TextSink) {
      Trace.setOn(false)
      let cpuCount = UInt32(32 - processors.rawValue.leadingZeroBitCount)
      TraceText.head(
        to: &sink, hertz: A.Clock.frequency, reasons: TraceReason.range,
        reasonName: TraceReason.name, cpuCount: cpuCount,
        runningTask: { A.Control.task(of: $0) })
      for number in 0..<A.Space.stackCount {
        do throws(TaskError) {
          let task = TaskNumber(rawValue: number)
          let info = try A.system.scheduler.info(of: task)
          sink.text("# task ")
          sink.decimal(UInt64(number))
          sink.text(" ")
          _ = name(of: task, info, to: &sink)
          sink.text("\n")
        } catch {}  // No such task.
      }
      TraceText.events(to: &sink, cpuCount: cpuCount)
    }

    /// Clears the trace and starts recording, or stops it.
    public static func controlTrace(_ isOn: Bool) { Trace.setOn(isOn) }

    /// Records a task's new name.
    public static func traceName(_ name: InlineArray<16, UInt8>, of task: TaskNumber) {
      let interrupts = A.CPU.maskInterrupts()
      Trace.named(task, name)
      A.CPU.restoreInterrupts(interrupts)
    }
  }

  /// The end of a run whose command line says `trace=dump`.
  enum TraceDump<A: Architecture> {
    /// Writes the trace to the console if the command line asked for it. Called before power-off.
    static func finish() {
      guard A.system.options.dumpsTrace else { return }
      Trace.setOn(false)
      var console = ConsoleText<A>()
      console.text("\n")
      UserServices<A>.describeTrace(to: &console)
    }
  }

  /// A text sink that writes to the console.
  private struct ConsoleText<A: Architecture>: TextSink {
    mutating func put(_ byte: UInt8) { while !A.Console.offer(byte) {} }
  }
#else
  import RTOSCore
  import UserSpace

  extension UserServices {
    /// Writes nothing: this kernel has no trace.
    public static func describeTrace(to sink: inout some TextSink) {}

    /// Does nothing: this kernel has no trace.
    public static func controlTrace(_ isOn: Bool) {}

    /// Does nothing: this kernel has no trace.
    @inline(__always)
    public static func traceName(_ name: InlineArray<16, UInt8>, of task: TaskNumber) {}
  }
#endif
