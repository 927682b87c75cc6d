// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import BootImage
  import PortARMv7A

  /// The boot-time allocator. It hands out the memory after the kernel image, upwards, and never
  /// frees any. The frame pool begins where it ends.
  struct EarlyMemory: ~Copyable {
    /// The first free address, in the linear map.
    private(set) var end: UInt32
    /// The first address that must stay untouched: the device tree, the initrd or the end of RAM.
    private let limit: UInt32

    /// An allocator for the memory between the image's end and `limit`, an address of the linear
    /// map.
    init(limit: UInt32) {
      end = boot_kernel_end()
      self.limit = limit
    }

    /// Allocates `byteCount` zeroed bytes, aligned to `alignment`, a power of two.
    ///
    /// The boot stops when they would cross `limit`: the machine is too small for the kernel's
    /// tables.
    mutating func allocate(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
      let start = (end + UInt32(alignment) - 1) & ~(UInt32(alignment) - 1)
      guard start <= limit, UInt32(byteCount) <= limit - start else {
        BootStop.because("no memory for the kernel's tables")
      }
      end = start + UInt32(byteCount)
      // SAFETY: the range lies after the image in mapped RAM and is handed out once.
      let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(start)).unsafelyUnwrapped
      unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
      return unsafe pointer
    }

    /// Allocates zeroed, aligned memory for `count` values of a type.
    mutating func allocate<Value: ~Copyable>(
      _ type: Value.Type, count: Int = 1
    ) -> UnsafeMutablePointer<Value> {
      // SAFETY: the memory has the size and alignment of `count` values.
      unsafe allocate(
        byteCount: MemoryLayout<Value>.stride * count, alignment: MemoryLayout<Value>.alignment
      ).bindMemory(to: Value.self, capacity: count)
    }
  }
#endif
