// SPDX-License-Identifier: Apache-2.0
// What runs at which module-init level. All entries stand here, also those of other modules:
// Embedded Swift emits an imported module's constants again, so that an entry in a library would
// stand in the table twice.
#if hasFeature(Embedded)
  import Board
  import BootImage
  import PortARMv7A
  import RTOSCore
  import TickHandler
  import VdsoModule

  // SAFETY: the name is a literal, which lives for ever.
  /// Level 1: the interrupt controller lets the timer's line through.
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

  // SAFETY: the name is a literal, which lives for ever.
  /// Level 2: the tick starts; it is first served when interrupts go on.
  @section(".init.kernel.02.OsTickInit") @used
  private let tickEntry: ModuleInit.Entry = (
    2, 0, { unsafe nameOf("OsTickInit") },
    {
      GenericTimer.allowUserReads()
      Machine.shared.ticks.start()
      return 0
    }
  )

  // SAFETY: the name is a literal, which lives for ever.
  /// Level 8: the vDSO's image is checked; without it programs make system calls.
  @section(".init.kernel.08.OsVdsoInit") @used
  private let vdsoEntry: ModuleInit.Entry = (
    8, 1, { unsafe nameOf("OsVdsoInit") }, { osVdsoInit() }
  )

  // SAFETY: the name is a literal, which lives for ever.
  /// Level 9: the task of the first program, which runs once the boot is over.
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

  /// The table between the linker's symbols.
  enum ModuleEntries {
    /// The entries in the linker's order.
    static var table: UnsafeBufferPointer<ModuleInit.Entry> {
      let start = boot_init_kernel_start()
      let byteCount = Int(boot_init_kernel_end() - start)
      // SAFETY: kernel.ld collects the entries, and nothing else, between its two symbols.
      return unsafe UnsafeBufferPointer(
        start: UnsafePointer<ModuleInit.Entry>(bitPattern: UInt(start)),
        count: byteCount / MemoryLayout<ModuleInit.Entry>.stride)
    }

    /// Runs all levels in order. The boot ends with a panic status when a mandatory entry fails.
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
