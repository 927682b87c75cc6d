// SPDX-License-Identifier: Apache-2.0
#if arch(arm) && WATCH
  import RTOSCore

  // SAFETY: only the first CPU is watched, and it accesses the variables with interrupts masked.
  /// A CPU that measures how long interrupts are masked. A masked time begins with the first lock
  /// of the scheduler or of an object, or with an interrupt's entry. It ends when interrupts are
  /// unmasked again, also across a context switch. One that begins otherwise, as on the return to
  /// user mode, is not measured.
  ///
  /// The watch is off at first.
  public enum WatchedCPU: Processor {
    // SAFETY: only the first CPU accesses the variables, with interrupts masked.
    nonisolated(unsafe) private static var begun: UInt32?
    nonisolated(unsafe) private static var worst: UInt32 = 0

    /// The longest masked time so far, in instructions, including those of the watch.
    public static var longest: UInt32 { unsafe worst }

    /// Turns the watch on or off.
    public static func setOn(_ isOn: Bool) { ProcessorArea.setMeasured(isOn, of: 0) }

    /// Begins a masked time.
    @inline(never)
    public static func watch() { unsafe begun = InstructionCounter.read() }

    /// Ends a masked time.
    @inline(never)
    public static func endWatch() {
      guard let start = unsafe begun else { return }
      let spent = InstructionCounter.read() &- start  // Wrapping: the counter does.
      unsafe (begun, worst) = (nil, max(worst, spent))
    }

    /// The CPU's number.
    public static var number: UInt32 {
      @inline(__always) get { ARMv7A.number }
    }

    /// The interrupt mask, CPSR.I.
    private static var masked: UInt32 { 0x80 }

    /// Masks interrupts; a masked time begins unless they were masked.
    @inline(__always)
    public static func maskInterrupts() -> InterruptState {
      let state = ARMv7A.maskInterrupts()
      if ProcessorArea.isMeasured, state.rawValue & masked == 0 { watch() }
      return state
    }

    /// Ends the masked time if interrupts are unmasked in `state`, and restores it.
    @inline(__always)
    public static func restoreInterrupts(_ state: InterruptState) {
      if ProcessorArea.isMeasured, state.rawValue & masked == 0 { endWatch() }
      ARMv7A.restoreInterrupts(state)
    }

    /// Orders memory accesses, as `ARMv7A` does.
    @inline(__always)
    public static func memoryBarrier() { ARMv7A.memoryBarrier() }
    /// Orders stores, as `ARMv7A` does.
    @inline(__always)
    public static func storeBarrier() { ARMv7A.storeBarrier() }
    /// Waits until stores are complete, as `ARMv7A` does.
    @inline(__always)
    public static func completeStores() { ARMv7A.completeStores() }
    /// Hints that the CPU is in a spin loop, as `ARMv7A` does.
    @inline(__always)
    public static func relax() { ARMv7A.relax() }
    /// Sleeps until an interrupt is pending, as `ARMv7A` does.
    public static func waitForInterrupt() { ARMv7A.waitForInterrupt() }
    /// Stores a word that programs can read, as `ARMv7A` does.
    @inline(__always)
    public static func setProgramWord(_ word: UInt32) { ARMv7A.setProgramWord(word) }
    /// The word that a program left, as `ARMv7A` reads it.
    @inline(__always)
    public static var programWord: UInt32 { ARMv7A.programWord }
  }
#endif
