// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// The interrupts that are counted for /proc/interrupts. The raw value is the counter's index.
public enum InterruptKind: UInt32, CaseIterable {
  /// The tick's.
  case tick = 0
  /// The IPI `reschedule`. An IPI's index is its own number plus one.
  case reschedule = 1
  /// The IPI `stop`.
  case stop = 2
  /// The IPI `timekeeping`.
  case timekeeping = 3
  /// An interrupt of a line without a handler.
  case unhandled = 5
  /// A spurious interrupt: the controller had none when it was asked.
  case spurious = 6

  /// The label of a row, in six columns; nil for the tick, whose label is its line.
  fileprivate var label: StaticString? {
    switch self {
    case .tick: nil
    case .reschedule: "IPI0: "
    case .stop: "IPI1: "
    case .timekeeping: "IPI2: "
    case .unhandled: " ERR: "
    case .spurious: " SPU: "
    }
  }

  fileprivate var description: StaticString {
    switch self {
    case .tick: "  arch_timer\n"
    case .reschedule: "  Rescheduling interrupts\n"
    case .stop: "  CPU stop interrupts\n"
    case .timekeeping: "  Timekeeping IPIs\n"
    case .unhandled: "  No handler\n"
    case .spurious: "  Spurious interrupts\n"
    }
  }
}

/// /proc/cpuinfo and /proc/interrupts, in the format of Linux.
extension UserServices {
  /// Writes an entry for each CPU that runs.
  public static func describeProcessors(to sink: inout some TextSink) {
    forEachProcessor(to: &sink) { (cpu, sink) in A.Control.describeProcessor(cpu, to: &sink) }
  }

  /// Writes a row for each kind of interrupt, and for each line that C code serves.
  public static func describeInterrupts(to sink: inout some TextSink) {
    sink.text("      ")
    forEachProcessor(to: &sink) { (cpu, sink) in
      sink.text("       CPU")
      sink.decimal(UInt64(cpu))
    }
    sink.text("\n")
    for kind in InterruptKind.allCases {
      if let label = kind.label { sink.text(label) } else { sink.line(A.Interrupts.timerLine) }
      forEachProcessor(to: &sink) { (cpu, sink) in
        sink.column(UInt64(A.Control.interruptCount(of: cpu, kind)), width: 10)
      }
      sink.text(kind.description)
    }
    writeHookRows(of: .lines, to: &sink)
  }

  /// Writes /proc/cpu/alignment.
  public static func describeAlignment(to sink: inout some TextSink) {
    A.Control.describeAlignment(to: &sink)
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
}
