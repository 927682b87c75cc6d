// SPDX-License-Identifier: Apache-2.0
/// An address of physical memory or of a device's registers, as the CPU's bus has it.
///
/// It is not a pointer: the kernel accesses the byte only through a mapping of it.
public struct PhysicalAddress: BitwiseCopyable, Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// The bits of the address.
  public let word: Word

  /// The address with these bits.
  @inline(__always)
  public init(_ word: Word) { self.word = word }

  /// The address that a literal gives.
  @inline(__always)
  public init(integerLiteral word: Word) { self.word = word }

  /// Whether both are the same address.
  @inline(__always)
  public static func == (one: PhysicalAddress, other: PhysicalAddress) -> Bool {
    one.word == other.word
  }

  /// The address `count` bytes above; nil if it does not fit a word.
  @inline(__always)
  public func adding(_ count: Word) -> PhysicalAddress? {
    let (sum, wraps) = word.addingReportingOverflow(count)
    return wraps ? nil : PhysicalAddress(sum)
  }
}

/// A range of physical addresses, inside the first 4 GiB.
public struct PhysicalRange: BitwiseCopyable, Equatable, Sendable {
  /// The first address.
  public let base: PhysicalAddress

  /// The size in bytes; `base + byteCount` is at most 2^32.
  public let byteCount: Word

  /// A range with these bounds, unchecked; `base` has the bits of its first address.
  public init(base: Word, byteCount: Word) {
    self.base = PhysicalAddress(base)
    self.byteCount = byteCount
  }
}
