// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import BootImage
  import PortARMv7A
  import RTOSCore
  import System
  import TickHandler
  import UserSpace
  import VdsoModule
  import VmRegion

  // SAFETY: early memory is never freed, and its one owner initialises each piece before it is
  // used.
  /// Constructs the machine from the device tree and the command line.
  enum MachineAssembly {
    /// The capacity of the timeout queue: one for each task and each process timer.
    private static var timeoutCount: Int {
      Int(KernelMap.stackCount) + ProcessTable<KernelPlatform>.timerCapacity
    }

    /// Makes and installs the machine. Interrupts are masked. The boot stops here
    /// if the device tree lacks a supported interrupt controller or timer.
    static func run(_ board: BoardDescription, _ memory: BootMemory, _ commandLine: CommandLine) {
      guard let controller = board.interruptController, let timer = board.timer,
        let interrupts = MachineBoard.interrupts(controller, map: mapDevice)
      else {
        BootStop.because("no interrupt controller or no generic timer of ours in the device tree")
      }
      MachineBoard.prepare(parkingAddress: boot_park_address(), map: mapDevice)
      var early = EarlyMemory(limit: memory.earlyLimit)
      #if DEBUG
        DebugKernel.install(&early, commandLine)
      #endif
      let tick = tickConfiguration(commandLine)
      let check = unsafe KernelSystem.Check(in: early.allocate(KernelSystem.Check.State.self))
      let counterFault = checkCounter(board, check)
      let publisher = makePublisher(&early)
      let ticks = makeTicks(
        board, tick, isTickless: !commandLine.has("nohz=off"), publisher, counterFault, &early)
      report(tick, counterFault)
      let scheduler = makeScheduler(&early)
      let random = unsafe makeRandom(board, memory, &early)
      let processes = makeProcesses(&early)
      let identifiers = unsafe early.allocate(IdentifierAllocator.self)
      let tables = makeTables(&early)
      let frames = memory.makePool(&early)
      reportMemory(memory, frames)
      precondition(MemoryLayout<KernelSystem>.size <= boot_system_size(), "no room for the system")
      unsafe KernelSystem.install(
        KernelSystem(
          frames: frames, scheduler: scheduler, ticks: ticks, publisher: publisher,
          counterCheck: check, counterFault: counterFault, processes: processes,
          files: rootFiles(memory), random: random, tables: tables,
          options: KernelSystem.Options(memory.immortalBytes(board.bootArguments))))
      Machine.install(
        Machine(interruptController: interrupts, timerLine: timer.virtualInterrupt))
      unsafe ARMv7A.installSpaces(identifiers, emptyRoot: emptyRoot(frames))
    }

    /// Maps a device's registers in slot `slot` of the kernel's device window.
    static func mapDevice(_ registers: PhysicalRange, _ slot: UInt32) -> MappedRegisters {
      // SAFETY: the mapping is device memory and is never removed.
      unsafe MappedRegisters(
        mappedAt: UInt(KernelMap.mapDevice(at: registers.base, slot: slot)))
    }

    private static func tickConfiguration(_ commandLine: CommandLine) -> TickConfiguration {
      guard let value = commandLine.value("tick") else { return .standard }
      return TickConfiguration(option: value)
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

    private static func report(_ tick: TickConfiguration, _ fault: CounterFault?) {
      guard let fault else {
        return Log.line("tick: \(tick.hertz) Hz, counter \(GenericTimer.frequency) Hz")
      }
      Log.line(
        """
        tick: \(tick.hertz) Hz, counter \(GenericTimer.frequency) Hz is not used for fine time: \
        \(fault.text)
        """)
    }

    private static func makePublisher(
      _ early: inout EarlyMemory
    ) -> MeasuredPublisher<KernelArchitecture> {
      // SAFETY: the page is in the image, aligned, and contains nothing else (vdso_image.S).
      let page = unsafe UnsafeMutableRawPointer(bitPattern: UInt(boot_vdso_data_start()))
      return unsafe MeasuredPublisher(
        VdsoPageWriter(page: page.unsafelyUnwrapped), in: early.allocate(PublisherRecord.self))
    }

    /// Memory for the accounting of each task and for the open files.
    private static func makeTables(_ early: inout EarlyMemory) -> KernelSystem.Tables {
      let count = Int(KernelMap.stackCount)
      return unsafe KernelSystem.Tables(
        clocks: early.allocate(TaskClock<ARMv7A>.self, count: count),
        samples: early.allocate(TaskLoadSample.self, count: count),
        openFiles: early.allocate(byteCount: OpenFiles.size, alignment: 8))
    }

    private static func makeTicks(
      _ board: BoardDescription, _ tick: TickConfiguration, isTickless: Bool,
      _ publisher: MeasuredPublisher<KernelArchitecture>, _ fault: CounterFault?,
      _ early: inout EarlyMemory
    ) -> KernelSystem.Ticks {
      let clock = WallClock(board.realTimeClock)
      let state = unsafe early.allocate(KernelSystem.Clocks.State.self)
      let slots = unsafe early.allocate(TimeoutQueue.Slot.self, count: timeoutCount)
      let ticks = unsafe early.allocate(KernelSystem.Ticks.State.self)
      do {
        // SAFETY: each address was allocated above, for one value, and is never freed.
        let timekeeper = try unsafe KernelSystem.Clocks(
          wallClock: clock, tick: tick, mode: fault == nil ? .counter : .systemCall,
          publisher: publisher, in: state)
        return unsafe KernelSystem.Ticks(
          configuration: tick, isTickless: isTickless, timekeeper: timekeeper,
          timeouts: TimeoutQueue(
            in: UnsafeMutableBufferPointer(start: slots, count: timeoutCount)),
          in: ticks)
      } catch {
        preconditionFailure("counter frequency rejected")
      }
    }

    private static func makeScheduler(_ early: inout EarlyMemory) -> KernelSystem.TaskScheduler {
      let count = Int(KernelMap.stackCount)
      // SAFETY: early memory is never freed; the records are initialised before they are used.
      let records = unsafe UnsafeMutableBufferPointer(
        start: early.allocate(TaskRecord.self, count: count), count: count)
      unsafe records.initialize(repeating: TaskRecord())
      let guarded = unsafe early.allocate(Guarded<KernelCPU, KernelSystem.TaskScheduler.State>.self)
      let state = unsafe early.allocate(KernelSystem.TaskScheduler.State.self)
      unsafe guarded.initialize(
        to: Guarded(
          KernelSystem.TaskScheduler.State(records: records), level: .scheduler, in: state))
      let scheduler = unsafe KernelSystem.TaskScheduler(state: UnsafePointer(guarded))
      do {
        _ = try scheduler.adoptCurrent(priority: .idle)
      } catch {
        preconditionFailure("an empty task table is full")
      }
      return scheduler
    }

    /// Makes the random generator, seeded from the device tree and the time that the loader took.
    private static func makeRandom(
      _ board: BoardDescription, _ memory: BootMemory, _ early: inout EarlyMemory
    ) -> UnsafePointer<Guarded<ARMv7A, RandomSource>> {
      let source = RandomSource(
        seed: Span(_bytes: memory.bytes(board.randomSeed)), mixing: boot_first_count())
      let place = unsafe early.allocate(RandomSource.self)
      let guarded = unsafe early.allocate(Guarded<ARMv7A, RandomSource>.self)
      // SAFETY: both addresses were allocated above, for one value each, and are never freed.
      unsafe guarded.initialize(to: Guarded(source, level: .random, in: place))
      return unsafe UnsafePointer(guarded)
    }

    /// Makes the table of processes, with a thread record for each task.
    private static func makeProcesses(_ early: inout EarlyMemory) -> Processes<KernelPlatform> {
      let count = Int(KernelMap.stackCount)
      let memory = unsafe early.allocate(
        byteCount: ProcessTable<KernelPlatform>.size(taskCount: count), alignment: 16)
      let guarded = unsafe early.allocate(Guarded<ARMv7A, ProcessTable<KernelPlatform>>.self)
      let place = unsafe early.allocate(ProcessTable<KernelPlatform>.self)
      // SAFETY: all addresses were allocated above, for one value each, and are never freed.
      unsafe guarded.initialize(
        to: Guarded(ProcessTable(in: memory, taskCount: count), level: .processes, in: place))
      return unsafe Processes(UnsafePointer(guarded))
    }

    /// Makes a first-level table that maps nothing, for tasks without an address space.
    private static func emptyRoot(_ frames: KernelFrames) -> UInt32 {
      do {
        return try frames.allocateCold(order: 1, zeroed: true).address
      } catch {
        preconditionFailure("no memory for programs")
      }
    }

    /// Opens the initrd as a file system. A damaged archive gives one log line and no files.
    private static func rootFiles(_ memory: BootMemory) -> RootFiles {
      guard let initrd = memory.initrd else { return RootFiles() }
      do { return try RootFiles(initrd: BootMemory.immortalBytes(initrd)) } catch {
        Log.line("initrd: \(error.reason)")
        return RootFiles()
      }
    }

    private static func reportMemory(_ memory: BootMemory, _ frames: KernelFrames) {
      Log.line(
        """
        memory: \(memory.size >> 20) MiB at \(hex: boot_ram_base()), \
        \(frames.freeCount * 4) KiB free, initrd \(memory.initrd?.byteCount ?? 0) bytes
        """)
      guard memory.unmapped > 0 else { return }
      Log.line("memory: \(memory.unmapped) MiB more cannot be mapped and are not used")
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
#endif
