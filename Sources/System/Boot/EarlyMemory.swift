// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The boot-time allocator. It hands out a range of memory, upwards, and never frees any. The frame
/// pool begins where it ends.
public struct EarlyMemory: ~Copyable {
  /// The first free address.
  public private(set) var end: UInt
  /// The first address that must stay untouched.
  private let limit: UInt
  private let exhausted: @convention(c) () -> Void

  /// An allocator for the memory from `start` to `limit`, which is mapped and unused. `exhausted`
  /// ends the boot and does not return: the machine is too small for the kernel's tables.
  public init(from start: UInt, to limit: UInt, exhausted: @convention(c) () -> Void) {
    end = start
    self.limit = limit
    self.exhausted = exhausted
  }

  /// Allocates `byteCount` zeroed bytes, aligned to `alignment`, a power of two.
  public mutating func allocate(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
    let start = (end + UInt(alignment) - 1) & ~(UInt(alignment) - 1)
    guard start <= limit, UInt(byteCount) <= limit - start else {
      exhausted()
      preconditionFailure("early memory is exhausted")
    }
    end = start + UInt(byteCount)
    // SAFETY: the range is mapped and unused, and is handed out once.
    let pointer = unsafe UnsafeMutableRawPointer(bitPattern: start).unsafelyUnwrapped
    unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return unsafe pointer
  }

  /// Allocates zeroed, aligned memory for `count` values of a type.
  public mutating func allocate<Value: ~Copyable>(
    _ type: Value.Type, count: Int = 1
  ) -> UnsafeMutablePointer<Value> {
    // SAFETY: the memory has the size and alignment of `count` values.
    unsafe allocate(
      byteCount: MemoryLayout<Value>.stride * count, alignment: MemoryLayout<Value>.alignment
    ).bindMemory(to: Value.self, capacity: count)
  }

  /// Allocates memory for a value and for the lock that protects it, and initialises both.
  @inline(__always)
  public mutating func guarded<CPU: Processor, Value: ~Copyable>(
    _ value: consuming Value, level: LockLevel
  ) -> UnsafePointer<Guarded<CPU, Value>> {
    // SAFETY: both addresses are allocated here, for one value each, and are never freed.
    let place = unsafe allocate(Value.self)
    let guarded = unsafe allocate(Guarded<CPU, Value>.self)
    unsafe guarded.initialize(to: Guarded(value, level: level, in: place))
    return unsafe UnsafePointer(guarded)
  }
}
