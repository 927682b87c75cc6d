// SPDX-License-Identifier: Apache-2.0
// Switching the CPU from one task to another: stacks, address spaces and the CPU's own record.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore
  import VmRegion

  extension KernelAddress {
    /// The address that a register holds.
    @inline(__always)
    init(word: UInt32) { self.init(UInt(word)) }

    /// The address as a register holds it.
    @inline(__always)
    var word: UInt32 { UInt32(truncatingIfNeeded: bits) }
  }

  extension ARMv7A: ContextSwitch {
    /// Saves r4 to r11 and lr on the running stack, and continues on `newStack` (switch.S).
    /// Interrupts are masked.
    @inline(__always)
    public static func switchStack(
      saving saved: UnsafeMutablePointer<KernelAddress>, to newStack: KernelAddress
    ) {
      // SAFETY: the scheduler passes its record's field, and a stack that switchStack or
      // prepareStack has laid out.
      unsafe port_switch(
        UnsafeMutableRawPointer(saved).assumingMemoryBound(to: UInt32.self), newStack.word)
    }

    /// Lays out a new stack so that `switchStack` calls `entry(argument)` (switch.S). `top` is
    /// 8-byte aligned. Returns the stack pointer.
    public static func prepareStack(
      top: KernelAddress, entry: @convention(c) (UInt32) -> Void, argument: UInt32
    ) -> KernelAddress {
      KernelAddress(word: port_prepare_stack(top.word, entry, argument))
    }

    // SAFETY: both are written before the first address space is activated. An identifier keeps its
    // address as long as a task runs in its space.
    nonisolated(unsafe) private static var identifiers: UnsafeMutablePointer<IdentifierAllocator>?
    nonisolated(unsafe) private static var emptySpace: UInt32 = 0

    /// TTBR attributes as in start.S: table walks are inner and outer write-back, and shareable.
    private static var walkAttributes: UInt32 { 0x4a }

    // SAFETY: the caller passes unused memory, before any address space is activated.
    /// Installs the ASID allocator in memory that is never freed, and a root table that maps
    /// nothing, for tasks without an address space. Called once, at boot.
    public static func installSpaces<Memory: PhysicalMemory>(
      _ storage: UnsafeMutablePointer<IdentifierAllocator>,
      _ frames: borrowing FramePool<ARMv7A, Memory>
    ) {
      unsafe storage.initialize(to: IdentifierAllocator())
      unsafe identifiers = storage
      guard let root = try? frames.allocateCold(order: 1, zeroed: true) else {
        preconditionFailure("no memory for programs")
      }
      unsafe emptySpace = root.address.word | walkAttributes
    }

    /// Encodes an address space for `activate`: `root` is the physical address of its root table,
    /// `identifier` the address of its identifier.
    public static func encode(
      root: PhysicalAddress, identifier: UnsafeMutablePointer<AddressSpaceIdentifier>
    ) -> UInt64 {
      UInt64(UInt32(UInt(bitPattern: identifier))) << 32 | UInt64(root.word | walkAttributes)
    }

    /// The encoding of the empty address space. The scheduler takes it for an address space; 0
    /// means to keep the last one active.
    public static var emptySpaceEncoding: UInt64 { 1 }

    // SAFETY: `encode` made the encoding; the scheduler's lock serialises the allocator.
    /// Activates an address space. The low word of the encoding is TTBR0; the high word is the
    /// address of the identifier, or 0 for the empty space. An identifier of an old generation is
    /// renewed here.
    ///
    /// A table walk between the two register writes must not fill the TLB from the old tables under
    /// the new ASID. ASID 0, which no process has, is current in between (ARM DDI 0406C, B3.10.4).
    public static func activate(addressSpace: UInt64) {
      let address = UInt32(truncatingIfNeeded: addressSpace >> 32)
      guard
        let identifier = unsafe UnsafeMutablePointer<AddressSpaceIdentifier>(
          bitPattern: UInt(address))
      else {
        port_set_context(0)
        port_set_ttbr0(unsafe emptySpace)
        return port_isb()
      }
      let activation = unsafe identifiers.unsafelyUnwrapped.pointee.activate(
        identifier.pointee, on: Int(number))
      unsafe identifier.pointee = activation.identifier
      port_set_context(0)
      port_set_ttbr0(UInt32(truncatingIfNeeded: addressSpace))
      port_isb()
      if activation.mustInvalidate { port_invalidate_tlb() }
      port_set_context(activation.identifier.rawValue)
    }

    /// Replaces the identity map of start.S by the empty address space. A secondary CPU calls it
    /// first.
    public static func dropIdentityMap() {
      activate(addressSpace: 0)
      port_invalidate_tlb()
    }

    /// The number of the task that runs on this CPU, from the CPU's area.
    public static var runningTask: TaskNumber {
      @inline(__always) get { TaskNumber(rawValue: ProcessorArea.own.task) }
      @inline(__always) set { ProcessorArea.own.task = newValue.rawValue }
    }

    /// The owner word of the task that runs on this CPU, from the CPU's area.
    public static var runningOwner: UInt32 {
      @inline(__always) get { ProcessorArea.own.owner }
      @inline(__always) set { ProcessorArea.own.owner = newValue }
    }

    /// Sets task number and owner word together, with one access to TPIDRPRW.
    @inline(__always)
    public static func setRunning(_ task: TaskNumber, owner: UInt32) {
      ProcessorArea.setRunning(task, owner: owner)
    }

    /// True if a reschedule is pending on this CPU. vectors.S tests it before each return to user
    /// mode.
    public static var isRescheduleDue: Bool {
      @inline(__always) get { ProcessorArea.own.reschedule != 0 }
      @inline(__always) set { ProcessorArea.own.reschedule = newValue ? 1 : 0 }
    }

    /// True between `enterInterrupt` and `leaveInterrupt` on this CPU.
    public static var isInInterrupt: Bool {
      @inline(__always) get { ProcessorArea.own.interrupts != 0 }
    }

    /// The number of nested interrupts that this CPU is serving.
    public static var interruptDepth: UInt32 {
      @inline(__always) get { ProcessorArea.own.interrupts }
    }

    /// Counts an interrupt in and stores the address of its frame; called first in an interrupt,
    /// masked.
    @inline(__always)
    public static func enterInterrupt(_ frame: UnsafePointer<port_trap_frame>) {
      // SAFETY: only the frame's address is stored.
      unsafe port_enter_interrupt(frame)
    }

    /// True if this CPU's last interrupt interrupted user mode. Valid in its handler until
    /// interrupts are unmasked.
    public static var hasInterruptedProgram: Bool {
      @inline(__always) get { port_interrupted_state() & 0x1f == 0x10 }
    }

    /// Counts an interrupt handler out; called last in the handler, with interrupts masked.
    @inline(__always)
    public static func leaveInterrupt() {
      ProcessorArea.own.interrupts &-= 1  // Wrapping: matches `enterInterrupt`.
    }
  }
#endif
