// SPDX-License-Identifier: Apache-2.0
// Module Kernel: the portable modules on one port and one board, linked into one image.
//
// Principles: this is the only module that names both the port and the board. It decides nothing
// that a portable module could decide; it supplies concrete types, memory and the order of the
// boot. All tables have a fixed size and are allocated once, at boot. Boot errors end in
// `BootStop`, kernel bugs in `Panic` of the port.
//
// Parts, in the order in which they run:
// - Kernel, BootBytes: from the device tree to the ranges of RAM.
// - MachineAssembly, Machine: what the system is made of on this machine; KernelDevices: drivers.
// - KernelArchitecture: this port and this board as the portable module System sees them;
//   KernelInterrupts: as the registry of interrupt handlers does; IPIs.
// - ModuleEntries, FirstTask: the module-init levels up to the first program.
// - Processors: the further CPUs; BootText frees the boot's code.
// - Traps: entries from the vectors.
// - DebugKernel: the debug build.
//
// Lock: none of its own. What module init writes needs none: interrupts are masked and no second
// CPU runs tasks.
//
// It must not: allocate after boot other than frames, task stacks and what the portable modules ask
// for; take the kernel lock in an interrupt handler; use the system before MachineAssembly has
// installed it.
//
// This file: the boot order, from the first line of Swift to the first program.
import Board
import BootImage
import PortARMv7A
import RTOSCore
import System
import TickHandler
import UserSpace

/// The entry from start.S, on the boot stack, with the MMU on and interrupts masked.
@c(port_started)
func started() { Kernel.run() }

/// The boot.
struct Kernel {
  fileprivate static func run() -> Never {
    boot()
    BootText.leave()
    ARMv7A.enableInterrupts()
    KernelSystem.idle()
  }

  /// Runs the boot once. Its text is freed afterwards (`BootText`).
  @inline(never)
  private static func boot() {
    let board = readDeviceTree()
    startConsole(board)
    let memory = findMemory(board)
    KernelMap.build(ramBase: boot_ram_base(), ramSize: memory.size)
    setConduit(board)
    let commandLine = CommandLine(BootBytes.of(board.bootArguments).text)
    KernelConsole.state.isQuiet = commandLine.has("quiet")
    logMachine(board)
    commandLine.warnAboutUnknownOptions()
    MachineAssembly.run(board, memory, commandLine)
    ModuleEntries.runAll()
    Processors.startAll(board)
    if commandLine.value("crash") != nil {
      CrashDrill.commit(commandLine, on: KernelArchitecture.self)
    }
  }

  @inline(__always)
  private static func logMachine(_ board: BoardDescription) {
    var line: LogLine =
      "boot: Apus, ARMv7-A, CPUs \(board.cpus.count), RAM \(hex: boot_ram_base()), "
    KernelBuild.write(to: &line)
    Log.line(line)
  }

  /// Reads the device tree through the boot map of start.S. The boot stops here when it is
  /// invalid.
  private static func readDeviceTree() -> BoardDescription {
    let place = boot_device_tree()
    guard place >= boot_ram_base(), place - boot_ram_base() < LinearMap.limit else {
      BootStop.because("no device tree was handed over")
    }
    // start.S has mapped 3 MiB, starting at the MiB that contains the device tree.
    let header = PhysicalRange(base: boot_device_tree(), byteCount: 8)
    do {
      let size = try DeviceTree.byteCount(ofHeader: BootBytes.of(header).bytes)
      let blob = PhysicalRange(base: boot_device_tree(), byteCount: size)
      return try DeviceTree.read(BootBytes.of(blob).bytes, for: MachineBoard.self)
    } catch {
      BootStop.because(error.reason)
    }
  }

  /// Finds out which RAM there is. The boot stops here when the kernel cannot run in it.
  private static func findMemory(_ board: BoardDescription) -> BootMemory {
    do {
      return try BootMemory(
        base: PhysicalAddress(boot_ram_base()), mappedAt: UInt(LinearMap.base),
        limit: LinearMap.limit, rangeCount: board.memory.count, range: { board.memory[$0] },
        deviceTree: PhysicalRange(base: boot_device_tree(), byteCount: board.blobByteCount),
        initrd: board.initialRAMDisk)
    } catch {
      BootStop.because(error.reason)
    }
  }

  /// Selects how the machine is powered off: by firmware (PSCI), else by the board if it can.
  private static func setConduit(_ board: BoardDescription) {
    KernelDevices.startPower(board)
    guard let firmware = board.firmware, firmware.hasSystemCalls else { return }
    Power.setConduit(
      firmware.conduit == .hypervisorCall ? .hypervisorCall : .secureMonitorCall)
  }

  /// Starts the console that the device tree names. Without one the kernel logs nothing.
  private static func startConsole(_ board: BoardDescription) {
    guard let uart = KernelDevices.driver(MachineBoard.Console.self, of: board) else { return }
    KernelConsole.start(uart, line: board[.console]?.line)
  }
}
