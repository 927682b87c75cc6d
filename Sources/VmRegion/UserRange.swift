// SPDX-License-Identifier: Apache-2.0
/// A checked range of user addresses; every user pointer from a register passes through this type.
///
/// The range lies in the user half; it need not be mapped.
public struct UserRange: Equatable, Sendable {
  /// The lowest user address. Nothing is ever mapped below it, so that null pointers fault.
  public static let lowest: UInt32 = 0x0001_0000
  /// The first address after the user range.
  public static let limit: UInt32 = 0x8000_0000

  /// The first address.
  public let base: UInt32
  /// The length in bytes; may be 0.
  public let count: UInt32

  /// The range of `count` bytes at `base`; nil unless all of it lies in the user range.
  @inline(__always)
  public init?(base: UInt32, count: UInt32) {
    guard base >= UserRange.lowest, base <= UserRange.limit, count <= UserRange.limit &- base
    else { return nil }  // Wrapping: `base <= limit` was checked first.
    self.base = base
    self.count = count
  }

  /// The first address after the range.
  @inline(__always)
  public var end: UInt32 { base &+ count }  // Wrapping: `init` checked it.
}
