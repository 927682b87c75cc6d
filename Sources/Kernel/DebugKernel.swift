// SPDX-License-Identifier: Apache-2.0
#if DEBUG
  import PortARMv7A
  import RTOSCore
  import System

  /// This machine, as the debug kernel's tables see it.
  enum DebugKernel {
    static var machine: DebugTables.Machine {
      DebugTables.Machine(
        cpuCount: CpuMask.limit, taskCount: KernelMap.stackCount,
        processor: { ARMv7A.number }, count: { GenericTimer.read() },
        shortCount: { UInt32(truncatingIfNeeded: GenericTimer.read()) },
        runningTask: { ARMv7A.isInInterrupt ? 0xffff : ARMv7A.runningTask.rawValue })
    }
  }
#endif
