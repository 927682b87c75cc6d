// SPDX-License-Identifier: Apache-2.0
// Moving the CPU from one task to another.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore

  extension ARMv7A: ContextSwitch {
    /// See switch.S.
    @inline(__always)
    public static func switchStack(
      saving saved: UnsafeMutablePointer<UInt32>, to newStack: UInt32
    ) {
      // SAFETY: the scheduler hands in its record's field and a stack that switchStack or
      // prepareStack left.
      unsafe port_switch(saved, newStack)
    }

    /// See switch.S. `top` is 8-byte aligned.
    public static func prepareStack(
      top: UInt32, entry: @convention(c) (UInt32) -> Void, argument: UInt32
    ) -> UInt32 {
      port_prepare_stack(top, entry, argument)
    }

    // SAFETY: the allocator and the empty space are installed before the first space is activated;
    // an identifier's place lives as long as some task runs in its space.
    nonisolated(unsafe) private static var identifiers: UnsafeMutablePointer<IdentifierAllocator>?
    nonisolated(unsafe) private static var emptySpace: UInt32 = 0

    /// Inner and outer write-back, shareable table walks, as in start.S.
    private static var walkAttributes: UInt32 { 0x4a }

    // SAFETY: the caller hands over unused memory, before anything activates a space.
    /// Takes memory for the allocator of ASIDs, for ever, and the physical address of a root table
    /// that maps nothing. Once, at boot.
    public static func installSpaces(
      _ place: UnsafeMutablePointer<IdentifierAllocator>, emptyRoot: UInt32
    ) {
      unsafe place.initialize(to: IdentifierAllocator())
      unsafe identifiers = place
      unsafe emptySpace = emptyRoot | walkAttributes
    }

    /// What `activate` takes for a space whose root table is at physical `root` and whose identifier
    /// stands at `identifier`.
    public static func encode(
      root: UInt32, identifier: UnsafeMutablePointer<AddressSpaceIdentifier>
    ) -> UInt64 {
      UInt64(UInt32(UInt(bitPattern: identifier))) << 32 | UInt64(root | walkAttributes)
    }

    /// What `activate` takes for no space at all and the scheduler for one: 0 leaves the last one.
    public static var emptySpaceEncoding: UInt64 { 1 }

    // SAFETY: the encoding is `encode`'s; the scheduler's lock serialises the allocator.
    /// The address space's encoding: TTBR0 in the low word, in the high one the place of the
    /// identifier, which is renewed here when its generation is over; 0 for no space at all.
    ///
    /// A walk between the two writes must not fill the TLB with the old tables under the new ASID:
    /// ASID 0, which no program has, stands between (ARM DDI 0406C, B3.10.4).
    public static func activate(addressSpace: UInt64) {
      let place = UInt32(truncatingIfNeeded: addressSpace >> 32)
      guard
        let identifier = unsafe UnsafeMutablePointer<AddressSpaceIdentifier>(
          bitPattern: UInt(place))
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

    /// The first thing that a further CPU does: the start code's identity map goes, for the empty one.
    public static func leaveIdentity() {
      activate(addressSpace: 0)
      port_invalidate_tlb()
    }

    /// In this CPU's area.
    public static var runningTask: UInt32 {
      // SAFETY: the area is this CPU's for ever.
      @inline(__always) get { unsafe port_cpu().pointee.task }
      @inline(__always) set { unsafe port_cpu().pointee.task = newValue }
    }

    /// In this CPU's area.
    public static var runningOwner: UInt32 {
      // SAFETY: the area is this CPU's for ever.
      @inline(__always) get { unsafe port_cpu().pointee.owner }
      @inline(__always) set { unsafe port_cpu().pointee.owner = newValue }
    }

    /// Both at once: the area is looked for once.
    @inline(__always)
    public static func setRunning(_ task: UInt32, owner: UInt32) {
      // SAFETY: the area is this CPU's for ever.
      let area = unsafe port_cpu()
      unsafe area.pointee.task = task
      unsafe area.pointee.owner = owner
    }

    /// See switch.S: the stack of a task that enters a program. `frame` has the 18 words of a trap
    /// frame; VFP registers are those of now.
    public static func prepareUserStack(
      top: UInt32, frame: UnsafeRawPointer, threadPointer: UInt32
    ) -> UInt32 {
      // SAFETY: the caller's stack is mapped and nobody's yet.
      unsafe port_prepare_user(top, frame, threadPointer)
    }

    /// In this CPU's area, where vectors.S looks before it returns to a program.
    public static var isRescheduleDue: Bool {
      // SAFETY: the area is this CPU's for ever.
      @inline(__always) get { unsafe port_cpu().pointee.reschedule != 0 }
      @inline(__always) set { unsafe port_cpu().pointee.reschedule = newValue ? 1 : 0 }
    }

    /// In this CPU's area; between `enterInterrupt` and `leaveInterrupt`.
    public static var isInInterrupt: Bool {
      // SAFETY: the area is this CPU's for ever.
      @inline(__always) get { unsafe port_cpu().pointee.interrupts != 0 }
    }

    /// How many interrupts this CPU is serving, one within the other.
    public static var interruptDepth: UInt32 {
      // SAFETY: the area is this CPU's for ever.
      @inline(__always) get { unsafe port_cpu().pointee.interrupts }
    }

    /// The first thing that the handler of interrupts does, with interrupts masked.
    @inline(__always)
    public static func enterInterrupt() {
      // SAFETY: the area is this CPU's for ever.
      unsafe port_cpu().pointee.interrupts &+= 1  // Wrapping: interrupts nest a few deep.
    }

    /// The last thing that it does.
    @inline(__always)
    public static func leaveInterrupt() {
      // SAFETY: the area is this CPU's for ever.
      unsafe port_cpu().pointee.interrupts &-= 1  // Wrapping: matches `enterInterrupt`.
    }
  }
#endif
