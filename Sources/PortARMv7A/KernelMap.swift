// SPDX-License-Identifier: Apache-2.0
// The kernel's half of all address spaces. It is built at boot; later only stacks change.
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly
  import RTOSCore
  import VmRegion

  // SAFETY: both tables are the kernel's own, in .bss, and indices are cut to their sizes.
  /// The first-level table at TTBR1 and its second-level tables, all in .bss.
  ///
  ///     0x80000000  RAM, 1 MiB sections; the image by small pages with its permissions
  ///     0xf0000000  devices, 1 MiB sections
  ///     0xf8000000  task stacks: slots of 16 KiB, the lowest page never mapped
  ///     0xf8200000  kits that the kernel calls, each in a window of 128 KiB
  ///     0xffff0000  the vectors' page, with the helpers that programs call
  ///
  /// Only the boot CPU changes it, before other CPUs run. Stacks and kits are the exceptions: the
  /// owner of a task's number maps and unmaps that task's stack, and all that map a kit store the
  /// same.
  public enum KernelMap {
    /// The first address of the device sections.
    public static let deviceBase: UInt32 = 0xf000_0000
    /// The first address of the task stacks.
    public static let stackBase: UInt32 = 0xf800_0000
    /// The first address of the kits that the kernel calls: one MiB after the stacks.
    static let kitBase: UInt32 = 0xf820_0000
    /// The size of a stack's slot: a guard page, then 12 KiB of stack.
    public static let stackSlot: UInt32 = 0x4000
    /// The number of stacks: as many as two second-level tables can map.
    public static let stackCount: UInt32 = 128

    private static let vectors: UInt32 = 0xffff_0000
    private static let mebibyte: UInt32 = 1 << 20

    // The second-level tables. The image's two map 2 MiB; kernel.ld keeps the image below that.
    private static let imageTable: UInt32 = 0
    private static let vectorsTable: UInt32 = 2
    private static let stackTable: UInt32 = 3
    private static let kitTable: UInt32 = 5

    /// Maps all of RAM, the image with its permissions, and the vectors. Replaces the writable and
    /// executable map of start.S. `ramSize` is in bytes, up to 1 GiB. Called once, on the boot CPU.
    public static func build(ramBase: UInt32, ramSize: UInt32) {
      let imageEnd = boot_kernel_end()
      precondition(imageEnd <= LinearMap.base + 2 * mebibyte, "the image outgrew its tables")
      var offset: UInt32 = 0
      while offset < ramSize {
        if offset >= 2 * mebibyte {
          setFirstLevel(
            LinearMap.base + offset, KernelDescriptor.section(ramBase + offset, .data))
        }
        offset += mebibyte
      }
      mapImage(ramBase: ramBase, end: min(2 * mebibyte, ramSize))
      attach(vectorsTable, at: vectors & ~(mebibyte - 1))
      setPage(vectors, vectorsTable, to: physical(boot_vectors_start()), .shared)
      attach(stackTable, at: stackBase)
      attach(stackTable + 1, at: stackBase + mebibyte)
      clearUnused(from: LinearMap.base + ramSize)
      synchronise()
      port_set_control(port_control() | 1 << 13)  // SCTLR.V: vectors at 0xffff0000
    }

    /// The number of windows for devices: sections of 1 MiB.
    public static var deviceWindowCount: UInt32 { (stackBase - deviceBase) / mebibyte }

    /// The physical address that a device window maps; nil if it is free.
    public static func deviceWindow(_ index: UInt32) -> PhysicalAddress? {
      // SAFETY: 12 bits index a table of 4096 words.
      let descriptor = unsafe firstLevel[Int((deviceBase + index * mebibyte) >> 20)]
      return descriptor == 0 ? nil : PhysicalAddress(descriptor & ~(mebibyte - 1))
    }

    /// Maps the sections that contain a device's registers in `windows`, one for each; they are free
    /// or map these sections already. Returns the registers' virtual address.
    public static func mapDevice(at registers: PhysicalAddress, windows: Range<UInt32>) -> UInt32 {
      precondition(windows.upperBound <= deviceWindowCount, "no such device window")
      let base = deviceBase + windows.lowerBound * mebibyte
      var section = registers.word & ~(mebibyte - 1)
      for window in windows {
        setFirstLevel(
          deviceBase + window * mebibyte, KernelDescriptor.section(section, .device))
        section &+= mebibyte  // Wrapping: after the last section of all.
      }
      synchronise()
      return base + registers.word & (mebibyte - 1)
    }

    /// Maps three frames as stack `index`. Returns its top, which is the address of its call
    /// area. The guard page stays unmapped.
    public static func mapStack(_ index: UInt32, pages: InlineArray<3, PhysicalFrame>)
      -> KernelAddress
    {
      precondition(index < stackCount, "more stacks than tables")
      let base = stackBase + index * stackSlot
      let table = stackTable + index * stackSlot / mebibyte
      for page in pages.indices {
        setPage(base + 0x1000 * UInt32(page + 1), table, to: pages[page].address, .data)
      }
      synchronise()
      return KernelAddress(word: callAreaAddress(index))
    }

    /// The address of the `port_call_area` of stack `index`, at the end of the slot.
    @inline(__always)
    static func callAreaAddress(_ index: UInt32) -> UInt32 {
      stackBase + (index + 1) * stackSlot - UInt32(MemoryLayout<port_call_area>.size)
    }

    /// The end of the slot of stack `index`, mapped or not.
    public static func stackTop(_ index: UInt32) -> UInt32 { stackBase + (index + 1) * stackSlot }

    /// Unmaps stack `index`, which must not be in use, and returns its three frames.
    public static func unmapStack(_ index: UInt32) -> InlineArray<3, PhysicalFrame> {
      precondition(index < stackCount, "more stacks than tables")
      let base = stackBase + index * stackSlot
      let table = stackTable + index * stackSlot / mebibyte
      var pages = InlineArray<3, PhysicalFrame>(repeating: PhysicalFrame(number: 0))
      for page in pages.indices {
        let word = Int(table * 256 + (base + 0x1000 * UInt32(page + 1)) >> 12 & 0xff)
        // SAFETY: table numbers are below 8, and 8 bits index a table of 256 words.
        pages[page] = PhysicalFrame(
          containing: PhysicalAddress(unsafe secondLevel[word] & 0xffff_f000))
        unsafe secondLevel[word] = 0
      }
      synchronise()
      return pages
    }

    /// Makes pages of the image read-only, for the kernel as well, after their last write.
    public static func makeReadOnly(from start: UInt32, to end: UInt32) {
      set(from: start, to: end, .constant)
    }

    /// Makes pages of the image writable and not executable, once no CPU runs their code.
    public static func makeData(from start: UInt32, to end: UInt32) {
      set(from: start, to: end, .data)
    }

    /// Maps a page of the window of kits, whose table the first one attaches.
    static func setKitPage(
      _ address: UInt32, to physicalAddress: PhysicalAddress, _ kind: KernelDescriptor.Kind
    ) {
      attach(kitTable, at: kitBase)
      setPage(address, kitTable, to: physicalAddress, kind)
      synchronise()
    }

    private static func set(from start: UInt32, to end: UInt32, _ kind: KernelDescriptor.Kind) {
      var address = start
      while address < end {
        setPage(address, imageTable + imageIndex(address), to: physical(address), kind)
        address += 0x1000
      }
      synchronise()
    }

    /// Maps the start code for secondary CPUs, which enable their MMU in it: its MiB at its
    /// physical address, in a table that is active on no running CPU. If RAM begins at 0x80000000,
    /// the linear map already covers it. Called on the first CPU before it starts another one.
    public static func mapSecondaryEntry() {
      let address = boot_secondary_address()
      guard address < LinearMap.base else { return }
      // SAFETY: the address is in the lower half, whose table has 2,048 words.
      unsafe boot_identity_table()[Int(address >> 20 & 2047)] =
        KernelDescriptor.section(address & ~(mebibyte - 1), .text)
      port_dsb()
    }

    /// Maps the first 2 MiB of the linear map by small pages: text, constants and data. The stacks'
    /// guard pages stay unmapped.
    private static func mapImage(ramBase: UInt32, end: UInt32) {
      var offset: UInt32 = 0
      while offset < end {
        let address = LinearMap.base + offset
        if let kind = kind(of: address) {
          setPage(
            address, imageTable + imageIndex(address), to: PhysicalAddress(ramBase + offset), kind)
        }
        offset += 0x1000
      }
      // The tables are filled first, because this code runs in the sections that they replace.
      port_dsb()
      attach(imageTable, at: LinearMap.base)
      attach(imageTable + 1, at: LinearMap.base + mebibyte)
    }

    /// The use of a page of the image, by the symbols of kernel.ld; nil for a guard page.
    private static func kind(of address: UInt32) -> KernelDescriptor.Kind? {
      switch address {
      case boot_text_start()..<boot_text_end(): .text
      case boot_rodata_start()..<boot_rodata_end(): .constant
      case boot_boot_stack_guard()..<boot_boot_stack_guard() + 0x1000: nil
      case boot_panic_stack_guard()..<boot_panic_stack_guard() + 0x1000: nil
      default: .data
      }
    }

    private static func imageIndex(_ address: UInt32) -> UInt32 {
      (address - LinearMap.base) / mebibyte
    }

    /// The physical address of a page of the image.
    private static func physical(_ address: UInt32) -> PhysicalAddress {
      LinearMap.physicalAddress(of: address)
    }

    /// Unmaps everything after RAM: the start code had mapped the device tree's sections there.
    private static func clearUnused(from end: UInt32) {
      var address = end
      while address >= LinearMap.base && address < deviceBase {
        setFirstLevel(address, 0)
        address += mebibyte
      }
    }

    private static func setFirstLevel(_ address: UInt32, _ descriptor: UInt32) {
      // SAFETY: 12 bits index a table of 4096 words; only the boot CPU gets here, before others
      // run, or each with the same descriptor.
      unsafe firstLevel[Int(address >> 20)] = descriptor
    }

    /// Makes second-level table `index` translate the MiB at `address`.
    private static func attach(_ index: UInt32, at address: UInt32) {
      let table = UInt32(UInt(bitPattern: unsafe secondLevel)) + index * 1024
      setFirstLevel(address, KernelDescriptor.table(physical(table).word))
    }

    private static func setPage(
      _ address: UInt32, _ table: UInt32, to physicalAddress: PhysicalAddress,
      _ kind: KernelDescriptor.Kind
    ) {
      // SAFETY: table numbers are below 8, and 8 bits index a table of 256 words.
      unsafe secondLevel[Int(table * 256 + address >> 12 & 0xff)] =
        KernelDescriptor.page(physicalAddress.word, kind)
    }

    /// Makes the stores visible to table walks, and invalidates old translations. Walks are
    /// cacheable, so a barrier is enough (ARM DDI 0406C, B3.10.1).
    private static func synchronise() {
      port_dsb()
      port_invalidate_tlb()
    }

    private static var firstLevel: UnsafeMutablePointer<UInt32> {
      unsafe boot_first_level_table()
    }

    private static var secondLevel: UnsafeMutablePointer<UInt32> {
      unsafe boot_second_level_tables()
    }
  }
#endif
