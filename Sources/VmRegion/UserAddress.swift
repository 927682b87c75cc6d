// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// An address of a program. Every word is one: an address that a program gave is an allegation, and
/// may lie outside the user half or where nothing is mapped.
///
/// Only a `UserRange` can be accessed. Arithmetic on allegations is `adding` and the rounding to
/// pages, which are nil where the result does not exist, or wraps.
public struct UserAddress: BitwiseCopyable, Hashable, Comparable, Sendable,
  ExpressibleByIntegerLiteral
{
  /// The bits of the address.
  public let word: Word

  /// The address with these bits.
  @inline(__always)
  public init(_ word: Word) { self.word = word }

  /// The address in a register or record of a program; the greatest address if it does not fit a
  /// word, because no check accepts that.
  @inline(__always)
  public init(clamping number: some FixedWidthInteger) { word = Word(clamping: number) }

  /// The address that a literal gives.
  @inline(__always)
  public init(integerLiteral word: Word) { self.word = word }

  /// Whether both are the same address.
  @inline(__always)
  public static func == (one: UserAddress, other: UserAddress) -> Bool { one.word == other.word }

  /// Whether `one` is below `other`.
  @inline(__always)
  public static func < (one: UserAddress, other: UserAddress) -> Bool { one.word < other.word }

  /// Whether `one` is not above `other`.
  @inline(__always)
  public static func <= (one: UserAddress, other: UserAddress) -> Bool { one.word <= other.word }

  /// Whether `one` is above `other`.
  @inline(__always)
  public static func > (one: UserAddress, other: UserAddress) -> Bool { one.word > other.word }

  /// Whether `one` is not below `other`.
  @inline(__always)
  public static func >= (one: UserAddress, other: UserAddress) -> Bool { one.word >= other.word }

  /// The address `count` bytes above; nil if it does not fit a word.
  @inline(__always)
  public func adding(_ count: Word) -> UserAddress? {
    let (sum, wraps) = word.addingReportingOverflow(count)
    return wraps ? nil : UserAddress(sum)
  }

  /// Whether the address is the first byte of a page.
  @inline(__always)
  public var isPageAligned: Bool { word & Page.offsetMask == 0 }

  /// The offset of the address in its page, in bytes.
  @inline(__always)
  public var pageOffset: Word { word & Page.offsetMask }

  /// The first address of the page.
  @inline(__always)
  public var pageBase: UserAddress { UserAddress(word & ~Page.offsetMask) }

  /// The lowest page-aligned address that is not below this one; nil if it does not fit a word.
  @inline(__always)
  public var roundedUpToPage: UserAddress? { adding(Page.offsetMask)?.pageBase }

  /// The address `count` bytes above, modulo the size of a word: for allegations, because an access
  /// to the result is checked.
  @inline(__always)
  public static func &+ (address: UserAddress, count: Word) -> UserAddress {
    UserAddress(address.word &+ count)
  }

  /// The address `count` bytes below, modulo the size of a word: for allegations, because an access
  /// to the result is checked.
  @inline(__always)
  public static func &- (address: UserAddress, count: Word) -> UserAddress {
    UserAddress(address.word &- count)
  }

  // The operators below are for addresses that a check or an invariant of the space bounds. They
  // trap where the result does not exist, and are not available to the layers above.

  @inline(__always)
  static func + (address: UserAddress, count: Word) -> UserAddress {
    UserAddress(address.word + count)
  }

  @inline(__always)
  static func - (address: UserAddress, count: Word) -> UserAddress {
    UserAddress(address.word - count)
  }

  @inline(__always)
  static func - (end: UserAddress, base: UserAddress) -> Word { end.word - base.word }
}
