// SPDX-License-Identifier: Apache-2.0
import Board
import BootImage
import PortARMv7A
import RTOSCore
import System
import TickHandler
import UserSpace

// SAFETY: early memory is never freed, and its one owner initialises each piece before it is
// used.
/// Constructs the machine from the device tree and the command line.
enum MachineAssembly {
  /// Makes and installs the machine. Interrupts are masked. The boot stops here
  /// if the device tree lacks a supported interrupt controller or timer.
  static func run(_ board: BoardDescription, _ memory: BootMemory, _ commandLine: CommandLine) {
    guard let timer = board.timer,
      let interrupts = KernelDevices.driver(MachineBoard.Interrupts.self, of: board)
    else {
      BootStop.because("no interrupt controller or no generic timer of ours in the device tree")
    }
    KernelDevices.driver(MachineBoard.Parking.self, of: board)?.park(at: boot_park_address())
    var early = EarlyMemory(
      from: UInt(boot_kernel_end()), to: memory.earlyLimit(kernelEnd: UInt(boot_kernel_end()))
    ) {
      BootStop.because("no memory for the kernel's tables")
    }
    DebugKernel.install(&early, commandLine)
    let check = unsafe KernelSystem.Check(in: early.allocate(KernelSystem.Check.State.self))
    guard
      let frequency = CounterFrequency(
        register: GenericTimer.frequencyRegister, tree: timer.frequency)
    else { BootStop.because("unsupported counter frequency") }
    GenericTimer.setFrequency(frequency.hertz)
    // SAFETY: the page is in the image, aligned, and contains nothing else (vdso_image.S).
    let page = unsafe UnsafeMutableRawPointer(bitPattern: UInt(boot_vdso_data_start()))
    let identifiers = unsafe early.allocate(IdentifierAllocator.self)
    precondition(MemoryLayout<KernelSystem>.size <= boot_system_size(), "no room for the system")
    let facts = unsafe SystemFacts(
      cpuCount: board.cpus.count,
      counterFault: timer.isForPrograms ? frequency.fault ?? check.run() : .notConfigured,
      page: page.unsafelyUnwrapped,
      commandLine: BootBytes.of(board.bootArguments),
      seed: (BootBytes.of(board.randomSeed), boot_first_count()),
      initrd: memory.initrd.map { BootBytes.of($0) })
    Machine.install(
      Machine(
        interruptController: interrupts, timerLine: timer.virtualInterrupt,
        cpuCount: board.cpus.count))
    SystemAssembly<KernelArchitecture>.install(
      facts, clock: KernelDevices.driver(MachineBoard.Clock.self, of: board), check: check, &early,
      makeFrames: { memory.makePool(&$0) })
    KernelConsole.state.isShared = true
    unsafe ARMv7A.installSpaces(identifiers, KernelArchitecture.system.frames)
  }
}
