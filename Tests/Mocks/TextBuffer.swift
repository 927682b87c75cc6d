// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A text sink that keeps all of its text.
public struct TextBuffer: TextSink {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  /// An empty buffer.
  public init() {}

  /// Appends a byte.
  public mutating func put(_ byte: UInt8) { bytes.append(byte) }

  /// The text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
  /// The lines of the text that are not empty.
  public var lines: [String] { text.split(separator: "\n").map(String.init) }

  /// The text that `write` puts into a new buffer.
  public static func text(_ write: (inout TextBuffer) -> Void) -> String {
    var buffer = TextBuffer()
    write(&buffer)
    return buffer.text
  }
}
