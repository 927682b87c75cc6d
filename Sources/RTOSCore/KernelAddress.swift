// SPDX-License-Identifier: Apache-2.0
/// An address of the kernel's own memory that the port's code stores or calculates with, for
/// example the top of a stack or a stack pointer. The kernel accesses its memory through pointers.
public struct KernelAddress: BitwiseCopyable, Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// The bits of the address.
  public let bits: UInt

  /// The address with these bits.
  @inline(__always)
  public init(_ bits: UInt) { self.bits = bits }

  /// The address that a literal gives.
  @inline(__always)
  public init(integerLiteral bits: UInt) { self.bits = bits }

  /// Whether both are the same address.
  @inline(__always)
  public static func == (one: KernelAddress, other: KernelAddress) -> Bool {
    one.bits == other.bits
  }
}
