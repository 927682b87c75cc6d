// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import UserSpace

  /// /proc/cpuinfo and /proc/interrupts, in the format of Linux.
  extension KernelPlatform {
    static func describeProcessors(to sink: inout some TextSink) {
      forEachProcessor(to: &sink) { (cpu, sink) in
        let identity = ProcessorArea.mainIdentity(of: cpu)
        field("processor\t: ", UInt64(cpu), to: &sink)
        field("model name\t: ARMv7 Processor rev ", UInt64(identity & 0xf), to: &sink)
        sink.text(
          "Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt lpae\n")
        hexadecimal("CPU implementer\t: 0x", identity >> 24, to: &sink)
        sink.text("CPU architecture: 7\n")
        hexadecimal("CPU variant\t: 0x", identity >> 20 & 0xf, to: &sink)
        hexadecimal("CPU part\t: 0x", identity >> 4 & 0xfff, to: &sink)
        field("CPU revision\t: ", UInt64(identity & 0xf), to: &sink)
        sink.text("\n")
      }
    }

    static func describeInterrupts(to sink: inout some TextSink) {
      sink.text("      ")
      forEachProcessor(to: &sink) { (cpu, sink) in
        sink.text("       CPU")
        sink.decimal(UInt64(cpu))
      }
      sink.text("\n")
      for kind in 0..<UInt32(7) where kind != 4 {
        name(kind, to: &sink)
        forEachProcessor(to: &sink) { (cpu, sink) in
          sink.column(UInt64(ProcessorArea.interruptCount(of: cpu, kind)), width: 10)
        }
        sink.text(description(kind))
      }
      #if LITEOS
        describeLines(to: &sink)
      #endif
    }

    #if LITEOS
      /// Writes one row for each line that C code serves, with its handlers' names.
      private static func describeLines(to sink: inout some TextSink) {
        let registry = KernelInterrupts.registry
        for line in 0..<registry.lineCount where registry.isRegistered(line) {
          number(line, to: &sink)
          forEachProcessor(to: &sink) { (cpu, sink) in
            sink.column(UInt64(registry.count(of: line, on: Int(cpu))), width: 10)
          }
          sink.text("  ")
          registry.writeNames(of: line, to: &sink)
          sink.text("\n")
        }
      }
    #endif

    /// Writes a line's number in the six columns of a row's label.
    private static func number(_ line: UInt32, to sink: inout some TextSink) {
      sink.column(UInt64(line), width: 3)
      sink.text(": ")
    }

    private static func forEachProcessor<Sink: TextSink>(
      to sink: inout Sink, _ body: (UInt32, inout Sink) -> Void
    ) {
      var rest = processors
      while rest != 0 {
        body(UInt32(truncatingIfNeeded: rest.trailingZeroBitCount), &sink)
        rest &= rest &- 1  // Wrapping: it is not 0.
      }
    }

    /// Writes a row's label in six columns: the tick's line, or an IPI's number.
    private static func name(_ kind: UInt32, to sink: inout some TextSink) {
      switch kind {
      case 0: number(Machine.shared.timerLine, to: &sink)
      case 5: sink.text(" ERR: ")
      case 6: sink.text(" SPU: ")
      default:
        sink.text("IPI")
        sink.decimal(UInt64(kind - 1))
        sink.text(": ")
      }
    }

    private static func description(_ kind: UInt32) -> StaticString {
      switch kind {
      case 0: "  arch_timer\n"
      case 1: "  Rescheduling interrupts\n"
      case 2: "  CPU stop interrupts\n"
      case 3: "  Timekeeping IPIs\n"
      case 5: "  No handler\n"
      default: "  Spurious interrupts\n"
      }
    }

    private static func field(
      _ name: StaticString, _ value: UInt64, to sink: inout some TextSink
    ) {
      sink.text(name)
      sink.decimal(value)
      sink.text("\n")
    }

    private static func hexadecimal(
      _ name: StaticString, _ value: UInt32, to sink: inout some TextSink
    ) {
      sink.text(name)
      sink.hexadecimal(value, width: 1)
      sink.text("\n")
    }
  }
#endif
