// SPDX-License-Identifier: Apache-2.0
// The kernel's map of physical memory: all of RAM, from 0x80000000 up.
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly
  import RTOSCore
  import VmRegion

  /// The linear map: virtual address = physical address - RAM base + 0x80000000.
  public enum LinearMap: PhysicalMemory {
    /// The virtual address of the start of RAM.
    public static let base: UInt32 = 0x8000_0000
    /// The most RAM in bytes: it must end below the devices, and the frame records are sized for
    /// it.
    public static let limit: UInt32 = 1 << 30

    /// The physical address of an address in the linear map.
    @inline(__always)
    public static func physicalAddress(of address: UInt32) -> PhysicalAddress {
      // Wrapping: the difference is one constant offset.
      PhysicalAddress(address &- base &+ boot_ram_base())
    }

    /// The physical address of any kernel address; 0 for one outside of the linear map.
    public static func query(_ address: UInt32) -> PhysicalAddress {
      address >= base && address - base < limit ? physicalAddress(of: address) : 0
    }

    /// The virtual address of a physical address in RAM.
    @inline(__always)
    public static func address(of physicalAddress: PhysicalAddress) -> UInt32 {
      // Wrapping: one constant offset, modulo 2^32.
      physicalAddress.word &- boot_ram_base() &+ base
    }

    /// The address of a frame of RAM in the linear map.
    @inline(__always)
    public static func pointer(to frame: PhysicalFrame) -> UnsafeMutableRawPointer {
      // SAFETY: the pointer is never nil, because the linear map begins above 0.
      unsafe UnsafeMutableRawPointer(bitPattern: UInt(address(of: frame.address)))
        .unsafelyUnwrapped
    }

    /// Fills a frame with zeros, 32 bytes per step.
    @inline(__always)
    public static func zero(_ frame: PhysicalFrame) {
      // SAFETY: a frame has the 4 KiB that the routine writes.
      unsafe port_zero_page(pointer(to: frame))
    }
  }
#endif
