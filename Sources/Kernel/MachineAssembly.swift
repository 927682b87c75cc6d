// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import BootImage
  import PortARMv7A
  import RTOSCore
  import TickHandler
  import UserSpace
  import VdsoModule
  import VmRegion

  // SAFETY: early memory is taken for ever, and its one owner initialises each piece before using it.
  /// Puts the machine together from what the device tree and the command line say.
  enum MachineAssembly {
    /// How many timeouts may wait at a time: one for each task and each timer of a process.
    private static var timeoutCount: Int {
      Int(KernelMap.stackCount) + ProcessTable<KernelPlatform>.timerCapacity
    }

    /// Makes and installs the machine and the bindings. Interrupts are masked.
    static func run(_ board: BoardDescription, _ memory: BootMemory, _ commandLine: CommandLine) {
      guard let controller = board.interruptController, let timer = board.timer,
        let interrupts = MachineBoard.interrupts(controller, map: mapDevice)
      else {
        BootStop.because("no interrupt controller or no generic timer of ours in the device tree")
      }
      MachineBoard.prepare(parkingAddress: boot_park_address(), map: mapDevice)
      var early = EarlyMemory(limit: memory.earlyLimit)
      #if DEBUG
        Watching.install(&early, commandLine)
      #endif
      let tick = tickConfiguration(commandLine)
      let check = unsafe KernelCounterCheck(in: early.take(KernelCounterCheck.State.self))
      let counterFault = checkCounter(board, check)
      let publisher = makePublisher()
      let ticks = makeTicks(
        board, tick, isTickless: !commandLine.has("nohz=off"), publisher, counterFault, &early)
      report(tick, counterFault)
      let scheduler = makeScheduler(&early)
      let place = unsafe early.take(Machine.self)
      let random = unsafe makeRandom(board, memory, &early)
      let processes = makeProcesses(&early)
      let identifiers = unsafe early.take(IdentifierAllocator.self)
      guard let scale = ClockScale(frequency: GenericTimer.frequency) else {
        preconditionFailure("time is kept with a counter that it cannot be kept with")
      }
      unsafe TaskClocks.install(
        early.take(TaskClock.self, count: Int(KernelMap.stackCount)), scale,
        in: early.take(ClockScale.self))
      unsafe TaskLoad.install(
        early.take(TaskLoadSample.self, count: Int(KernelMap.stackCount)))
      unsafe KernelEntry.install(early.take(HandoverLock<ARMv7A>.self))
      let frames = memory.makePool(&early)
      reportMemory(memory, frames)
      unsafe Machine.install(
        Machine(
          frames: frames, scheduler: scheduler, ticks: ticks, publisher: publisher,
          counterCheck: check, counterFault: counterFault,
          interruptController: interrupts, timerLine: timer.virtualInterrupt,
          commandLine: memory.immortalBytes(board.bootArguments),
          randomizesAddresses: !commandLine.has("norandomize"),
          isVdsoForbidden: commandLine.has("vdso=off")),
        at: place)
      unsafe ARMv7A.installSpaces(identifiers, emptyRoot: emptyRoot(frames))
      unsafe KernelPlatform.install(
        files: rootFiles(memory), random: random, processes: processes)
      Bindings.install(tick: tick)
    }

    /// A board's registers in the kernel's window.
    static func mapDevice(_ registers: PhysicalRange, _ slot: UInt32) -> MappedRegisters {
      // SAFETY: the mapping is device memory and stays.
      unsafe MappedRegisters(
        mappedAt: UInt(KernelMap.mapDevice(at: registers.base, slot: slot)))
    }

    private static func tickConfiguration(_ commandLine: CommandLine) -> TickConfiguration {
      guard let value = commandLine.value("tick") else { return .standard }
      return TickConfiguration(option: value)
    }

    /// Finds the counter's frequency, and whether it can be trusted.
    private static func checkCounter(
      _ board: BoardDescription, _ check: borrowing KernelCounterCheck
    ) -> CounterFault? {
      guard
        let frequency = CounterFrequency(
          register: GenericTimer.frequencyRegister, tree: board.timer?.frequency)
      else { BootStop.because("the counter's frequency is not one that time can be kept with") }
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

    private static func makePublisher() -> KernelPublisher {
      // SAFETY: the page stands in the image, aligned, and nothing else is in it (vdso_image.S).
      let page = unsafe UnsafeMutableRawPointer(bitPattern: UInt(boot_vdso_data_start()))
      return unsafe KernelPublisher(VdsoPageWriter(page: page.unsafelyUnwrapped))
    }

    private static func makeTicks(
      _ board: BoardDescription, _ tick: TickConfiguration, isTickless: Bool,
      _ publisher: KernelPublisher, _ fault: CounterFault?, _ early: inout EarlyMemory
    ) -> KernelTicks {
      let clock = WallClock(board.realTimeClock)
      let state = unsafe early.take(KernelTimekeeper.State.self)
      let slots = unsafe early.take(TimeoutQueue.Slot.self, count: timeoutCount)
      let ticks = unsafe early.take(KernelTicks.State.self)
      do {
        // SAFETY: memory taken for ever, for one value each.
        let timekeeper = try unsafe KernelTimekeeper(
          wallClock: clock, tick: tick, mode: fault == nil ? .counter : .systemCall,
          publisher: publisher, in: state)
        return unsafe KernelTicks(
          configuration: tick, isTickless: isTickless, timekeeper: timekeeper,
          timeouts: TimeoutQueue(
            in: UnsafeMutableBufferPointer(start: slots, count: timeoutCount)),
          in: ticks)
      } catch {
        preconditionFailure("a counter that was checked cannot be used")
      }
    }

    private static func makeScheduler(_ early: inout EarlyMemory) -> KernelScheduler {
      let count = Int(KernelMap.stackCount)
      // SAFETY: memory taken for ever; the records are initialised before they are used.
      let records = unsafe UnsafeMutableBufferPointer(
        start: early.take(TaskRecord.self, count: count), count: count)
      unsafe records.initialize(repeating: TaskRecord())
      let guarded = unsafe early.take(Guarded<KernelCPU, KernelScheduler.State>.self)
      let state = unsafe early.take(KernelScheduler.State.self)
      unsafe guarded.initialize(
        to: Guarded(KernelScheduler.State(records: records), level: .scheduler, in: state))
      let scheduler = unsafe KernelScheduler(state: UnsafePointer(guarded))
      do {
        _ = try scheduler.adoptCurrent(priority: .idle)
      } catch {
        preconditionFailure("an empty task table is full")
      }
      return scheduler
    }

    /// The generator for programs: seeded from the device tree, and from how long the loader took.
    private static func makeRandom(
      _ board: BoardDescription, _ memory: BootMemory, _ early: inout EarlyMemory
    ) -> UnsafePointer<Guarded<ARMv7A, RandomSource>> {
      let source = RandomSource(
        seed: Span(_bytes: memory.bytes(board.randomSeed)), mixing: boot_first_count())
      let place = unsafe early.take(RandomSource.self)
      let guarded = unsafe early.take(Guarded<ARMv7A, RandomSource>.self)
      // SAFETY: memory taken for ever, for one value each.
      unsafe guarded.initialize(to: Guarded(source, level: .random, in: place))
      return unsafe UnsafePointer(guarded)
    }

    /// The table of processes, and of one thread for each task.
    private static func makeProcesses(_ early: inout EarlyMemory) -> Processes<KernelPlatform> {
      let count = Int(KernelMap.stackCount)
      let memory = unsafe early.take(
        byteCount: ProcessTable<KernelPlatform>.size(taskCount: count), alignment: 16)
      let guarded = unsafe early.take(Guarded<ARMv7A, ProcessTable<KernelPlatform>>.self)
      let place = unsafe early.take(ProcessTable<KernelPlatform>.self)
      // SAFETY: memory taken for ever, for one value each.
      unsafe guarded.initialize(
        to: Guarded(ProcessTable(in: memory, taskCount: count), level: .processes, in: place))
      return unsafe Processes(UnsafePointer(guarded))
    }

    /// A first-level table that maps nothing, for tasks whose program is gone.
    private static func emptyRoot(_ frames: KernelFrames) -> UInt32 {
      do {
        return try frames.allocateRarely(order: 1, zeroed: true).address
      } catch {
        preconditionFailure("no memory for programs")
      }
    }

    /// The initrd as a file system; an archive that is damaged is one error line and no files.
    private static func rootFiles(_ memory: BootMemory) -> RootFiles {
      guard let initrd = memory.initrd else { return RootFiles() }
      do {
        return try RootFiles(initrd: BootMemory.immortalBytes(initrd))
      } catch {
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

  /// The calendar clock of the board; without one, time begins at the epoch.
  struct WallClock: RealTimeClock {
    private let clock: MachineBoard.Clock?

    init(_ registers: PhysicalRange?) {
      clock = registers.flatMap { MachineBoard.clock($0, map: MachineAssembly.mapDevice) }
    }

    func secondsSinceEpoch() -> UInt32 { clock?.secondsSinceEpoch() ?? 0 }
  }
#endif
