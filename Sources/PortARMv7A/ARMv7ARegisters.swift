// SPDX-License-Identifier: Apache-2.0
// The registers of the running program that the vectors do not store.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore
  import System

  /// The VFP registers and the thread pointer (TPIDRURO) of the running program.
  public enum ARMv7ARegisters: UserRegisters {
    /// Lays out the stack of a task that starts in user mode (switch.S). `frame` has the 18 words
    /// of a trap frame; the VFP registers are copied from the CPU. Returns the stack pointer.
    public static func prepareStack(
      top: KernelAddress, frame: UnsafeRawPointer, threadPointer: Word
    ) -> KernelAddress {
      // SAFETY: the caller's stack is mapped and not yet in use; `TrapFrame` has the layout that
      // the vectors store.
      unsafe KernelAddress(word: port_prepare_user(top.word, frame, threadPointer))
    }

    /// Clears the VFP registers and the thread pointer.
    public static func reset() { port_reset_user() }

    /// The thread pointer.
    public static var threadPointer: Word { port_tls() }

    /// Sets the thread pointer.
    public static func setThreadPointer(_ value: Word) { port_set_tls(value) }

    /// Stores d0 to d31 and FPSCR, 65 words.
    @unsafe public static func storeFloats(to words: UnsafeMutableRawPointer) {
      // SAFETY: the caller passes the address of 65 words, aligned to 4.
      unsafe port_save_vfp(words)
    }

    /// Loads d0 to d31 and FPSCR from 65 words.
    @unsafe public static func loadFloats(from words: UnsafeRawPointer) {
      // SAFETY: the caller passes the address of 65 words, aligned to 4.
      unsafe port_restore_vfp(words)
    }
  }
#endif
