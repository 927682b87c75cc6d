// SPDX-License-Identifier: Apache-2.0

/// The stop of a process by a signal (signal(7)): all of its threads stop, each before it returns
/// to user mode. It changes under the process table's lock.
struct GroupStop {
  /// The signal that stopped the process; nil after a parent has been told (WUNTRACED).
  var signal: Signal?
  /// How many threads must stop and have not done so.
  var awaited: UInt32 = 0
  /// Whether all threads have stopped.
  var isComplete = false
  /// Whether the process has continued and no parent has been told (WCONTINUED).
  var hasContinued = false
  /// Whether a thread has dequeued a signal that stops, and no SIGCONT was sent since.
  var isDue = false
}

/// How far a thread is in the stop of its process.
enum ThreadStop: UInt8 {
  /// It runs.
  case none
  /// It must stop before it returns to user mode, and no longer blocks for anything else.
  case requested
  /// It has stopped, and blocks until SIGCONT or the end.
  case stopped
}
