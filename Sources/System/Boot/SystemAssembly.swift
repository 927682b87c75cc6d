// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VdsoModule
import VmRegion

/// What the boot knows about the machine when it makes the system.
@safe public struct SystemFacts {
  fileprivate let cpuCount: Int
  fileprivate let tick: TickConfiguration
  fileprivate let isTickless: Bool
  fileprivate let counterFault: CounterFault?
  fileprivate let page: UnsafeMutableRawPointer
  fileprivate let seed: (bytes: ImmortalBytes, mixing: UInt64)
  fileprivate let initrd: ImmortalBytes?
  fileprivate let commandLine: ImmortalBytes

  /// The facts of a machine with `cpuCount` CPUs; those above eight are not used. `page` is the
  /// vDSO's data page. The random generator's seed is mixed with the counter's value at the first
  /// instruction. All bytes stay mapped.
  public init(
    cpuCount: Int, counterFault: CounterFault?, page: UnsafeMutableRawPointer,
    commandLine: ImmortalBytes, seed: (bytes: ImmortalBytes, mixing: UInt64),
    initrd: ImmortalBytes?
  ) {
    self.cpuCount = min(max(cpuCount, 1), 8)
    let line = CommandLine(commandLine.text)
    if let value = line.value("tick") {
      tick = TickConfiguration(option: value)
    } else {
      tick = .standard
    }
    isTickless = !line.has("nohz=off")
    self.counterFault = counterFault
    // SAFETY: the pointer is only stored; the caller passes a page that stays mapped.
    unsafe self.page = page
    self.seed = seed
    self.initrd = initrd
    self.commandLine = commandLine
  }
}

// SAFETY: early memory is never freed, and its one owner initialises each piece before it is used.
/// Makes the parts of the system in early memory, one after the other, and installs it. All runs
/// once, at boot, with interrupts masked.
public enum SystemAssembly<A: Architecture> {
  /// A record for each task, which has a stack.
  private static var taskCount: Int { Int(A.Space.stackCount) }

  /// The capacity of each CPU's timeout queue: one for each task and each process timer.
  private static var timeoutCount: Int {
    taskCount + ProcessTable<UserServices<A>>.timerCapacity
  }

  /// Makes the system and moves it to its place. `makeFrames` makes the pool of the frames that are
  /// left, after the last allocation. Not inlined: its stack is free again when the modules start.
  @inline(never)
  public static func install(
    _ facts: SystemFacts, clock: some RealTimeClock, check: consuming System<A>.Check,
    _ early: inout EarlyMemory, makeFrames: (inout EarlyMemory) -> System<A>.Frames
  ) {
    let publisher = unsafe MeasuredPublisher<A>(
      VdsoPageWriter(page: facts.page), in: early.allocate(PublisherRecord.self))
    let ticks = makeTicks(facts, clock, publisher, &early)
    report(facts)
    let scheduler = makeScheduler(facts.tick, &early)
    let random: System<A>.Random = unsafe early.guarded(
      RandomSource(seed: facts.seed.bytes.text, mixing: facts.seed.mixing), level: .random)
    let console = unsafe makeConsole(facts.commandLine, &early)
    let processes = makeProcesses(&early)
    let tables = unsafe System<A>.Tables(
      clocks: early.allocate(TaskClock<A.CPU>.self, count: taskCount),
      samples: early.allocate(TaskLoadSample.self, count: taskCount),
      openFiles: early.allocate(byteCount: OpenFiles.size, alignment: 8),
      fileObjects: early.allocate(FileObjects<A.CPU, A.Memory>.self))
    let consoleWaiters = makeConsoleWaiters(&early)
    let lineCount = A.Interrupts.controller.lineCount
    let interrupts = unsafe System<A>.Interrupts(
      in: early.allocate(
        byteCount: System<A>.Interrupts.size(lineCount: lineCount), alignment: 8),
      lineCount: lineCount)
    let place = unsafe early.allocate(TreeState<A.CPU, A.Memory>.self)
    let frames = makeFrames(&early)
    let tree = unsafe makeTree(at: place, frames, facts.initrd ?? ImmortalBytes())
    unsafe System<A>.install(
      System(
        frames: frames, scheduler: scheduler, ticks: ticks, publisher: publisher,
        counterCheck: check, counterFault: facts.counterFault,
        interrupts: interrupts, processes: processes, tree: tree,
        random: random, console: console, consoleWaiters: consoleWaiters, tables: tables,
        options: System<A>.Options(facts.commandLine)))
    System<A>.reserveLines()
    RootFiles<UserServices<A>>.load()
  }

