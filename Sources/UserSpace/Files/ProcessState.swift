// SPDX-License-Identifier: Apache-2.0
/// The state of a process or thread in /proc (proc(5)).
public enum ProcessState: Equatable, Sendable {
  /// It runs, or is ready to run.
  case running
  /// It waits, and a signal ends the wait.
  case sleeping
  /// It waits, and only a fatal signal ends the wait.
  case waiting
  /// A signal has stopped it.
  case stopped
  /// It has ended, and its parent has not collected the status yet.
  case zombie

  /// The letter and the word that Linux has for it, as /proc/PID/status shows them.
  var text: StaticString {
    switch self {
    case .running: "R (running)"
    case .sleeping: "S (sleeping)"
    case .waiting: "D (disk sleep)"
    case .stopped: "T (stopped)"
    case .zombie: "Z (zombie)"
    }
  }
}
