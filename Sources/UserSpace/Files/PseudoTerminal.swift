// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A pseudo-terminal (pty(7)): a line discipline between the programs that have /dev/pts/N open and
/// the one that has the master, an open file of /dev/ptmx. It stays in place, in frames of its own,
/// until both sides are closed. The kernel lock protects it.
///
/// It is made of zeroed memory, because it is larger than what a kernel stack should hold.
@safe struct PseudoTerminal: ~Copyable {
  /// The order of the run of frames that one occupies: two frames.
  static var order: Int { 1 }

  /// Those who wait for the terminal's side, and for the master.
  var waiters: FileWaiters
  var masterWaiters: FileWaiters
  var discipline: LineDiscipline
  /// The number N of /dev/pts/N.
  var number: UInt32
  /// How many open files the terminal's side has.
  var users: UInt32
  /// Whether the terminal's side may be opened (unlockpt).
  var isUnlocked: Bool
  /// Whether the last open file of the terminal's side was closed, and none was opened since.
  var wasLeft: Bool
  /// Whether the master is closed: then the terminal is hung up.
  var isHungUp: Bool
}
