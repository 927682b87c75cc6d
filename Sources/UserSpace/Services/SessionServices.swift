// SPDX-License-Identifier: Apache-2.0

/// A request about the controlling terminal (ioctl_tty(2)).
public enum TerminalRequest: UInt8, Sendable {
  /// TIOCGPGRP and TIOCSPGRP: the foreground process group. The value of the former is 1 for the
  /// master of a pseudo-terminal, which is told of any session's.
  case foreground, setForeground
  /// TIOCGSID: the session, with the same value.
  case session
  /// TIOCSCTTY, and the open of a terminal, which does nothing if it cannot.
  case acquire, acquireByOpen
  /// TIOCNOTTY.
  case release
}

/// The sessions of terminals. Unless a requirement says otherwise, it is called with interrupts on
/// and no spin lock held.
public protocol SessionServices {
  /// Sends a signal to the foreground process group of a terminal, if there is one.
  static func signalForeground(_ signal: Signal, of terminal: TerminalNumber)

  /// The controlling terminal of the running process; nil if it has none.
  static var ownTerminal: TerminalNumber? { get }

  /// A terminal is gone: the leader of its session gets SIGHUP and SIGCONT, and the session has no
  /// terminal any more.
  static func hangUp(_ terminal: TerminalNumber)

  /// Checks that the running process may use its terminal: it is in the foreground process group,
  /// or `terminal` is not its own. Else its group gets `signal` (SIGTTIN for a read, SIGTTOU). A
  /// process that ignores or blocks SIGTTOU may change the terminal and write.
  ///
  /// - Throws: `restartsIfAsked` after the signal; `inputOutput` if the group is orphaned, or
  ///   SIGTTIN has no effect.
  static func checkForeground(_ signal: Signal, of terminal: TerminalNumber) throws(Errno)

  /// Serves a request of the running process about a terminal; 0 if it has no answer.
  ///
  /// - Throws: `notTerminal`, `notPermitted`, `noProcess`, `invalid`.
  static func controlTerminal(
    _ request: TerminalRequest, _ value: UInt32, of terminal: TerminalNumber
  ) throws(Errno) -> UInt32
}
