// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A field that makes its structure address-only: the compiler never copies such a structure, it
/// passes its address. Without one, each call of a borrowing method on a structure in memory first
/// copies the whole of it to the stack (LoadableByAddress in swiftc 6.3). For large structures that
/// are `~Copyable` and stay in one place; 1 byte.
public struct AddressOnly: ~Copyable, Sendable {
  /// `Atomic` has raw storage, which is why its address matters. Never read.
  private let storage = Atomic<UInt8>(0)

  /// A field without a value of its own.
  @inline(__always)
  public init() {}
}
