// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore

  // SAFETY: the variables are the first CPU's, which alone is watched, and are touched with interrupts
  // masked.
  /// The CPU with a watch on how long interrupts are masked: from the first lock of the scheduler or of
  /// an object, or from an interrupt's entry, to the moment at which interrupts are on again, across a switch.
  ///
  /// It is off while C code measures what something takes: then its cost is a test of a word at either end.
  enum KernelCPU: Processor {
    // SAFETY: see above.
    nonisolated(unsafe) private static var begun: UInt32 = 0
    nonisolated(unsafe) private static var worst: UInt32 = 0

    /// The longest so far, in instructions, with those of the watch.
    static var longest: UInt32 { unsafe worst }

    /// A masked time begins.
    @inline(never)
    static func watch() { unsafe begun = InstructionCounter.read() }

    /// A masked time ends.
    @inline(never)
    static func endWatch() {
      let spent = InstructionCounter.read() &- (unsafe begun)  // Wrapping: the counter does.
      if unsafe spent > worst { unsafe worst = spent }
    }

    static var number: UInt32 {
      @inline(__always) get { ARMv7A.number }
    }

    /// CPSR.I.
    private static var masked: UInt32 { 0x80 }

    @inline(__always)
    static func maskInterrupts() -> InterruptState {
      let state = ARMv7A.maskInterrupts()
      if ProcessorArea.isWatched, state.rawValue & masked == 0 { watch() }
      return state
    }

    @inline(__always)
    static func restoreInterrupts(_ state: InterruptState) {
      if ProcessorArea.isWatched, state.rawValue & masked == 0 { endWatch() }
      ARMv7A.restoreInterrupts(state)
    }

    @inline(__always)
    static func memoryBarrier() { ARMv7A.memoryBarrier() }
    @inline(__always)
    static func storeBarrier() { ARMv7A.storeBarrier() }
    @inline(__always)
    static func completeStores() { ARMv7A.completeStores() }
    @inline(__always)
    static func relax() { ARMv7A.relax() }
    static func waitForInterrupt() { ARMv7A.waitForInterrupt() }
  }
#endif
