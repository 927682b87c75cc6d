// SPDX-License-Identifier: Apache-2.0
import _Volatile

/// Registers that are mapped as device memory. Only here a driver's access becomes a load or a
/// store. Accesses are volatile: they are not removed, repeated or reordered.
public struct MappedRegisters: RegisterBank, Sendable {
  private let base: UInt

  /// The registers from `address` on. The mapping must be device memory, cover all registers that
  /// the driver uses, and never be removed.
  @unsafe public init(mappedAt address: UInt) { base = address }

  /// Reads a 32-bit register with one load.
  @inline(__always)
  public func load(_ offset: UInt32) -> UInt32 {
    // SAFETY: the creator of the value guarantees that the registers are mapped.
    unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: base &+ UInt(offset)).load()
  }

  /// Writes a 32-bit register with one store.
  @inline(__always)
  public func store(_ value: UInt32, at offset: UInt32) {
    // SAFETY: the creator of the value guarantees that the registers are mapped.
    unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: base &+ UInt(offset)).store(value)
  }

  /// Writes an 8-bit register with one store.
  @inline(__always)
  public func storeByte(_ value: UInt8, at offset: UInt32) {
    // SAFETY: the creator of the value guarantees that the registers are mapped.
    unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: base &+ UInt(offset)).store(value)
  }
}
