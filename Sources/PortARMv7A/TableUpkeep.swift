// SPDX-License-Identifier: Apache-2.0
// What a change of a translation table needs beyond the store, in CP15 operations.
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly
  import VmRegion

  /// Table walks are cacheable and shareable (start.S), so a barrier publishes an entry; TLB and
  /// instruction cache operations are broadcast to the inner shareable domain.
  public enum TableUpkeep: TableMaintenance {
    /// `dsb`, `isb`.
    @inline(__always)
    public static func publish(_ descriptor: UnsafePointer<UInt32>, count: Int) {
      port_dsb()
      port_isb()
    }

    /// TLBIMVAIS with the page and the ASID, `dsb`, `isb`.
    @inline(__always)
    public static func invalidate(_ page: VirtualPage, in space: AddressSpaceIdentifier) {
      port_dsb()
      port_invalidate_page(page.address | space.rawValue & 0xff)
      port_dsb()
      port_isb()
    }

    /// DCCMVAU for each line by the frame's address in the linear map (the data cache is PIPT),
    /// then ICIALLUIS. Nothing for the kernel's image, of which the vDSO is a part: the loader made
    /// it coherent with the kernel's own text, and its text is never stored to.
    public static func makeExecutable(_ frame: PhysicalFrame) {
      let start = LinearMap.address(of: frame.address)
      if start < boot_kernel_end() { return }
      port_clean_page(start)
      port_dsb()
      port_invalidate_instructions()
    }
  }
#endif
