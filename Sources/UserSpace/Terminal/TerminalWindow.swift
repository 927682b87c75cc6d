// SPDX-License-Identifier: Apache-2.0

/// The size of a terminal's window: struct winsize (asm-generic/termios.h).
public struct TerminalWindow: Equatable, Sendable {
  /// Rows and columns, then width and height in pixels, as half words in memory order.
  public var words: InlineArray<2, UInt32> = [0, 0]

  /// An unknown size.
  public init() {}

  /// A size in rows and columns.
  public init(rows: UInt16, columns: UInt16) {
    words = [UInt32(columns) << 16 | UInt32(rows), 0]
  }

  /// The size in a program's record.
  public init(_ words: InlineArray<2, UInt32>) { self.words = words }

  /// Whether all fields are equal.
  public static func == (left: Self, right: Self) -> Bool {
    left.words[0] == right.words[0] && left.words[1] == right.words[1]
  }
}
