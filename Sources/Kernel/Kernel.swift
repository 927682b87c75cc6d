// SPDX-License-Identifier: Apache-2.0
// The boot order, from the first line of Swift to the first program.
#if hasFeature(Embedded)
  import Board
  import BootImage
  import PortARMv7A
  import RTOSCore
  import TickHandler
  import UserSpace

  @main
  struct Kernel {
    /// Entered by start.S on the boot stack, with the MMU on and interrupts masked.
    static func main() {
      boot()
      BootText.leave()
      ARMv7A.enableInterrupts()
      Processors.idle()
    }

    /// All that happens once. Its text is given back, see `BootText`.
    @inline(never)
    private static func boot() {
      let board = readDeviceTree()
      startConsole(board)
      let memory = BootMemory(board)
      KernelMap.build(ramBase: boot_ram_base(), ramSize: memory.size)
      setConduit(board)
      let commandLine = CommandLine(Span(_bytes: memory.bytes(board.bootArguments)))
      Console.setQuiet(commandLine.has("quiet"))
      sayWhichMachine(board)
      commandLine.warnAboutUnknownOptions()
      MachineAssembly.run(board, memory, commandLine)
      ModuleEntries.runAll()
      Processors.startAll(board)
      if let kind = commandLine.value("crash") { CrashDrill.commit(kind) }
    }

    @inline(__always)
    private static func sayWhichMachine(_ board: BoardDescription) {
      var line: LogLine =
        "boot: Apus, ARMv7-A, CPUs \(board.cpus.count), RAM \(hex: boot_ram_base()), "
      KernelBuild.write(to: &line)
      Log.line(line)
    }

    /// Reads the device tree through the start code's map of it.
    private static func readDeviceTree() -> BoardDescription {
      let place = boot_device_tree()
      guard place >= boot_ram_base(), place - boot_ram_base() < LinearMap.limit else {
        BootStop.because("no device tree was handed over")
      }
      // start.S has mapped 3 MiB from the MiB of the device tree on.
      let header = PhysicalRange(base: boot_device_tree(), byteCount: 8)
      do {
        let size = try DeviceTree.byteCount(ofHeader: BootMemory.bytes(header))
        let blob = PhysicalRange(base: boot_device_tree(), byteCount: size)
        return try DeviceTree.read(BootMemory.bytes(blob), names: MachineBoard.deviceNames)
      } catch {
        BootStop.because(error.reason)
      }
    }

    /// Without firmware the board itself switches off, if it can.
    private static func setConduit(_ board: BoardDescription) {
      Power.setBoardOff { MachineBoard.switchOff() }
      guard let firmware = board.firmware, firmware.hasSystemCalls else { return }
      Power.setConduit(
        firmware.conduit == .hypervisorCall ? .hypervisorCall : .secureMonitorCall)
    }

    /// Without a console the kernel runs mute.
    private static func startConsole(_ board: BoardDescription) {
      guard let console = board.console else { return }
      Console.start(mappedAt: KernelMap.mapDevice(at: console.registers.base, slot: 0))
    }
  }
#else
  /// The kernel is an Embedded Swift program; on the host there is nothing to run.
  @main
  struct Kernel {
    static func main() {}
  }
#endif
