// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What a template says and does where a port is not written yet.
public enum Undone {
  /// Logs what is missing and which step of docs/porting-guide.md writes it, and stops with a trap.
  @inline(never)
  public static func stop(_ requirement: StaticString, step: UInt64) -> Never {
    var line: LogLine = "port: "
    describe(requirement, step, to: &line)
    Log.line(line)
    fatalError("the port is not finished")
  }

  /// Writes what `stop` logs.
  static func describe(
    _ requirement: StaticString, _ step: UInt64, to sink: inout some TextSink
  ) {
    sink.text(requirement)
    sink.text(" is not written yet: step ")
    sink.decimal(step)
    sink.text(" of docs/porting-guide.md, cannot go on")
  }
}
