// SPDX-License-Identifier: Apache-2.0
import Board
import PortARMv7A
import RTOSCore
import System
import VmRegion

// The concrete types of this kernel: the portable modules on this port and board.
/// The CPU type that the scheduler uses. A kernel that is built with WATCH, for `make bench`,
/// measures how long interrupts are masked.
#if WATCH
  package typealias KernelCPU = WatchedCPU
#else
  package typealias KernelCPU = ARMv7A
#endif
package typealias KernelTable = ShortDescriptorTable<LinearMap, ARMv7A, CP15Maintenance>
package typealias KernelSystem = System<KernelArchitecture>
package typealias KernelPlatform = UserServices<KernelArchitecture>
package typealias KernelContext = SystemContext<KernelArchitecture>
package typealias KernelTasks = KernelTask<KernelArchitecture>
package typealias KernelLock = KernelEntry<KernelArchitecture>
package typealias KernelInterruptController = MachineBoard.Interrupts

// SAFETY: the controller is installed at boot, before its first use.
/// The interrupt controller, the line of the tick, and the number of CPUs.
@safe struct Machine {
  let interruptController: KernelInterruptController
  let timerLine: UInt32
  let cpuCount: Int

  // SAFETY: written once at boot, before interrupts are on or a second CPU runs.
  nonisolated(unsafe) private static var storage: Machine?

  /// The machine. Must not be used before `install`.
  static var shared: Machine {
    @inline(__always) get { unsafe storage.unsafelyUnwrapped }
  }

  /// Stores the machine. Called once, at boot.
  static func install(_ machine: Machine) { unsafe storage = machine }
}
