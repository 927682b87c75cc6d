// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// /proc/cpuinfo and /proc/interrupts, in the format of Linux.
extension UserServices {
  /// Writes an entry for each CPU that runs.
  public static func describeProcessors(to sink: inout some TextSink) {
    forEachProcessor(to: &sink) { (cpu, sink) in A.Control.describeProcessor(cpu, to: &sink) }
  }

  /// Writes a row for the tick, for each IPI, for interrupts without a handler, and for each other
  /// line that has a handler.
  public static func describeInterrupts(to sink: inout some TextSink) {
    sink.text("      ")
    forEachProcessor(to: &sink) { (cpu, sink) in
      sink.text("       CPU")
      sink.decimal(UInt64(cpu))
    }
    sink.text("\n")
    sink.line(A.Interrupts.timerLine)
    describeLine(A.Interrupts.timerLine, to: &sink)
    for ipi in InterprocessorInterrupt.allCases {
      sink.text("IPI")
      sink.decimal(UInt64(ipi.rawValue))
      sink.text(": ")
      describeLine(A.Interrupts.Controller.firstIPILine + ipi.rawValue, to: &sink)
    }
    describeKind(.unhandled, " ERR: ", "  No handler\n", to: &sink)
    describeKind(.spurious, " SPU: ", "  Spurious interrupts\n", to: &sink)
    for line in 0..<A.system.interrupts.lineCount
    where A.system.interrupts.isRegistered(line) && !isOfEachProcessor(line) {
      sink.line(line)
      describeLine(line, to: &sink)
    }
  }

  /// Writes /proc/cpu/alignment.
  public static func describeAlignment(to sink: inout some TextSink) {
    A.Control.describeAlignment(to: &sink)
  }

  /// True for the tick's line and those of the IPIs, whose rows come first.
  private static func isOfEachProcessor(_ line: UInt32) -> Bool {
    // Wrapping: a line below the first IPI's becomes an invalid number.
    line == A.Interrupts.timerLine
      || InterprocessorInterrupt(rawValue: line &- A.Interrupts.Controller.firstIPILine) != nil
  }

  /// Writes a line's counts and the names of its handlers.
  @inline(never)
  private static func describeLine(_ line: UInt32, to sink: inout some TextSink) {
    forEachProcessor(to: &sink) { (cpu, sink) in
      sink.column(UInt64(A.system.interrupts.count(of: line, on: Int(cpu))), width: 10)
    }
    sink.text("  ")
    A.system.interrupts.writeNames(of: line, to: &sink)
    sink.text("\n")
  }

  @inline(never)
  private static func describeKind(
    _ kind: InterruptKind, _ label: StaticString, _ description: StaticString,
    to sink: inout some TextSink
  ) {
    sink.text(label)
    forEachProcessor(to: &sink) { (cpu, sink) in
      sink.column(UInt64(A.Control.interruptCount(of: cpu, kind)), width: 10)
    }
    sink.text(description)
  }

  private static func forEachProcessor<Sink: TextSink>(
    to sink: inout Sink, _ body: (UInt32, inout Sink) -> Void
  ) {
    var rest = processors.rawValue
    while rest != 0 {
      body(UInt32(truncatingIfNeeded: rest.trailingZeroBitCount), &sink)
      rest &= rest &- 1  // Wrapping: it is not 0.
    }
  }
}

extension TextSink {
  /// Writes an interrupt line's number as the label of a row of /proc/interrupts, in six columns.
  public mutating func line(_ number: UInt32) {
    column(UInt64(number), width: 3)
    text(": ")
  }
}
