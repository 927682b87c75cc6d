// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable {
  /// By exit or exit_group, with the low eight bits of its argument.
  case exited(UInt8)
  /// By a signal.
  case signalled(Signal)

  /// The status as a shell reports it: the program's own, or 128 plus the signal's number.
  public var shellStatus: Int32 {
    switch self {
    case .exited(let status): Int32(status)
    case .signalled(let signal): 128 + Int32(signal.number)
    }
  }
}

/// Tasks of the scheduler, which run user threads. Unless a requirement says otherwise, it is
/// called with interrupts on and no spin lock held.
public protocol TaskServices {
  /// The number of the running task.
  static var task: UInt32 { get }

  /// Blocks until monotonic time reaches `deadline`, in nanoseconds since boot, or the thread is
  /// interrupted. Returns monotonic time then.
  static func sleep(until deadline: UInt64) -> UInt64

  /// Blocks until `wake` is called for the running task or monotonic time reaches `deadline` (.max:
  /// never). Returns at once if the task was woken before, and may return spuriously: callers must
  /// check their condition again.
  static func wait(until deadline: UInt64)

  /// Wakes a blocked task; if the task is not blocked, its next `wait` returns at once. Also under
  /// the process table's lock.
  static func wake(_ task: UInt32)

  /// Flags a task so that `Thread.doUserReturnWork` runs before it next returns to user mode, and
  /// wakes it. Also under the process table's lock.
  static func requestUserReturnWork(_ task: UInt32)

  /// Sets the scheduling policy of a task; `priority` is 1 to 99 for the real-time policies.
  static func schedule(_ task: UInt32, _ policy: SchedulingPolicy, priority: UInt8)

  /// The mask of CPUs that run; bit n is CPU n.
  static var processors: UInt32 { get }

  /// The affinity mask of a task; bits of CPUs that do not exist may be set.
  static func affinity(of task: UInt32) -> UInt32

  /// Restricts a task to the CPUs in `mask`, at least one of which must run.
  static func setAffinity(_ mask: UInt32, of task: UInt32)

  /// Frees a task that was never started.
  static func freeTask(_ task: UInt32)

  /// Ends the running task. On the machine it never returns.
  static func endTask()

  /// Reclaims the resources of ended tasks. Called before free memory is reported.
  static func reclaimTasks()

  /// Yields the CPU to other tasks of the same priority.
  static func yield()

  /// The number of context switches since boot.
  static var contextSwitches: UInt32 { get }
}

/// The big kernel lock, which protects all process state. Unless a requirement says otherwise, it
/// is called with interrupts on and no spin lock held.
public protocol KernelLockServices {
  /// Acquires the big kernel lock, which protects all process state; it is dropped while the
  /// running task is blocked. Interrupts are on, and no spin lock is held. Does nothing on one CPU.
  static func enterKernel()

  /// Releases the big kernel lock.
  static func leaveKernel()

  /// Switches to a more urgent task that is ready, or to an equally urgent one if the slice is
  /// over, and lets a CPU that waits for the kernel lock have it. The lock is held again at the
  /// return.
  static func preemptionPoint()
}

/// The running task's registers that are not in its trap frame. Unless a requirement says
/// otherwise, it is called with interrupts on and no spin lock held.
public protocol RegisterServices {
  /// The running task's thread pointer register.
  static var threadPointer: Word { get }

  /// Sets the running task's thread pointer register.
  static func setThreadPointer(_ value: Word)

  /// Clears the running task's registers that are not in a trap frame, for a new program: the
  /// floating-point registers and the thread pointer.
  static func resetRegisters()
}

/// The clocks of the machine and the CPU time of tasks. Unless a requirement says otherwise, it is
/// called with interrupts on and no spin lock held.
public protocol ClockServices {
  /// The current time of a clock.
  static func time(_ clock: ClockIdentifier) -> Timespec

  /// The resolution of a clock.
  static func resolution(_ clock: ClockIdentifier) -> Timespec

  /// The statistics of the tick.
  static var tickStatistics: TickStatistics { get }

  /// The CPU time of the running task.
  static var runTime: Timespec { get }

  /// Adds the CPU time of a task, up to now, to `sum`. Also under the process table's lock.
  static func addTime(of task: UInt32, to sum: inout CPUTime)

  /// How often the tick interrupted a task in user mode and in the kernel. Also under the process
  /// table's lock.
  static func tickCounts(of task: UInt32) -> TickCounts

  /// Converts a sum of CPU times to seconds and nanoseconds.
  static func time(_ sum: CPUTime) -> Timespec

  /// The current value of the counter that the vDSO reads.
  static var counter: UInt64 { get }

  /// Monotonic time in nanoseconds since boot.
  static func monotonicNanoseconds() -> UInt64

