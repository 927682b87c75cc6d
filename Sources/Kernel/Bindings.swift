// SPDX-License-Identifier: Apache-2.0
// Connects the C names of the portable modules to this machine.
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import System
  import TickHandler
  import UserSpace
  import VdsoModule

  // SAFETY: the closures use the machine, which is installed first, and memory that their C callers
  // pass for the duration of the call.
  /// Installs the bindings of all modules. Called before any module-init entry runs.
  enum Bindings {
    static func install(tick: TickConfiguration) {
      installTick(tick)
      installVdso()
      installCore()
      installMemory()
    }

    private static func installCore() {
      unsafe CoreBinding.install(
        CoreBinding(
          yield: {
            #if LITEOS
              return KernelLiteOS.services.taskYield()
            #else
              system.scheduler.yield()
              return 0
            #endif
          },
          currentTask: { system.scheduler.current.rawValue },
          maskInterrupts: { ARMv7A.maskInterrupts().rawValue },
          restoreInterrupts: { ARMv7A.restoreInterrupts(InterruptState(rawValue: $0)) },
          entries: ModuleEntries.table))
    }

    private static func installVdso() {
      unsafe VdsoBinding.install(
        VdsoBinding(
          initialize: { VdsoStart.run() },
          load: { process in
            // SAFETY: the kernel's C code passes the record of a process.
            let process = unsafe process.assumingMemoryBound(to: Process<KernelPlatform>.self)
            unsafe process.pointee.loadVdso()
            return unsafe process.pointee.vdso ?? 0
          },
          update: { system.ticks.timekeeper.updateCold() }))
    }

    private static func installTick(_ tick: TickConfiguration) {
      // SAFETY: the closures use the machine, which is installed before interrupts are on, and
      // write four words that their caller passes.
      unsafe TickBinding.install(
        TickBinding(
          handleTick: { KernelSystem.serveTick() },
          tickCount: { system.ticks.tickCount() },
          monotonicNanoseconds: {
            system.ticks.timekeeper.monotonicNanoseconds()
          },
          clocks: { words in
            let (realtime, monotonic) = system.ticks.timekeeper.readBoth()
            unsafe words[0] = realtime.seconds
            unsafe words[1] = Int64(realtime.nanoseconds)
            unsafe words[2] = monotonic.seconds
            unsafe words[3] = Int64(monotonic.nanoseconds)
          },
          hertz: tick.hertz, frequency: GenericTimer.frequency))
    }
  }
#endif
