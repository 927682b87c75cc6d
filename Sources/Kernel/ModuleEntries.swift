// SPDX-License-Identifier: Apache-2.0
// The module-init table: which function runs at which level. All entries are defined here, also
// those of other modules. Embedded Swift emits an imported module's constants again, so an entry in
// a library would be in the table twice.
#if hasFeature(Embedded)
  import Board
  import BootImage
  import PortARMv7A
  import RTOSCore
  import System
  import TickHandler
  import VdsoModule

  // SAFETY: the name is a literal, which is never freed.
  /// Level 1: configures the interrupt controller and enables the timer's line.
  @section(".init.kernel.01.OsHwiInit") @used
  private let interruptEntry: ModuleInit.Entry = (
    1, 0, { unsafe nameOf("OsHwiInit") },
    {
      Machine.shared.interruptController.configureShared()
      Machine.shared.interruptController.configureCPU(ARMv7A.number)
      Machine.shared.interruptController.enable(line: Machine.shared.timerLine, on: ARMv7A.number)
      return 0
    }
  )

  // SAFETY: the name is a literal, which is never freed.
  /// Level 2: starts the tick; the first one is served when interrupts are enabled.
  @section(".init.kernel.02.OsTickInit") @used
  private let tickEntry: ModuleInit.Entry = (
    2, 0, { unsafe nameOf("OsTickInit") },
    {
      GenericTimer.allowUserReads()
      system.ticks.start()
      return 0
    }
  )

  // SAFETY: the name is a literal, which is never freed.
  /// Level 8: checks the vDSO's image. If that fails, programs make system calls.
  @section(".init.kernel.08.OsVdsoInit") @used
  private let vdsoEntry: ModuleInit.Entry = (
    8, 1, { unsafe nameOf("OsVdsoInit") }, { osVdsoInit() }
  )

  // SAFETY: the name is a literal, which is never freed.
  /// Level 9: creates the task of the first program, which runs after the boot.
  @section(".init.kernel.09.OsUserInitProcess") @used
  private let firstTaskEntry: ModuleInit.Entry = (
    9, 0, { unsafe nameOf("OsUserInitProcess") },
    {
      #if LITEOS
        return TestTask.start()
      #else
        return FirstTask.start()
      #endif
    }
  )

  /// The module-init table between the linker's symbols.
  enum ModuleEntries {
    /// The entries, in the linker's order.
    static var table: UnsafeBufferPointer<ModuleInit.Entry> {
      let start = boot_init_kernel_start()
      let byteCount = Int(boot_init_kernel_end() - start)
      // SAFETY: kernel.ld collects the entries, and nothing else, between its two symbols.
      return unsafe UnsafeBufferPointer(
        start: UnsafePointer<ModuleInit.Entry>(bitPattern: UInt(start)),
        count: byteCount / MemoryLayout<ModuleInit.Entry>.stride)
    }

    /// Runs all levels in order. If a mandatory entry fails, the machine powers off with the exit
    /// status of a panic.
    static func runAll() {
      for level in ModuleInit.Level.allCases {
        do {
          // SAFETY: the table is constant.
          try unsafe ModuleInit.run(level, of: table)
        } catch {
          Power.off(status: Panic.exitStatus)
        }
      }
    }
  }
#endif
