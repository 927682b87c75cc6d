// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Reports a requirement that a template does not implement yet.
public enum Unimplemented {
  /// Logs the missing requirement and the step of docs/porting-guide.md that implements it, then
  /// traps.
  @inline(never)
  public static func stop(_ requirement: StaticString, step: UInt64) -> Never {
    var line: LogLine = "port: "
    describe(requirement, step, to: &line)
    Log.line(line)
    fatalError("the port is not finished")
  }

  /// Writes the text that `stop` logs.
  static func describe(
    _ requirement: StaticString, _ step: UInt64, to sink: inout some TextSink
  ) {
    sink.text(requirement)
    sink.text(" is not written yet: step ")
    sink.decimal(step)
    sink.text(" of docs/porting-guide.md, cannot go on")
  }
}
