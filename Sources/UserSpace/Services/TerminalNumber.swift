// SPDX-License-Identifier: Apache-2.0

/// The number of a terminal that can be the controlling one of a session: the console or a
/// pseudo-terminal.
public struct TerminalNumber: Equatable, Sendable {
  /// 0 for the console, else the number of the pseudo-terminal plus one.
  public let rawValue: UInt8

  /// How many pseudo-terminals there can be, and how many terminals.
  static var pseudoCount: Int { 16 }
  static var count: Int { 1 + pseudoCount }

  /// The console.
  public static var console: Self { Self(rawValue: 0) }

  private init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The pseudo-terminal /dev/pts/`number`, which is below `pseudoCount`.
  init(pseudo number: UInt32) { rawValue = UInt8(number) + 1 }

  /// The number of the pseudo-terminal; nil for the console.
  var pseudo: UInt32? { rawValue == 0 ? nil : UInt32(rawValue) - 1 }
}
