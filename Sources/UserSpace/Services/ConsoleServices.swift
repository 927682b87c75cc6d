// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The console: a line discipline, and the bytes between it and the device. Unless a requirement says
/// otherwise, it is called with interrupts on and no spin lock held.
public protocol ConsoleServices {
  /// Writes to the console. Does not block, but waits for the device unless `hasConsoleRoom` has
  /// found room for the bytes.
  ///
  /// - Returns: the number of bytes taken; all, unless the output is stopped.
  static func writeConsole(_ bytes: RawSpan) -> Int

  /// Whether the console has room for `count` bytes, which is always so at some time for up to 768,
  /// when nothing is left to be sent. If not, those who wait for the console are woken when there is
  /// more room.
  static func hasConsoleRoom(for count: UInt32) -> Bool

  /// Stores what can be read from the console at once, and returns the number of bytes and whether
  /// they end a line. Those who wait for the console are woken when more can be read.
  static func readConsole(into bytes: inout MutableRawSpan) -> (count: Int, isLine: Bool)

  /// Whether the console is the first program's controlling terminal (`console=terminal`).
  static var beginsWithTerminal: Bool { get }

  /// Calls `body` with the console's line discipline, which a lock protects that masks interrupts.
  static func withTerminal<Result>(_ body: (inout LineDiscipline) -> Result) -> Result
}
