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

/// The session of the console. It is called with interrupts on and no spin lock held.
public protocol SessionServices {
  /// Sends a signal to the foreground process group of the console, if there is one.
  static func signalForeground(_ signal: Signal)

  /// Serves a request of the running process; 0 if it has no answer.
  ///
  /// - Throws: `notTerminal`, `notPermitted`, `noProcess`, `invalid`; `noSuchDevice` from `find`.
  static func controlTerminal(_ request: TerminalRequest, _ value: UInt32) throws(Errno) -> UInt32
}
