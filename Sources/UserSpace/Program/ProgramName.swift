// SPDX-License-Identifier: Apache-2.0

/// The name of a process that runs a program: up to 15 bytes of the last component of the path.
struct ProgramName {
  /// The name, padded with zeros.
  private(set) var bytes = InlineArray<16, UInt8>(repeating: 0)
  private var count = 0

  /// No name yet.
  init() {}

  /// The name of a program whose file has the name `file`.
  init(_ file: Span<UInt8>) { append(file) }

  /// Goes on with the next piece of the path, which may end with a zero.
  mutating func append(_ piece: Span<UInt8>) {
    for index in piece.indices {
      if piece[index] == UInt8(ascii: "/") {
        self = ProgramName()
      } else if count < 15 {
        bytes[count] = piece[index]
        count += 1
      }
    }
  }
}
