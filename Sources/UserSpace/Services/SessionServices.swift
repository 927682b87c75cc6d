// SPDX-License-Identifier: Apache-2.0

/// A request about the controlling terminal (ioctl_tty(2)).
public enum TerminalRequest: UInt8, Sendable {
  /// TIOCGPGRP and TIOCSPGRP: the foreground process group.
  case foreground, setForeground
  /// TIOCGSID: the session.
  case session
  /// TIOCSCTTY, and the open of a terminal, which does nothing if it cannot.
  case acquire, acquireByOpen
  /// TIOCNOTTY.
  case release
  /// The open of /dev/tty.
  case find
}

/// The session of the console. Unless a requirement says otherwise, it is called with interrupts on and no spin lock held.
public protocol SessionServices {
  /// Sends a signal to the foreground process group of the console, if there is one.
  static func signalForeground(_ signal: Signal)

  /// Checks that the running process may use its terminal: it is in the foreground process group, or
  /// the console is not its terminal. Else its group gets `signal` (SIGTTIN for a read, SIGTTOU). A
  /// process that ignores or blocks SIGTTOU may change the terminal and write.
  ///
  /// - Throws: `restartsIfAsked` after the signal; `inputOutput` if the group is orphaned, or SIGTTIN
  ///   has no effect.
  static func checkForeground(_ signal: Signal) throws(Errno)

  /// Serves a request of the running process; 0 if it has no answer.
  ///
  /// - Throws: `notTerminal`, `notPermitted`, `noProcess`, `invalid`; `noSuchDevice` from `find`.
  static func controlTerminal(_ request: TerminalRequest, _ value: UInt32) throws(Errno) -> UInt32
}