  private static func report(_ facts: SystemFacts) {
    guard let fault = facts.counterFault else {
      return Log.line("tick: \(facts.tick.hertz) Hz, counter \(A.Clock.frequency) Hz")
    }
    Log.line(
      """
      tick: \(facts.tick.hertz) Hz, counter \(A.Clock.frequency) Hz is not used for fine time: \
      \(fault.text)
      """)
  }

  private static func makeTicks(
    _ facts: SystemFacts, _ clock: some RealTimeClock, _ publisher: MeasuredPublisher<A>,
    _ early: inout EarlyMemory
  ) -> System<A>.Ticks {
    let state = unsafe early.allocate(System<A>.Clocks.State.self)
    let timers = unsafe early.allocate(
      byteCount: CPUTimers<A.CPU>.size(count: facts.cpuCount, capacity: timeoutCount),
      alignment: 16)
    let ticks = unsafe early.allocate(System<A>.Ticks.State.self)
    do {
      // SAFETY: each address was allocated above, for one value, and is never freed.
      let timekeeper = try unsafe System<A>.Clocks(
        wallClock: clock, tick: facts.tick,
        mode: facts.counterFault == nil ? .counter : .systemCall, publisher: publisher, in: state)
      return unsafe System<A>.Ticks(
        configuration: facts.tick, isTickless: facts.isTickless, timekeeper: timekeeper,
        timers: CPUTimers(count: facts.cpuCount, capacity: timeoutCount, in: timers), in: ticks)
    } catch {
      preconditionFailure("counter frequency rejected")
    }
  }

  private static func makeScheduler(
    _ tick: TickConfiguration, _ early: inout EarlyMemory
  ) -> System<A>.TaskScheduler {
    // SAFETY: early memory is never freed; the records are initialised before they are used.
    let records = unsafe UnsafeMutableBufferPointer(
      start: early.allocate(TaskRecord.self, count: taskCount), count: taskCount)
    unsafe records.initialize(repeating: TaskRecord())
    let queues = unsafe UnsafeMutableBufferPointer(
      start: early.allocate(RunQueue.self, count: PerCPU<UInt8>.count), count: PerCPU<UInt8>.count)
    for cpu in queues.indices { unsafe queues.initializeElement(at: cpu, to: RunQueue()) }
    let scheduler = unsafe System<A>.TaskScheduler(
      state: early.guarded(
        System<A>.TaskScheduler.State(
          records: records, runQueues: queues, frequency: A.Clock.frequency,
          tickFrequency: tick.hertz), level: .scheduler))
    do {
      _ = try scheduler.adoptCurrent(Urgency(.idle))
    } catch {
      preconditionFailure("an empty task table is full")
    }
    return scheduler
  }

  /// Makes the table of processes, with a thread record for each task.
  private static func makeProcesses(_ early: inout EarlyMemory) -> Processes<UserServices<A>> {
    let memory = unsafe early.allocate(
      byteCount: ProcessTable<UserServices<A>>.size(taskCount: taskCount), alignment: 16)
    return unsafe Processes(
      early.guarded(ProcessTable(in: memory, taskCount: taskCount), level: .processes))
  }

  /// Makes the console's buffers in their place, because the boot's stack is small.
  private static func makeConsole(
    _ line: ImmortalBytes, _ early: inout EarlyMemory
  ) -> System<A>.ConsoleLock {
    // SAFETY: all fields are numbers, flags and enums. Zeros are valid numbers, and `begin` sets the
    // others. The memory is never freed.
    let buffers = unsafe System<A>.Buffers(at: early.allocate(ConsoleBuffers<A.Console>.self))
    buffers.pointee.begin(ConsoleMode(CommandLine(line.text)))
    return unsafe early.guarded(buffers, level: .console)
  }

  private static func makeConsoleWaiters(_ early: inout EarlyMemory) -> ConsoleWaiters<A.CPU> {
    let queue = unsafe early.allocate(FileWaiters.self)
    let guarded = unsafe early.allocate(Guarded<A.CPU, FileWaiters>.self)
    unsafe guarded.initialize(to: Guarded(FileWaiters(), level: .waiters, in: queue))
    return unsafe ConsoleWaiters(UnsafePointer(guarded), queue)
  }

  /// Makes the state of the file tree, without files.
  @unsafe private static func makeTree(
    at place: UnsafeMutablePointer<TreeState<A.CPU, A.Memory>>, _ frames: System<A>.Frames,
    _ initrd: ImmortalBytes
  ) -> RecordReference<TreeState<A.CPU, A.Memory>> {
    do {
      // SAFETY: the memory is early memory for one value.
      unsafe place.initialize(to: try TreeState(pool: frames, initrd: initrd))
    } catch {
      preconditionFailure("no memory for the file tree")
    }
    return unsafe RecordReference(at: place)
  }
}
