// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable {
  /// By exit or exit_group: the low eight bits of what it gave.
  case exited(UInt8)
  /// By a signal.
  case signalled(Signal)

  /// The status as a shell gives it: the program's own, or 128 and the signal's number.
  public var shellStatus: Int32 {
    switch self {
    case .exited(let status): Int32(status)
    case .signalled(let signal): 128 + Int32(signal.number)
    }
  }
}

/// What user space needs from the machine and the rest of the kernel. Kernel implements it once,
/// the tests with a mock. All requirements are static: there is one machine.
///
/// No lock of user space is held when one is called, and interrupts are on.
public protocol Platform {
  /// The processor.
  associatedtype CPU: Processor
  /// Translation tables.
  associatedtype Table: MMU & ~Copyable
  /// RAM.
  associatedtype Memory: PhysicalMemory
  /// The way into the memory of the running program.
  associatedtype User: UserMemory

  /// The number of the running task.
  static var task: UInt32 { get }
  /// The process whose task runs on this CPU; stable as long as the task runs.
  static var process: UnsafeMutablePointer<Process<Self>> { get }
  /// The thread that the running task is; its place never moves.
  static var thread: UnsafeMutablePointer<Thread<Self>> { get }
  /// What the entry code keeps for a task that is a thread: see `CallArea`.
  static func callArea(of task: UInt32) -> UnsafeMutablePointer<CallArea<Self>>
  /// All processes and threads.
  static var processes: Processes<Self> { get }
  /// The root file system.
  static var files: RootFiles { get }
  /// `RootFiles.writePage` of these files, for address spaces.
  static var fileSource: FileSource { get }
  /// The kernel's command line, for /proc/cmdline.
  static var commandLine: ImmortalBytes { get }

  /// Writes to the console. May wait for the device.
  static func writeConsole(_ bytes: RawSpan)
  /// Reads what the console has, at least one byte; 0 when there will never be any, or when the
  /// thread is interrupted first.
  static func readConsole(into bytes: inout MutableRawSpan) -> Int

