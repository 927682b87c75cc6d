// SPDX-License-Identifier: Apache-2.0
import Board
import BootImage
import PortARMv7A
import RTOSCore
import System
import TickHandler
import UserSpace
import VmRegion

// SAFETY: early memory is never freed, and its one owner initialises each piece before it is
// used.
/// Constructs the machine from the device tree and the command line.
enum MachineAssembly {
  /// Makes and installs the machine. Interrupts are masked. The boot stops here
  /// if the device tree lacks a supported interrupt controller or timer.
  static func run(_ board: BoardDescription, _ memory: BootMemory, _ commandLine: CommandLine) {
    guard let controller = board.interruptController, let timer = board.timer,
      let interrupts = MachineBoard.interrupts(controller, map: mapDevice)
    else {
      BootStop.because("no interrupt controller or no generic timer of ours in the device tree")
    }
    MachineBoard.prepare(parkingAddress: boot_park_address(), map: mapDevice)
    var early = EarlyMemory(
      from: UInt(boot_kernel_end()), to: memory.earlyLimit(kernelEnd: UInt(boot_kernel_end()))
    ) {
      BootStop.because("no memory for the kernel's tables")
    }
    #if DEBUG
      DebugTables.install(&early, commandLine, DebugKernel.machine)
    #endif
    let check = unsafe KernelSystem.Check(in: early.allocate(KernelSystem.Check.State.self))
    let counterFault = checkCounter(board, check)
    // SAFETY: the page is in the image, aligned, and contains nothing else (vdso_image.S).
    let page = unsafe UnsafeMutableRawPointer(bitPattern: UInt(boot_vdso_data_start()))
    let identifiers = unsafe early.allocate(IdentifierAllocator.self)
    precondition(MemoryLayout<KernelSystem>.size <= boot_system_size(), "no room for the system")
    let facts = unsafe SystemFacts(
      cpuCount: board.cpus.count, counterFault: counterFault, page: page.unsafelyUnwrapped,
      commandLine: BootBytes.of(board.bootArguments),
      seed: (BootBytes.of(board.randomSeed), boot_first_count()),
      initrd: memory.initrd.map { BootBytes.of($0) })
    Machine.install(
      Machine(interruptController: interrupts, timerLine: timer.virtualInterrupt))
    SystemAssembly<KernelArchitecture>.install(
      facts, clock: WallClock(board.realTimeClock), check: check, &early,
      makeFrames: { memory.makePool(&$0) })
    KernelConsole.state.isShared = true
    unsafe ARMv7A.installSpaces(identifiers, emptyRoot: emptyRoot(KernelArchitecture.system.frames))
  }

  /// Maps a device's registers in slot `slot` of the kernel's device window.
  static func mapDevice(_ registers: PhysicalRange, _ slot: UInt32) -> MappedRegisters {
    // SAFETY: the mapping is device memory and is never removed.
    unsafe MappedRegisters(
      mappedAt: UInt(KernelMap.mapDevice(at: registers.base, slot: slot)))
  }

  /// Sets the counter's frequency, and returns why the counter cannot be trusted; nil if it can.
  private static func checkCounter(
    _ board: BoardDescription, _ check: borrowing KernelSystem.Check
  ) -> CounterFault? {
    guard
      let frequency = CounterFrequency(
        register: GenericTimer.frequencyRegister, tree: board.timer?.frequency)
    else { BootStop.because("unsupported counter frequency") }
    GenericTimer.setFrequency(frequency.hertz)
    if board.timer?.isForPrograms == false { return .notConfigured }
    return frequency.fault ?? check.run()
  }

  /// Makes a first-level table that maps nothing, for tasks without an address space.
  private static func emptyRoot(_ frames: KernelFrames) -> PhysicalAddress {
    do {
      return try frames.allocateCold(order: 1, zeroed: true).address
    } catch {
      preconditionFailure("no memory for programs")
    }
  }
}

/// The board's calendar clock. Without one, wall-clock time begins at the epoch.
struct WallClock: RealTimeClock {
  private let clock: MachineBoard.Clock?

  init(_ registers: PhysicalRange?) {
    clock = registers.flatMap { MachineBoard.clock($0, map: MachineAssembly.mapDevice) }
  }

  func secondsSinceEpoch() -> UInt32 { clock?.secondsSinceEpoch() ?? 0 }
}
