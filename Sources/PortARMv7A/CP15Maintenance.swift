// SPDX-License-Identifier: Apache-2.0
// The CP15 operations that follow a change of a translation table.
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly
  import VmRegion

  /// Publishes entries and invalidates TLBs. Table walks are cacheable and shareable (start.S), so
  /// a barrier publishes an entry. TLB and instruction cache operations are broadcast to the inner
  /// shareable domain.
  public enum CP15Maintenance: TableMaintenance {
    /// Makes entries visible to table walks: `dsb`, `isb`.
    @inline(__always)
    public static func publish(_ descriptor: UnsafePointer<UInt32>, count: Int) {
      port_dsb()
      port_isb()
    }

    /// Invalidates the page's TLB entries on all CPUs: TLBIMVAIS with page and ASID, `dsb`, `isb`.
    @inline(__always)
    public static func invalidate(_ page: VirtualPage, in space: AddressSpaceIdentifier) {
      port_dsb()
      port_invalidate_page(page.address.word | space.rawValue & 0xff)
      port_dsb()
      port_isb()
    }

    /// Makes stores to a frame visible to instruction fetches: DCCMVAU for each line, by the
    /// frame's address in the linear map (the data cache is PIPT), then ICIALLUIS. Does nothing for
    /// the kernel image, which contains the vDSO: the loader made it coherent, and its text is
    /// never stored to.
    public static func makeExecutable(_ frame: PhysicalFrame) {
      let start = LinearMap.address(of: frame.address)
      if start < boot_kernel_end() { return }
      port_clean_page(start)
      port_dsb()
      port_invalidate_instructions()
    }
  }
#endif
