// SPDX-License-Identifier: Apache-2.0
#if DEBUG
  /// The text of /proc/trace. Lines about the recording begin with `#`. The events follow, CPU by
  /// CPU, oldest first, in lines of fixed length:
  ///
  ///     0 000000000012d687 away     0003 00200001
  ///     ↑ ↑ counter        ↑ kind   ↑    ↑ value, both hexadecimal
  ///     CPU                         task
  ///
  /// One line for each CPU gives the number of its events and how many before them are lost.
  public enum TraceText {
    /// The length of an event's line in bytes.
    static let lineLength = 41

    /// Writes the lines about the recording; the caller adds the names of existing tasks.
    /// `reasonName` returns the name of a reason of `reasons`, nil for one without a name;
    /// `runningTask` returns the task that a CPU runs.
    public static func head(
      to sink: inout some TextSink, hertz: UInt32, reasons: ClosedRange<UInt8>,
      reasonName: (UInt8) -> StaticString?, cpuCount: UInt32,
      runningTask: (_ cpu: UInt32) -> TaskNumber
    ) {
      sink.text("# trace 1, counter ")
      sink.decimal(UInt64(hertz))
      sink.text(" Hz\n")
      for reason in reasons {
        guard let name = reasonName(reason) else { continue }
        sink.text("# reason ")
        sink.decimal(UInt64(reason))
        sink.text(" ")
        sink.text(name)
        sink.text("\n")
      }
      for cpu in 0..<cpuCount {
        Trace.withRing(cpu) { ring in
          let extent = ring.extent
          sink.text("# cpu ")
          sink.decimal(UInt64(cpu))
          sink.text(": ")
          sink.decimal(UInt64(extent.count))
          sink.text(" events, ")
          sink.decimal(UInt64(extent.lost))
          sink.text(" lost, task ")
          sink.decimal(UInt64(runningTask(cpu).rawValue))
          sink.text("\n")
        }
      }
    }

    /// Writes the lines of all events. Recording must be off, or a later read may find them at
    /// other offsets.
    public static func events(to sink: inout some TextSink, cpuCount: UInt32) {
      for cpu in 0..<cpuCount {
        Trace.withRing(cpu) { ring in
          let extent = ring.extent
          for index in 0..<extent.count where !sink.skip(lineLength) {
            if let event = ring.read(extent.first &+ index) {  // Wrapping: as numbers do.
              line(cpu, event, to: &sink)
            }
          }
        }
      }
    }

    static func line(_ cpu: UInt32, _ event: TraceEvent, to sink: inout some TextSink) {
      sink.hexadecimal(cpu, width: 1)
      sink.text(" ")
      sink.hexadecimal(UInt32(truncatingIfNeeded: event.count >> 32))
      sink.hexadecimal(UInt32(truncatingIfNeeded: event.count))
      sink.text(" ")
      sink.text(event.kind.column)
      sink.hexadecimal(event.task.rawValue, width: 4)
      sink.text(" ")
      sink.hexadecimal(event.value)
      sink.text("\n")
    }
  }
#endif
