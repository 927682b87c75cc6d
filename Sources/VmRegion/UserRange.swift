// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A checked range of user addresses; every user pointer from a register passes through this type.
///
/// The range lies in the user half; it need not be mapped.
public struct UserRange: Equatable, Sendable {
  /// The lowest user address. Nothing is ever mapped below it, so that null pointers fault.
  public static let lowest: UserAddress = 0x0001_0000
  /// The first address after the user range.
  public static let limit: UserAddress = 0x8000_0000

  /// The first address.
  public let base: UserAddress
  /// The length in bytes; may be 0.
  public let count: Word

  /// The range of `count` bytes at `base`; nil unless all of it lies in the user range.
  @inline(__always)
  public init?(base: UserAddress, count: Word) {
    guard base >= UserRange.lowest, base <= UserRange.limit,
      count <= UserRange.limit.word &- base.word
    else { return nil }  // Wrapping: `base <= limit` was checked first.
    self.base = base
    self.count = count
  }

  /// The range `base ..< end`; nil unless `base` is not above `end` and all of it lies in the user
  /// range.
  @inline(__always)
  public init?(base: UserAddress, end: UserAddress) {
    guard base >= UserRange.lowest, base <= end, end <= UserRange.limit else { return nil }
    self.base = base
    count = end - base
  }

  /// The range of `count` bytes at `base`, for buffers of the kernel; nil unless all of it lies in
  /// the user range.
  @inline(__always)
  public init?(base: UserAddress, byteCount count: Int) {
    // The bit pattern of a negative number is too large for the user range.
    guard UInt(bitPattern: count) <= UInt(UserRange.limit.word) else { return nil }
    self.init(base: base, count: Word(truncatingIfNeeded: count))
  }

  /// The range of `count` bytes at `base`, or of those that are left to the end of the user range;
  /// nil if `base` is not a user address.
  @inline(__always)
  public init?(base: UserAddress, atMost count: Word) {
    guard base >= UserRange.lowest, base < UserRange.limit else { return nil }
    self.base = base
    self.count = min(count, UserRange.limit.word &- base.word)  // Wrapping: `base < limit`.
  }

  /// The first address after the range.
  @inline(__always)
  public var end: UserAddress { UserAddress(base.word &+ count) }  // Wrapping: `init` checked it.
}