  /// Sets the wall clock and publishes it; false if the clock cannot represent `time`.
  static func setRealtime(_ time: Timespec) -> Bool

  /// Applies `request` to the clock discipline, publishes the result and fills in the answer, as
  /// `Timekeeper.adjust` does (adjtimex(2)). Returns whether the clock is synchronised; nil for an
  /// invalid request, which changes nothing.
  static func adjust(_ request: inout ClockAdjustment) -> Bool?
}

/// The timers of processes. Unless a requirement says otherwise, it is called with
/// interrupts on and no spin lock held.
public protocol TimerServices {
  /// Requests a call of `Processes.expireTimer(number)` when monotonic time reaches `deadline`, in
  /// nanoseconds. There is room for all timers. Called under the process table's lock.
  static func scheduleTimer(_ number: UInt32, at deadline: UInt64) -> TimeoutHandle?

  /// Cancels the request of `scheduleTimer`. Called under the process table's lock.
  static func cancelTimer(_ handle: TimeoutHandle)

  /// Sets whether each tick calls `Thread.noteTick` if it interrupts a user thread. Called under
  /// the process table's lock.
  static func watchCPUTime(_ isWanted: Bool)
}

/// What the boot hands to programs, the console, and the end of the machine. Unless a requirement
/// says otherwise, it is called with interrupts on and no spin lock held.
public protocol MachineServices {
  /// The root file system.
  static var files: RootFiles { get }

  /// All open files.
  static var openFiles: OpenFiles { get }

  /// `RootFiles.writePage` on these files, for address spaces.
  static var fileSource: FileSource { get }

  /// The kernel's command line, for /proc/cmdline.
  static var commandLine: ImmortalBytes { get }

  /// Writes to the console. Does not block, but waits for the device unless `awaitConsoleRoom` has
  /// found room for the bytes.
  static func writeConsole(_ bytes: RawSpan)

  /// Whether the console has room for `count` bytes, which is always so at some time for up to 768.
  /// If not, the running task is woken when there is more room.
  static func awaitConsoleRoom(for count: UInt32) -> Bool

  /// Stores what has arrived at the console, and returns the number of bytes. If there is none, the
  /// running task is woken when something arrives.
  static func readConsole(into bytes: inout MutableRawSpan) -> Int

  /// The number of bytes that have arrived at the console. If there is none, the running task is
  /// woken when something arrives.
  static func awaitConsoleInput() -> UInt32

  /// Powers the machine off after the first process has ended. On the machine it never returns; in
  /// tests it does, and the program must then not be entered again.
  static func end(_ end: ProcessEnd)

  /// Whether user addresses are randomised; false with `norandomize` on the command line.
  static var randomizesAddresses: Bool { get }

  /// Fills `bytes` with random numbers.
  static func fillRandom(_ bytes: inout MutableRawSpan)
}

/// The texts of /proc that are not about one process. Unless a requirement says otherwise, it is
/// called with interrupts on and no spin lock held.
public protocol TextServices {
  /// Writes /proc/cpuinfo: a description of each CPU that runs.
  static func describeProcessors(to sink: inout some TextSink)

  /// Writes /proc/interrupts: for each CPU the number of interrupts by source.
  static func describeInterrupts(to sink: inout some TextSink)

  /// Writes /proc/cpu/alignment: the number of misaligned user accesses that were completed.
  static func describeAlignment(to sink: inout some TextSink)

  /// Writes /proc/tasks, a line for each task.
  static func describeTasks(to sink: inout some TextSink)

  /// Writes /proc/locks, a line for each lock of the kernel.
  static func describeLocks(to sink: inout some TextSink)

  /// Writes /proc/trace and stops recording.
  static func describeTrace(to sink: inout some TextSink)

  /// Clears the trace and starts recording, or stops it.
  static func controlTrace(_ isOn: Bool)

  /// Records the name of a task in the trace: up to 15 bytes, padded with zeros.
  static func traceName(_ name: InlineArray<16, UInt8>, of task: UInt32)

  /// Writes /proc/vdso for a process whose vDSO is at `address`; nil for a process without one.
  static func describeVdso(to sink: inout some TextSink, at address: UserAddress?)

  /// Writes /proc/vdso.so: the vDSO's ELF file, byte for byte; nothing if there is no vDSO.
  static func writeVdsoImage(to sink: inout some TextSink)
}

