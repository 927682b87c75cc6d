// SPDX-License-Identifier: Apache-2.0
/// A range of user addresses that has been checked: the only way from a register to memory.
///
/// It says that the addresses are a program's, not that anything is mapped there.
public struct UserRange: Equatable, Sendable {
  /// The lowest user address: nothing is ever mapped below it, so that null pointers fault.
  public static let lowest: UInt32 = 0x0001_0000
  /// The first address above the user range.
  public static let limit: UInt32 = 0x8000_0000

  /// The first address.
  public let base: UInt32
  /// The length in bytes; may be 0.
  public let count: UInt32

  /// The range of `count` bytes at `base`; nil unless all of it lies in the user range.
  @inline(__always)
  public init?(base: UInt32, count: UInt32) {
    guard base >= UserRange.lowest, base <= UserRange.limit, count <= UserRange.limit &- base
    else { return nil }  // Wrapping: the second comparison has excluded it.
    self.base = base
    self.count = count
  }

  /// The first address behind the range.
  @inline(__always)
  public var end: UInt32 { base &+ count }  // Wrapping: checked when the range was made.
}
