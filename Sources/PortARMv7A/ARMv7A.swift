// SPDX-License-Identifier: Apache-2.0
// Module PortARMv7A: the kernel's port to ARMv7-A with the Multiprocessing Extensions.
//
// Principles: it implements the portable modules' protocols for the processor and knows no board.
// Instructions that Swift cannot express are inline functions of PortARMv7AAssembly/include/port.h.
// Code that touches no register compiles on the host, too, and is tested there; the rest is
// `#if arch(arm)`. The manual is ARM DDI 0406C; comments name its sections.
//
// Parts:
// - ARMv7A, ARMv7A+ContextSwitch, ProcessorArea: the processor, its tasks, the per-CPU areas.
// - GenericTimer, InstructionCounter: counters.
// - LinearMap, KernelMap, KernelDescriptor: the kernel's half of the address space.
// - Tables/, CP15Maintenance: the tables of processes, ASIDs, and TLB maintenance.
// - UserCopy: the only accesses to user memory.
// - Trap, FaultStatus, FaultTriage: faults and their causes.
// - AlignmentFaults, MisalignedTransfer, ProgramState: misaligned accesses that are completed.
// - ProcessorText: a CPU in /proc/cpuinfo.
// - Panic, Backtrace, KernelBuild, Power: the end of the machine.
//
// Lock: none of its own. The scheduler's lock serialises `activate` and the ASID allocator; the
// owner of an address space serialises changes to its tables; a per-CPU area is written by its CPU.
//
// It must not: allocate, except for translation tables from the frame pool; acquire the kernel
// lock; know what an interrupt line or a system call means.
//
// This file: the processor's operations, of one or two instructions each.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore

  /// The running ARMv7-A processor.
  public enum ARMv7A: Processor {
    /// The CPU's number, from its area, whose address is in TPIDRPRW.
    public static var number: UInt32 {
      @inline(__always) get { ProcessorArea.own.number }
    }

    /// Masks interrupts (CPSR.I), and returns the previous state.
    @inline(__always)
    public static func maskInterrupts() -> InterruptState {
      InterruptState(rawValue: port_mask_interrupts())
    }

    /// Restores the interrupt state that `maskInterrupts` returned (the control byte of CPSR).
    @inline(__always)
    public static func restoreInterrupts(_ state: InterruptState) {
      port_restore_interrupts(state.rawValue)
    }

    /// Unmasks interrupts (CPSR.I). For trap handlers whose interrupted code ran with interrupts
    /// on.
    @inline(__always)
    public static func enableInterrupts() { port_enable_interrupts() }

    /// The stack pointer.
    @inline(__always)
    public static var stackPointer: UInt32 { port_stack_pointer() }

    /// Orders memory accesses in the inner shareable domain: `dmb ish`.
    @inline(__always)
    public static func memoryBarrier() { port_dmb() }

    /// Orders stores in the inner shareable domain: `dmb ishst`.
    @inline(__always)
    public static func storeBarrier() { port_dmb_stores() }

    /// Waits until stores are complete, and resynchronises the pipeline: `dsb ish`, `isb`.
    @inline(__always)
    public static func completeStores() {
      port_dsb()
      port_isb()
    }

    /// Hints that the CPU is in a spin loop: `yield`.
    @inline(__always)
    public static func relax() { port_yield() }

    /// Completes all accesses and sleeps until an interrupt is pending: `dsb`, then `wfi`.
    public static func waitForInterrupt() { port_wait() }

    /// Stores a word that programs can read: TPIDRURW.
    @inline(__always)
    public static func setProgramWord(_ word: UInt32) { port_set_program_word(word) }

    /// The word that a program left there.
    @inline(__always)
    public static var programWord: UInt32 { port_program_word() }
  }
#endif
