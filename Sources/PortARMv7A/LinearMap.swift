// SPDX-License-Identifier: Apache-2.0
// How the kernel reaches physical memory: all of RAM is mapped from 0x80000000 up.
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly
  import VmRegion

  /// Virtual = physical - RAM base + 0x80000000.
  public enum LinearMap: PhysicalMemory {
    /// Where RAM begins in the kernel's half.
    public static let base: UInt32 = 0x8000_0000
    /// As much as fits below the devices' window, and what the frame records are sized for.
    public static let limit: UInt32 = 1 << 30

    /// The physical address of an address in the linear map.
    @inline(__always)
    public static func physicalAddress(of address: UInt32) -> UInt32 {
      address &- base &+ boot_ram_base()  // Wrapping: the difference is one constant offset.
    }

    /// The address at which the kernel sees a physical address of RAM.
    @inline(__always)
    public static func address(of physicalAddress: UInt32) -> UInt32 {
      physicalAddress &- boot_ram_base() &+ base  // Wrapping: as above.
    }

    /// The kernel's view of a frame of RAM.
    @inline(__always)
    public static func pointer(to frame: PhysicalFrame) -> UnsafeMutableRawPointer {
      // SAFETY: never nil, because the linear map begins above 0.
      unsafe UnsafeMutableRawPointer(bitPattern: UInt(address(of: frame.address)))
        .unsafelyUnwrapped
    }

    /// Fills a frame with zeros, 32 bytes a step.
    @inline(__always)
    public static func zero(_ frame: PhysicalFrame) {
      // SAFETY: a frame has the 4 KiB that the routine writes.
      unsafe port_zero_page(pointer(to: frame))
    }
  }
#endif
