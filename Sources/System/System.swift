// SPDX-License-Identifier: Apache-2.0
// Module System: one of each. It owns the scheduler, the tick, the frames, the processes and the
// files of the running kernel, and decides what is done with them together.
//
// Principles
// - No port, no board: everything from outside enters through one generic parameter,
//   `Architecture`. Tests supply a mock, so all of this module runs on the host.
// - The system is one value in static memory, which every function reaches through the same
//   requirement (`Architecture.storage`). It is complete before the first program or another CPU
//   runs.
// - It has no C name and no boot order: those are LiteOS' and Kernel's.
//
// Parts
// - Architecture: what a port and a board supply.
// - System, System+Tick, System+Interrupts: the owner; the order of a tick, of its timeouts and of
//   an idle CPU; the kernel's interrupt lines.
// - Boot/: boot-time allocation, what is known of RAM, the construction of the system, the start of
//   the vDSO and of further CPUs, and the tables of the debug kernel.
// - KernelEntry: the kernel lock, alone or shared.
// - KernelHooks: what C code of the kernel adds, if there is any.
// - KernelTask, TaskClocks, TaskLoad, SystemContext: tasks with stacks, their CPU time and load, the
//   context switch with accounting.
// - ConsoleBuffers, ConsoleMode: bytes between programs and the console's device; how it begins.
// - UserServices…: what user space needs of the system (`Platform`).
// - Texts/: the files of /proc about tasks, locks, interrupts and the trace.
// - MeasuredPublisher: the writer of the vDSO's page, with statistics.
//
// Lock: KernelEntry holds the kernel lock, before all spin locks (docs/design.md).
//
// It must not: name a port or a board; allocate other than frames for stacks; acquire the kernel
// lock in an interrupt handler.
//
// This file: the owner.
import RTOSCore
import TickHandler
import UserSpace
import VdsoModule
import VmRegion

// SAFETY: pointers are to memory that is never freed, which the boot hands over.
/// The singletons of a kernel on one architecture.
@safe public struct System<A: Architecture>: ~Copyable {
  /// The allocator of physical frames.
  public typealias Frames = FramePool<A.CPU, A.Memory>
  /// The scheduler of all tasks.
  public typealias TaskScheduler = Scheduler<A.SchedulerCPU, SystemContext<A>>
  /// The clocks.
  public typealias Clocks = Timekeeper<A.CPU, A.Clock, MeasuredPublisher<A>>
  /// The tick and the queue of timeouts.
  public typealias Ticks = TickService<A.CPU, A.Clock, MeasuredPublisher<A>>
  /// The comparison of the CPUs' counters.
  public typealias Check = CounterCheck<A.CPU, A.Clock>
  /// The random number generator, under its lock.
  public typealias Random = UnsafePointer<Guarded<A.CPU, RandomSource>>
  /// The console's bytes, under their lock.
  typealias ConsoleLock = UnsafePointer<Guarded<A.CPU, Buffers>>
  /// The console's bytes, which stay in place.
  typealias Buffers = RecordReference<ConsoleBuffers<A.Console>>

  /// The frames that are not the kernel's own.
  public let frames: Frames
  /// The scheduler.
  public let scheduler: TaskScheduler
  /// The tick, and with it the clocks.
  public let ticks: Ticks
  /// The writer of the vDSO's page, which the clocks use.
  public let publisher: MeasuredPublisher<A>
  /// The comparison of the CPUs' counters, which each further CPU runs before the first program.
  public let counterCheck: Check
  /// The handlers of all interrupt lines.
  public let interrupts: Interrupts
  /// The table of all processes and threads.
  public let processes: Processes<UserServices<A>>
  /// The file tree.
  let tree: RecordReference<TreeState<A.CPU, A.Memory>>
  /// All open files.
  let openFiles: OpenFiles
  /// What open files have besides their nodes.
  let fileObjects: RecordReference<FileObjects<A.CPU, A.Memory>>
  /// The waiters for the console, and the lock of all queues of waiters for files.
  let consoleWaiters: ConsoleWaiters<A.CPU>
  /// The random number generator.
  private let randomSource: Random
  /// The console's bytes.
  private let consoleBuffers: ConsoleLock
  /// The accounting of each task.
  let clocks: UnsafeMutablePointer<TaskClock<A.CPU>>
  /// The conversion of counts to time.
  let scale: ClockScale
  /// The load of each task.
  let samples: UnsafeMutablePointer<TaskLoadSample>
  /// The kernel command line.
  public let options: Options
  /// The kernel lock (`KernelEntry`).
  let kernelLock = HandoverLock<A.CPU>(.kernel)
  /// The memory barriers that CPUs have to execute for others.
  let barriers = ProcessorBarriers<A.CPU>()

  /// Why the counter is not used for fine time; nil if it is.
  public private(set) var counterFault: CounterFault?
  /// The vDSO, or why programs get none. Module init sets it, before the first program.
  public private(set) var vdso = Vdso(off: .notChecked)
  /// What C code of the kernel adds. Module init sets it, before the first program.
  public private(set) var hooks = KernelHooks()
  /// True once several CPUs run: then the kernel lock is used.
  var isParallel = false
  /// True while a timer of a CPU-time clock is armed, or a limit of CPU time holds. Written under
  /// the process table's lock.
  var watchesProcessorTime = false
  /// True after a leap second until all waiters for a time of day are woken. Ticks of two CPUs may
  /// both write it: at worst, one more tick looks for waiters.
  var isWakingWaiters = false
  /// Instructions that the last load of the vDSO took, with those of reading the counter.
  var lastLoad: UInt32 = 0
  /// The span that the tasks' load is of.
  var span = TaskLoadSpan()

