// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded) && WATCH
  import PortARMv7A
  import RTOSCore

  // SAFETY: only the first CPU is watched, and it accesses the variables with interrupts masked.
  /// A CPU that measures how long interrupts are masked. A masked time begins with the first lock
  /// of the scheduler or of an object, or with an interrupt's entry. It ends when interrupts are
  /// unmasked again, also across a context switch.
  ///
  /// The watch is off at first.
  package enum WatchedCPU: Processor {
    // SAFETY: only the first CPU accesses the variables, with interrupts masked.
    nonisolated(unsafe) private static var begun: UInt32 = 0
    nonisolated(unsafe) private static var worst: UInt32 = 0

    /// The longest masked time so far, in instructions, including those of the watch.
    package static var longest: UInt32 { unsafe worst }

    /// Turns the watch on or off.
    package static func setOn(_ isOn: Bool) { ProcessorArea.setMeasured(isOn, of: 0) }

    /// Begins a masked time.
    @inline(never)
    package static func watch() { unsafe begun = InstructionCounter.read() }

    /// Ends a masked time.
    @inline(never)
    package static func endWatch() {
      let spent = InstructionCounter.read() &- (unsafe begun)  // Wrapping: the counter does.
      if unsafe spent > worst { unsafe worst = spent }
    }

    package static var number: UInt32 {
      @inline(__always) get { ARMv7A.number }
    }

    /// The interrupt mask, CPSR.I.
    private static var masked: UInt32 { 0x80 }

    @inline(__always)
    package static func maskInterrupts() -> InterruptState {
      let state = ARMv7A.maskInterrupts()
      if ProcessorArea.isMeasured, state.rawValue & masked == 0 { watch() }
      return state
    }

    @inline(__always)
    package static func restoreInterrupts(_ state: InterruptState) {
      if ProcessorArea.isMeasured, state.rawValue & masked == 0 { endWatch() }
      ARMv7A.restoreInterrupts(state)
    }

    @inline(__always)
    package static func memoryBarrier() { ARMv7A.memoryBarrier() }
    @inline(__always)
    package static func storeBarrier() { ARMv7A.storeBarrier() }
    @inline(__always)
    package static func completeStores() { ARMv7A.completeStores() }
    @inline(__always)
    package static func relax() { ARMv7A.relax() }
    package static func waitForInterrupt() { ARMv7A.waitForInterrupt() }
  }
#endif
