// SPDX-License-Identifier: Apache-2.0
/// A range of bytes in an image.
public struct ImageRange: Equatable, Sendable {
  /// The offset of the first byte.
  public let start: UInt32
  /// The number of bytes.
  public let size: UInt32

  /// The range of `size` bytes at offset `start`.
  public init(start: UInt32, size: UInt32) {
    self.start = start
    self.size = size
  }

  /// The offset of the first byte after the range, which the caller has checked to be in the image.
  public var end: UInt32 { start + size }
}
