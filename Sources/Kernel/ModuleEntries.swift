// SPDX-License-Identifier: Apache-2.0
// The kernel's own module-init functions, and the table of all of them. image/boot/module_init.c has
// the kernel's entries of the table, because the compiler emits a constant with a section of its
// own again in each module that imports this one.
import Board
import BootImage
import PortARMv7A
import RTOSCore
import System
import TickHandler
import UserSpace
import VdsoModule

/// Level 1: configures the interrupt controller and enables the kernel's lines.
@c(OsHwiInit)
func osHwiInit() -> UInt32 {
  Machine.shared.interruptController.configureShared()
  Machine.shared.interruptController.configureCPU(ARMv7A.number)
  KernelInterrupts.enableLines()
  return Status.ok.rawValue
}

/// Level 2: starts the tick; the first one is served when interrupts are enabled.
@c(OsTickInit)
func osTickInit() -> UInt32 {
  GenericTimer.allowUserReads()
  KernelArchitecture.system.ticks.start()
  return Status.ok.rawValue
}

/// Level 8: checks the vDSO's image and the kits. If the image fails, programs make system calls; a
/// kit that does is not there.
@c(OsVdsoInit)
func osVdsoInit() -> UInt32 {
  let status = VdsoStart<KernelArchitecture>.run(
    image: BootBytes.vdsoImage.bytes, by: A32Rules.self, expecting: BootBytes.vdsoBuildID,
    at: LinearMap.physicalAddress(of: boot_vdso_text_start()),
    pageAt: LinearMap.physicalAddress(of: boot_vdso_data_start()))
  // The kernel's alias of the image. The page before it stays writable for the tick.
  KernelMap.makeReadOnly(from: boot_vdso_text_start(), to: boot_vdso_text_end())
  KitStart<KernelArchitecture>.run(
    BootBytes.kits, by: A32Rules.self, cpuCount: Machine.shared.cpuCount,
    board: MachineBoard.name)
  return status
}

/// Level 9: creates the task of the first program, which runs after the boot.
@c(OsUserInitProcess)
func osUserInitProcess() -> UInt32 { FirstTask.start() }

/// The module-init table between the linker's symbols.
package enum ModuleEntries {
  /// The entries, in the linker's order.
  package static var table: UnsafeBufferPointer<ModuleInit.Entry> {
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
