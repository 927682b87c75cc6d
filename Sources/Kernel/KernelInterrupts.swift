// SPDX-License-Identifier: Apache-2.0
// The interrupt handlers of C code, on this machine; unused without C code.
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import RTOSCore
  import System
  import VmRegion

  package typealias KernelRegistry = InterruptRegistry<KernelInterrupts>

  // SAFETY: the registry is made once, at module init, before an interrupt of C code.
  /// Implements what the interrupt registry requires of the machine.
  package enum KernelInterrupts: InterruptPlatform {
    package typealias CPU = KernelCPU

    // SAFETY: written once, at module init, before an interrupt of C code.
    nonisolated(unsafe) private static var installed: KernelRegistry?

    /// The registry of handlers by line. Must not be used before `install`.
    package static var registry: KernelRegistry {
      @inline(__always) get { unsafe installed.unsafelyUnwrapped }
    }

    /// Stack bytes that a handler and its callees may use, with the path to it.
    private static var stackReserve: UInt32 { 2048 }

    /// Stores the registry and reserves the kernel's lines in it. Called once, at module init.
    package static func install(_ registry: KernelRegistry) {
      registry.reserve(Machine.shared.timerLine)
      for ipi in InterprocessorInterrupt.allCases {
        registry.reserve(KernelInterruptController.firstIPILine + ipi.rawValue)
      }
      unsafe installed = registry
    }

    package static var controller: KernelInterruptController { Machine.shared.interruptController }

    /// The number of lines of the controller.
    package static var lineCount: UInt32 { controller.lineCount }

    package static var interruptDepth: UInt32 { ARMv7A.interruptDepth }

    /// True if the stack has room for a nested handler above its guard page.
    package static var hasStackRoom: Bool {
      ARMv7A.stackPointer % KernelMap.stackSlot >= Page.size + stackReserve
    }

    package static func enableInterrupts() { ARMv7A.enableInterrupts() }

    package static func targets(of processors: UInt32) -> UInt32? {
      guard processors != 0, processors & ~KernelPlatform.processors == 0 else { return nil }
      var targets: UInt32 = 0
      for cpu in 0..<ProcessorArea.limit where processors >> cpu & 1 != 0 {
        targets |= ProcessorArea.ipiTarget(of: cpu)
      }
      return targets
    }

    package static func awaitHandlers() {
      ARMv7A.completeStores()
      let me = ARMv7A.number
      for cpu in 0..<ProcessorArea.limit
      where cpu != me && KernelPlatform.processors >> cpu & 1 != 0 {
        while ProcessorArea.interruptDepth(of: cpu) != 0 { ARMv7A.relax() }
      }
    }
  }
#endif