  /// What the command line decides.
  @safe public struct Options {
    /// The whole line, for /proc/cmdline.
    public let commandLine: ImmortalBytes
    /// Whether user addresses are randomised.
    public let randomizesAddresses: Bool
    /// Whether programs must get no vDSO.
    public let isVdsoForbidden: Bool
    /// Whether a debug kernel writes its trace to the console at the end.
    let dumpsTrace: Bool

    /// The options of a command line that is never freed.
    public init(_ bytes: ImmortalBytes) {
      commandLine = bytes
      let line = CommandLine(bytes.text)
      randomizesAddresses = !line.has("norandomize")
      isVdsoForbidden = line.has("vdso=off")
      dumpsTrace = line.has("trace=dump")
    }
  }

  /// Memory for the tables that the system fills itself; it is never freed.
  @safe public struct Tables {
    let clocks: UnsafeMutablePointer<TaskClock<A.CPU>>
    let samples: UnsafeMutablePointer<TaskLoadSample>
    let openFiles: UnsafeMutableRawPointer
    let fileObjects: UnsafeMutablePointer<FileObjects<A.CPU, A.Memory>>

    /// Memory for a clock and a load sample of each task, `OpenFiles.size` bytes aligned to 8, and
    /// the objects of open files.
    public init(
      clocks: UnsafeMutablePointer<TaskClock<A.CPU>>,
      samples: UnsafeMutablePointer<TaskLoadSample>, openFiles: UnsafeMutableRawPointer,
      fileObjects: UnsafeMutablePointer<FileObjects<A.CPU, A.Memory>>
    ) {
      unsafe self.clocks = clocks
      unsafe self.samples = samples
      unsafe self.openFiles = openFiles
      unsafe self.fileObjects = fileObjects
    }
  }

  /// A system of its parts. The counter's frequency is supported.
  @inline(__always)
  init(
    frames: Frames, scheduler: TaskScheduler, ticks: consuming Ticks,
    publisher: MeasuredPublisher<A>, counterCheck: consuming Check, counterFault: CounterFault?,
    interrupts: Interrupts, processes: Processes<UserServices<A>>,
    tree: RecordReference<TreeState<A.CPU, A.Memory>>, random: Random,
    console: ConsoleLock, consoleWaiters: ConsoleWaiters<A.CPU>, tables: Tables,
    options: Options
  ) {
    guard let scale = ClockScale(frequency: A.Clock.frequency) else {
      preconditionFailure("unsupported counter frequency")
    }
    self.frames = frames
    self.scheduler = scheduler
    self.ticks = ticks
    self.publisher = publisher
    self.counterCheck = counterCheck
    self.counterFault = counterFault
    self.interrupts = interrupts
    self.processes = processes
    self.tree = tree
    openFiles = unsafe OpenFiles(in: tables.openFiles)
    unsafe tables.fileObjects.initialize(to: FileObjects(pool: frames))
    fileObjects = unsafe RecordReference(at: tables.fileObjects)
    self.consoleWaiters = consoleWaiters
    unsafe randomSource = random
    unsafe consoleBuffers = console
    self.scale = scale
    self.options = options
    let count = Int(A.Space.stackCount)
    unsafe tables.clocks.initialize(repeating: TaskClock(), count: count)
    unsafe tables.samples.initialize(repeating: TaskLoadSample(), count: count)
    unsafe clocks = tables.clocks
    unsafe samples = tables.samples
  }

  // SAFETY: the generator is never freed.
  /// The random number generator, under its lock.
  var random: Guarded<A.CPU, RandomSource> {
    @inline(__always) unsafeAddress { unsafe randomSource }
  }

  // SAFETY: the buffers are never freed.
  /// The console's bytes, under their lock.
  var console: Guarded<A.CPU, Buffers> {
    @inline(__always) unsafeAddress { unsafe consoleBuffers }
  }

  // SAFETY: the place is static memory for one system. It changes at boot, with interrupts masked
  // and before a second CPU or a program runs.

  /// Moves the finished system to its place. Called once, at boot.
  public static func install(_ system: consuming System) {
    unsafe A.storage.initialize(to: system)
  }

  /// Stores the vDSO that module init has checked. Called once, before the first program.
  public static func setVdso(_ vdso: Vdso) { changeAtBoot { $0.vdso = vdso } }

  /// Stores the functions of C code. Called once, before the first program.
  public static func setHooks(_ hooks: KernelHooks) { changeAtBoot { $0.hooks = hooks } }

  /// Stores the counter's fault. Called once, before the first program.
  public static func setCounterFault(_ fault: CounterFault) {
    changeAtBoot { $0.counterFault = fault }
  }

  /// Changes the installed system at boot, when nothing else uses it.
  @inline(__always)
  private static func changeAtBoot(_ change: (inout System) -> Void) {
    unsafe change(&A.storage.pointee)
  }
}
