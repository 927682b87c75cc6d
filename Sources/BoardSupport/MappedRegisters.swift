// SPDX-License-Identifier: Apache-2.0
import _Volatile

/// Registers that are mapped as device memory: the only place where a driver's access becomes a
/// load or a store. It is volatile, so neither dropped, doubled nor moved over another one.
public struct MappedRegisters: RegisterBank, Sendable {
  private let base: UInt

  /// The registers from `address` on. The mapping must be device memory, cover all that the
  /// driver uses, and stay.
  @unsafe public init(mappedAt address: UInt) { base = address }

  /// One load.
  @inline(__always)
  public func load(_ offset: UInt32) -> UInt32 {
    // SAFETY: who made the value promised that the registers are mapped.
    unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: base &+ UInt(offset)).load()
  }

  /// One store.
  @inline(__always)
  public func store(_ value: UInt32, at offset: UInt32) {
    // SAFETY: who made the value promised that the registers are mapped.
    unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: base &+ UInt(offset)).store(value)
  }

  /// One store of a byte.
  @inline(__always)
  public func storeByte(_ value: UInt8, at offset: UInt32) {
    // SAFETY: who made the value promised that the registers are mapped.
    unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: base &+ UInt(offset)).store(value)
  }
}