  /// Ends the machine as the first process ended. On the machine it never returns; in tests it does,
  /// and the program is then not entered again.
  static func end(_ end: ProcessEnd)
  /// Stops the running task until monotonic time has reached `deadline`, in nanoseconds since
  /// boot; less only if the thread is interrupted.
  static func sleep(until deadline: UInt64)
  /// Stops the running task until somebody calls `wake` for it, or `deadline` has come (.max:
  /// never). It may also return for no reason, and at once if it was woken before: callers look
  /// again.
  static func wait(until deadline: UInt64)
  /// Lets a task go on that waits or is about to. Also under the process table's lock.
  static func wake(_ task: UInt32)
  /// Lets `Thread.attend` be called for a task before it returns to its program, and wakes it. Also
  /// under the process table's lock.
  static func attend(_ task: UInt32)
  /// Asks for `ProcessTable.expire(number)` at `deadline`, in monotonic nanoseconds. Under the process
  /// table's lock, as the next one; there is room for all timers.
  static func scheduleTimer(_ number: UInt32, at deadline: UInt64) -> TimeoutHandle?
  /// Takes that back.
  static func cancelTimer(_ handle: TimeoutHandle)
  /// Whether `Processes.checkProcessorTimers` is to be called at each tick. Under the process table's
  /// lock.
  static func watchProcessorTime(_ isWanted: Bool)
  /// A new task, which does not run before `start`; it then enters the program with the registers in
  /// `frame`, this thread pointer and the VFP registers of the running task, and is scheduled so.
  ///
  /// - Throws: `tryAgain` when all tasks are taken, `outOfMemory` without room for its stack.
  static func makeTask(
    _ frame: borrowing TrapFrame, threadPointer: UInt32, _ scheduling: Scheduling
  ) throws(Errno) -> UInt32
  /// Schedules a task by another policy; `priority` is 1 to 99 for the real-time ones.
  static func schedule(_ task: UInt32, _ policy: SchedulingPolicy, priority: UInt8)
  /// The CPUs that run; bit n is CPU n.
  static var processors: UInt32 { get }
  /// Writes /proc/cpuinfo: what each CPU that runs is.
  static func describeProcessors(to sink: inout some TextSink)
  /// Writes /proc/interrupts: how often each CPU was interrupted, and by what.
  static func describeInterrupts(to sink: inout some TextSink)
  /// Writes /proc/cpu/alignment: how many misaligned accesses of programs were completed.
  static func describeAlignment(to sink: inout some TextSink)
  /// Where a task may run, with bits for CPUs that there are not.
  static func affinity(of task: UInt32) -> UInt32
  /// Lets a task run on the CPUs in `mask` only, one of which runs.
  static func setAffinity(_ mask: UInt32, of task: UInt32)
  /// Gives a task back that was never started.
  static func discardTask(_ task: UInt32)
  /// Lets a new task run, as a thread of `process`.
  static func start(_ task: UInt32, in process: UnsafeMutablePointer<Process<Self>>)
  /// Ends the running task. On the machine it never returns.
  static func endTask()
  /// An empty translation table.
  ///
  /// - Throws: `outOfMemory`.
  static func makeTable(_ pool: FramePool<CPU, Memory>) throws(MemoryError) -> Table
  /// Lets the running task have the memory of `process` active, or none for nil.
  static func activate(_ process: UnsafeMutablePointer<Process<Self>>?)
  /// Keeps the other threads of all programs out of the kernel until `leaveKernel`, except for while the
  /// running task waits: what this module keeps about processes needs no more. Interrupts are on.
  static func enterKernel()
  /// The end of `enterKernel`.
  static func leaveKernel()
  /// Gives everything of the tasks back that have ended, before free memory is told.
  static func collectTasks()
  /// Lets other tasks of the same priority run.
  static func yield()
  /// The register in which the running task finds its thread pointer (TPIDRURO).
  static var threadPointer: UInt32 { get }
  /// Sets it.
  static func setThreadPointer(_ value: UInt32)
  /// Stores the VFP registers of the running task: d0 to d31 and FPSCR, 65 words.
  @unsafe static func storeFloats(to words: UnsafeMutableRawPointer)
  /// Loads them; each value is one that a program may have.
  @unsafe static func loadFloats(from words: UnsafeRawPointer)
  /// Clears the registers of the running task that no trap frame has, for a new program: VFP's and the
  /// thread pointer.
  static func resetRegisters()

  /// What a clock shows.
  static func time(_ clock: ClockIdentifier) -> Timespec
  /// The resolution of a clock.
  static func resolution(_ clock: ClockIdentifier) -> Timespec
  /// How the ticks went.
  static var tickStatistics: TickStatistics { get }
  /// How long the running task has had a CPU.
  static var runTime: Timespec { get }
  /// Adds how long a task has had a CPU, up to now. Also under the process table's lock.
  static func addTime(of task: UInt32, to sum: inout RunTime)
  /// How often the tick found a task running, and where. Also under the process table's lock.
  static func tickCounts(of task: UInt32) -> TickCounts
  /// What a sum of such times is.
  static func time(_ sum: RunTime) -> Timespec
  /// The counter that the vDSO reads.
  static var counter: UInt64 { get }
  /// Monotonic time in nanoseconds.
  static func monotonicNanoseconds() -> UInt64
  /// Sets the wall clock and publishes it; false if it cannot be set to that.
  static func setRealtime(_ time: Timespec) -> Bool
  /// Asks of the clock's discipline, and publishes what changed: see `Timekeeper.adjust`.
  static func adjust(_ request: inout ClockAdjustment) -> Bool?

  /// Whether programs get addresses that nobody can guess: unless the command line says
  /// `norandomize`.
  static var randomizesAddresses: Bool { get }
  /// Fills `bytes` with random numbers.
  static func fillRandom(_ bytes: inout MutableRawSpan)
  /// Context switches since boot.
  static var contextSwitches: UInt32 { get }

