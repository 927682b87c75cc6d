// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import RTOSCore
  import System
  import VmRegion

  // The concrete types of this kernel: the portable modules on this port and board.
  #if !LITEOS
    /// The CPU type that the scheduler uses.
    typealias KernelCPU = ARMv7A
  #endif
  typealias KernelSystem = System<KernelArchitecture>
  typealias KernelPlatform = UserServices<KernelArchitecture>
  typealias KernelContext = SystemContext<KernelArchitecture>
  typealias KernelTasks = KernelTask<KernelArchitecture>
  typealias KernelLock = KernelEntry<KernelArchitecture>
  typealias KernelFrames = FramePool<ARMv7A, LinearMap>
  typealias KernelInterruptController = MachineBoard.Interrupts

  // SAFETY: MachineAssembly installs the system at boot, and it is never freed.
  /// The system on this machine. Must not be used before MachineAssembly has installed it.
  var system: KernelSystem {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(KernelArchitecture.storage) }
  }

  // SAFETY: the controller is installed at boot, before its first use.
  /// The interrupt controller, and the line of the tick.
  @safe struct Machine {
    let interruptController: KernelInterruptController
    let timerLine: UInt32

    // SAFETY: written once at boot, before interrupts are on or a second CPU runs.
    nonisolated(unsafe) private static var storage: Machine?

    /// The machine. Must not be used before `install`.
    static var shared: Machine {
      @inline(__always) get { unsafe storage.unsafelyUnwrapped }
    }

    /// Stores the machine. Called once, at boot.
    static func install(_ machine: Machine) { unsafe storage = machine }
  }
#endif
