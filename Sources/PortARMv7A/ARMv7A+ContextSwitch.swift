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

    /// The address space's encoding: TTBR0 in the low word, CONTEXTIDR (the ASID) in the high one.
    ///
    /// A walk between the two writes must not fill the TLB with the old tables under the new ASID:
    /// ASID 0, which no program has, stands between (ARM DDI 0406C, B3.10.4).
    public static func activate(addressSpace: UInt64) {
      port_set_context(0)
      port_set_ttbr0(UInt32(truncatingIfNeeded: addressSpace))
      port_isb()
      port_set_context(UInt32(truncatingIfNeeded: addressSpace >> 32))
    }

    /// In this CPU's area.
    public static var runningTask: UInt32 {
      // SAFETY: the area is this CPU's for ever.
      @inline(__always) get { unsafe port_cpu().pointee.task }
      @inline(__always) set { unsafe port_cpu().pointee.task = newValue }
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
