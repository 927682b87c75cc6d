// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import BootImage
  import PortARMv7A

  /// Memory that is taken once at boot and never given back: what lies behind the kernel's image,
  /// upwards. The frame pool begins where it ends.
  struct EarlyMemory: ~Copyable {
    /// The first address that is not taken, in the linear map.
    private(set) var end: UInt32
    /// The first address that must stay untouched: the device tree, the initrd, the end of RAM.
    private let limit: UInt32

    /// Memory from the image's end up to `limit`, an address in the linear map.
    init(limit: UInt32) {
      end = boot_kernel_end()
      self.limit = limit
    }

    /// `byteCount` zeroed bytes, aligned to `alignment`, a power of two.
    ///
    /// The boot stops here when they run into `limit`: the machine is too small for its tables.
    mutating func take(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
      let start = (end + UInt32(alignment) - 1) & ~(UInt32(alignment) - 1)
      guard start <= limit, UInt32(byteCount) <= limit - start else {
        BootStop.because("no memory for the kernel's tables")
      }
      end = start + UInt32(byteCount)
      // SAFETY: the range lies behind the image in mapped RAM, and nobody else has it.
      let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(start)).unsafelyUnwrapped
      unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
      return unsafe pointer
    }

    /// Zeroed memory for `count` values of a type.
    mutating func take<Value: ~Copyable>(
      _ type: Value.Type, count: Int = 1
    ) -> UnsafeMutablePointer<Value> {
      // SAFETY: as many bytes, aligned as the type asks.
      unsafe take(
        byteCount: MemoryLayout<Value>.stride * count, alignment: MemoryLayout<Value>.alignment
      ).bindMemory(to: Value.self, capacity: count)
    }
  }
#endif
