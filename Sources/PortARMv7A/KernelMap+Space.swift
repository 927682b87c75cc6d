// SPDX-License-Identifier: Apache-2.0
// The kernel's half of the address space, as the portable modules see it.
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly
  import RTOSCore
  import System
  import VmRegion

  extension KernelMap: KernelSpace {
    /// The bytes of a slot above its guard page.
    public static var stackSize: Int { Int(stackSlot) - 0x1000 }

    /// The first byte of stack `index` above its guard page.
    public static func stack(of index: UInt32) -> UnsafeMutableRawPointer {
      // SAFETY: the address is in the kernel's half, where the stacks have their slots.
      unsafe pointer(of: stackBase + index * stackSlot + 0x1000)
    }

    /// The stack of the boot, between its guard page and its top (kernel.ld).
    public static var bootStack: UnsafeRawBufferPointer {
      let start = boot_boot_stack_guard() + 0x1000
      // SAFETY: the boot stack is mapped between its guard page and its top, and is never freed.
      return unsafe UnsafeRawBufferPointer(
        start: pointer(of: start), count: Int(boot_boot_stack_top() - start))
    }

    /// The number of the stack that `mapStack` returned this top of.
    public static func index(ofStackTop top: UInt32) -> UInt32 {
      (top - 1 - stackBase) / stackSlot
    }

    /// The `port_call_area` of stack `index`, at the end of its slot.
    public static func callArea(of index: UInt32) -> UnsafeMutableRawPointer {
      // SAFETY: the address is at the end of the stack's slot.
      unsafe pointer(of: callAreaAddress(index))
    }

    /// The address of a page of a kit that the kernel calls.
    public static func kitPage(_ page: UInt32) -> KernelAddress {
      KernelAddress(word: kitAddress(page))
    }

    /// Maps a page of a kit that the kernel calls.
    public static func mapKitPage(_ page: UInt32, to frame: PhysicalFrame, isText: Bool) {
      if isText { CP15Maintenance.makeExecutable(frame) }
      setKitPage(kitAddress(page), to: frame.address, isText ? .text : .constant)
    }

    private static func kitAddress(_ page: UInt32) -> UInt32 {
      precondition(page < 256, "more pages of kits than a table maps")
      return kitBase + page << 12
    }

    /// The address of a pointer.
    @inline(__always)
    public static func word(of pointer: UnsafeMutableRawPointer) -> UInt32 {
      UInt32(UInt(bitPattern: pointer))
    }

    /// The pointer to an address, which is not 0.
    @inline(__always)
    public static func pointer(of word: UInt32) -> UnsafeMutableRawPointer {
      // SAFETY: the pointer is only formed here; the address is never 0.
      unsafe UnsafeMutableRawPointer(bitPattern: UInt(word)).unsafelyUnwrapped
    }
  }
#endif