  /// Maps the vDSO into `space`, with the process's own page in `ownFrame`.
  ///
  /// - Returns: where it is; nil without one, and then `space` is as it was.
  static func loadVdso(
    into space: inout AddressSpace<Table, CPU, Memory>, ownFrame: PhysicalFrame
  ) -> VdsoMapping?
  /// Gives a child's space, which fork made, its own page in `ownFrame` for its parent's.
  static func renewVdso(
    _ mapping: VdsoMapping, in space: inout AddressSpace<Table, CPU, Memory>,
    ownFrame: PhysicalFrame
  ) -> VdsoMapping
  /// `task` is the one thread of `process`, with this number, and runs or has never run: it finds its
  /// time and its CPU in the process's own page, which is written at each switch to it. Nothing
  /// without a vDSO.
  static func openOwnPage(
    of process: UnsafeMutablePointer<Process<Self>>, _ task: UInt32, thread: UInt32)
  /// `task`'s own page is not written any more, and who reads it asks the kernel: because there are
  /// two threads, or the page goes.
  static func closeOwnPage(of task: UInt32)
  /// Writes /proc/tasks: a line for each task.
  static func describeTasks(to sink: inout some TextSink)
  /// Writes /proc/locks: a line for each lock of the kernel.
  static func describeLocks(to sink: inout some TextSink)
  /// Writes /proc/trace, and stops the recording.
  static func describeTrace(to sink: inout some TextSink)
  /// Begins to record anew, or stops.
  static func controlTrace(_ isOn: Bool)
  /// A task has a name, up to 15 bytes and zeros: for the recording.
  static func noteName(_ name: InlineArray<16, UInt8>, of task: UInt32)
  /// Writes /proc/vdso for a process that has the image at `address`, or none.
  static func describeVdso(to sink: inout some TextSink, at address: UInt32?)
  /// Writes /proc/vdso.so: the file of the image, byte for byte; nothing where there is none.
  static func writeVdsoImage(to sink: inout some TextSink)
}

/// For a machine that records nothing.
extension Platform {
  /// There are none.
  public static func describeLocks(to sink: inout some TextSink) {}
  /// Nothing is recorded.
  public static func describeTrace(to sink: inout some TextSink) {}
  /// Likewise.
  public static func controlTrace(_ isOn: Bool) {}
  /// Likewise.
  @inline(__always)
  public static func noteName(_ name: InlineArray<16, UInt8>, of task: UInt32) {}
}

/// For a machine with one CPU.
extension Platform {
  /// Nobody to keep out.
  public static func enterKernel() {}
  /// Nobody to let in.
  public static func leaveKernel() {}
  /// Nothing left.
  public static func collectTasks() {}
  /// Nothing is known of it.
  public static func describeProcessors(to sink: inout some TextSink) {}
  /// There are none.
  public static func describeInterrupts(to sink: inout some TextSink) {}
  /// None are made.
  public static func describeAlignment(to sink: inout some TextSink) {}
  /// The one.
  public static var processors: UInt32 { 1 }
  /// The one.
  public static func affinity(of task: UInt32) -> UInt32 { 1 }
  /// There is no choice.
  public static func setAffinity(_ mask: UInt32, of task: UInt32) {}
}

extension Platform {
  /// The monotonic time, in nanoseconds and not 0, at which a clock says `time`.
  @inline(never)
  static func deadline(_ time: UInt64, on clock: ClockIdentifier) -> UInt64 {
    let now = self.timeRarely(clock).totalNanoseconds ?? 0
    let (deadline, isFar) =
      monotonicNanoseconds().addingReportingOverflow(time > now ? time - now : 0)
    return isFar ? .max : max(deadline, 1)
  }

  /// `time` by a call: for what is rare.
  @inline(never)
  static func timeRarely(_ clock: ClockIdentifier) -> Timespec { time(clock) }
}
