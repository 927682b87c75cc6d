// SPDX-License-Identifier: Apache-2.0
// Handlers of interrupts that the kernel does not serve itself: C code's.
#if hasFeature(Embedded) && LITEOS
  import Board
  import PortARMv7A
  import RTOSCore
  import VmRegion

  typealias KernelRegistry = InterruptRegistry<KernelInterrupts>

  // SAFETY: the registry is made once, at module init, before a line of C code interrupts.
  /// The machine as handlers of interrupts need it.
  enum KernelInterrupts: InterruptPlatform {
    typealias CPU = KernelCPU

    // SAFETY: see above.
    nonisolated(unsafe) private static var installed: KernelRegistry?

    /// Who serves which line. Not before `start`.
    static var registry: KernelRegistry {
      @inline(__always) get { unsafe installed.unsafelyUnwrapped }
    }

    /// How many handlers may share lines or nest.
    private static var placeCount: Int { 16 }

    /// A handler may need so much of the stack, with all that it calls, and the way to it.
    private static var room: UInt32 { 2048 }

    /// Makes the registry. Module init.
    static func start(_ memory: KernelMemory) {
      let count = Int(controller.lineCount)
      let registry = unsafe KernelRegistry(
        memory.table(count, LineRecord()),
        state: memory.guarded(
          KernelRegistry.State(memory.table(placeCount, InterruptHandlerRecord())),
          level: .interrupts))
      registry.reserve(Machine.shared.timerLine)
      for signal in Signal.allCases {
        registry.reserve(KernelInterruptController.firstSignalLine + signal.rawValue)
      }
      unsafe installed = registry
    }

    static var controller: KernelInterruptController { Machine.shared.interruptController }

    static var interruptDepth: UInt32 { ARMv7A.interruptDepth }

    /// Above the guard page of the stack's slot.
    static var hasStackRoom: Bool {
      ARMv7A.stackPointer % KernelMap.stackSlot >= Page.size + room
    }

    static func enableInterrupts() { ARMv7A.enableInterrupts() }

    static func targets(of processors: UInt32) -> UInt32? {
      guard processors != 0, processors & ~KernelPlatform.processors == 0 else { return nil }
      var targets: UInt32 = 0
      for cpu in 0..<ProcessorArea.limit where processors >> cpu & 1 != 0 {
        targets |= ProcessorArea.signalBit(of: cpu)
      }
      return targets
    }

    static func awaitHandlers() {
      ARMv7A.completeStores()
      let me = ARMv7A.number
      for cpu in 0..<ProcessorArea.limit
      where cpu != me && KernelPlatform.processors >> cpu & 1 != 0 {
        while ProcessorArea.interruptDepth(of: cpu) != 0 { ARMv7A.relax() }
      }
    }
  }
#endif