/// The services that this module needs from the machine and from the rest of the kernel. The module
/// System implements them once, for every architecture; the tests with a mock. All requirements are
/// static, because there is one machine. Here are those that name a process or a type; the others
/// are in small protocols by subject.
///
/// Unless a requirement says otherwise, it is called with interrupts on and no spin lock held.
public protocol Platform:
  TaskServices, KernelLockServices, RegisterServices, ClockServices, TimerServices,
  MachineServices, TextServices
{
  /// The processor type.
  associatedtype CPU: Processor

  /// The type of translation tables.
  associatedtype Table: MMU & ~Copyable

  /// The type that gives access to physical memory.
  associatedtype Memory: PhysicalMemory

  /// Checked copies to and from the memory of the running program.
  associatedtype User: UserMemory

  /// The binary interface of the programs.
  associatedtype ABI: ProgramABI

  /// Stores the floating-point registers of the running task.
  @unsafe static func storeFloats(to state: UnsafeMutablePointer<ABI.FloatState>)

  /// Loads the floating-point registers of the running task, whose control register must be valid
  /// for a program.
  @unsafe static func loadFloats(from state: UnsafePointer<ABI.FloatState>)

  /// The process of the running task; stable as long as the task runs.
  static var process: ProcessReference<Self> { get }

  /// The thread of the running task; its record never moves.
  static var thread: ThreadReference<Self> { get }

  /// The `CallArea` of a task that runs a user thread, which the entry code uses.
  static func callArea(of task: UInt32) -> RecordReference<CallArea<Self>>

  /// The table of all processes and threads.
  static var processes: Processes<Self> { get }

  /// Creates a task with this scheduling, which does not run before `start`. It then enters user
  /// mode with the registers in `frame`, this thread pointer and the floating-point registers of
  /// the running task.
  ///
  /// - Throws: `tryAgain` if no task is free, `outOfMemory` if there is no memory for its stack.
  static func makeTask(
    _ frame: borrowing ABI.Registers, threadPointer: Word, _ scheduling: Scheduling
  ) throws(Errno) -> UInt32

  /// Makes a new task ready, as a thread of `process`.
  static func start(_ task: UInt32, in process: ProcessReference<Self>)

  /// Makes an empty translation table.
  ///
  /// - Throws: `outOfMemory`.
  static func makeTable(_ pool: FramePool<CPU, Memory>) throws(MemoryError) -> Table

  /// Switches the running task to the address space of `process`, or to none for nil.
  static func activate(_ process: ProcessReference<Self>?)

  /// Maps the vDSO into `space`, with the process's [vvar] page in `processPageFrame`.
  ///
  /// - Returns: the mapping; nil if there is no vDSO or no memory, and `space` is unchanged then.
  static func loadVdso(
    into space: inout AddressSpace<Table, CPU, Memory>, processPageFrame: PhysicalFrame
  ) -> VdsoMapping?

  /// Replaces the parent's [vvar] page in a forked address space by the child's in
  /// `processPageFrame`.
  static func replaceVdsoProcessPage(
    _ mapping: VdsoMapping, in space: inout AddressSpace<Table, CPU, Memory>,
    processPageFrame: PhysicalFrame
  ) -> VdsoMapping

  /// Starts to publish the CPU time and the CPU of `task` in its process's [vvar] page, which is
  /// written each time the task is switched in. `task` must be the only thread of `process`, with
  /// number `thread`, and must be the running task or a new one. Does nothing without a vDSO.
  static func publishTimes(
    of process: ProcessReference<Self>, _ task: UInt32, thread: UInt32)

  /// Stops publishing in the [vvar] page of `task`'s process; readers then make a system call. For
  /// a process that gets a second thread, and before the page is freed.
  static func stopPublishingTimes(of task: UInt32)
}

extension Platform {
  /// A preemption point in a long call. At most about 4,000 instructions pass between two of them,
  /// and the state is consistent there, because other threads run and may change it: memory,
  /// descriptors, files.
  ///
  /// - Returns: true if the call must end now with what it has done: the thread is dying or, with
  ///   `isInterruptible`, it has a signal to deliver.
  @inline(never)
  static func mustEnd(isInterruptible: Bool = false) -> Bool {
    preemptionPoint()
    let thread = self.thread
    guard thread.pointee.isInterrupted else { return false }
    return isInterruptible || Thread<Self>.isDying(thread)
  }

  /// The monotonic time at which `clock` will show `time`, both in nanoseconds. Never 0; the
  /// current time if `time` has passed, `.max` if it is too far.
  @inline(never)
  static func deadline(_ time: UInt64, on clock: ClockIdentifier) -> UInt64 {
    let now = self.timeCold(clock).totalNanoseconds ?? 0
    let (deadline, isFar) =
      monotonicNanoseconds().addingReportingOverflow(time > now ? time - now : 0)
    return isFar ? .max : max(deadline, 1)
  }

  /// `time` as a call that is not inlined, for rare uses.
  @inline(never)
  static func timeCold(_ clock: ClockIdentifier) -> Timespec { time(clock) }
}
