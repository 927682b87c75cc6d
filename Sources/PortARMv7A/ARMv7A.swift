// SPDX-License-Identifier: Apache-2.0
// The processor's verbs, one instruction or two each. PortARMv7AAssembly/include/port.h has the encodings.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore

  /// The ARMv7-A processor that runs.
  public enum ARMv7A: Processor {
    /// From this CPU's area, which TPIDRPRW points to.
    public static var number: UInt32 {
      // SAFETY: start.S points TPIDRPRW to this CPU's area before any Swift runs.
      @inline(__always) get { unsafe port_cpu().pointee.number }
    }

    /// Sets CPSR.I.
    @inline(__always)
    public static func maskInterrupts() -> InterruptState {
      InterruptState(rawValue: port_mask_interrupts())
    }

    /// Writes the CPSR's control byte back.
    @inline(__always)
    public static func restoreInterrupts(_ state: InterruptState) {
      port_restore_interrupts(state.rawValue)
    }

    /// Clears CPSR.I: for a trap handler that knows interrupts were on before the trap.
    @inline(__always)
    public static func enableInterrupts() { port_enable_interrupts() }

    /// Where the stack of what runs ends.
    @inline(__always)
    public static var stackPointer: UInt32 { port_stack_pointer() }

    /// `dmb ish`.
    @inline(__always)
    public static func memoryBarrier() { port_dmb() }

    /// `dmb ishst`.
    @inline(__always)
    public static func storeBarrier() { port_dmb_stores() }

    /// `dsb ish`, `isb`.
    @inline(__always)
    public static func completeStores() {
      port_dsb()
      port_isb()
    }

    /// `yield`.
    @inline(__always)
    public static func relax() { port_yield() }

    /// `dsb`, then `wfi`.
    public static func waitForInterrupt() { port_wait() }
  }
#endif
