// SPDX-License-Identifier: Apache-2.0
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly
  import RTOSCore
  import System
  import UserSpace

  /// This machine, as the tables of the debug kernel and of the watched kernel see it.
  public enum DebugKernel {
    /// Starts what the build records about itself; the release kernel records nothing.
    @inline(__always)
    public static func install(_ early: inout EarlyMemory, _ commandLine: borrowing CommandLine) {
      #if DEBUG
        DebugTables.install(&early, commandLine, machine)
      #endif
      #if DEBUG || WATCH
        // SAFETY: early memory has room for what it is asked for, and is never freed.
        unsafe PreemptionWatch.install(
          early.allocate(PreemptionRecord.self, count: Int(CpuMask.limit)),
          PreemptionWatch.Machine(
            processor: { ARMv7A.number }, clock: { InstructionCounter.read() },
            place: { Backtrace.caller($0, framePointer: port_frame_pointer()) },
            build: { KernelBuild.identity }))
      #endif
    }

    #if DEBUG
      private static var machine: DebugTables.Machine {
        DebugTables.Machine(
          cpuCount: CpuMask.limit, taskCount: KernelMap.stackCount,
          processor: { ARMv7A.number }, count: { GenericTimer.read() },
          shortCount: { UInt32(truncatingIfNeeded: GenericTimer.read()) },
          runningTask: { ARMv7A.isInInterrupt ? 0xffff : ARMv7A.runningTask.rawValue })
      }
    #endif
  }
#endif
