// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion

/// A reference to a process.
public typealias ProcessReference<P: Platform> = RecordReference<Process<P>>

/// A reference to a thread.
public typealias ThreadReference<P: Platform> = RecordReference<Thread<P>>

/// The services that this module needs from the machine and from the rest of the kernel. The module
/// System implements them once, for every architecture; the tests with a mock. All requirements are
/// static, because there is one machine. Here are those that name a process or a type; the others
/// are in small protocols by subject.
///
/// Unless a requirement says otherwise, it is called with interrupts on and no spin lock held.
public protocol Platform:
  FilePlatform, ScheduleServices, InheritanceServices, KernelLockServices, RegisterServices,
  TimerServices
{
  /// The process of the running task; stable as long as the task runs.
  static var process: ProcessReference<Self> { get }

  /// The thread of the running task; its record never moves.
  static var thread: ThreadReference<Self> { get }

  /// The `CallArea` of a task that runs a user thread, which the entry code uses.
  static func callArea(of task: TaskNumber) -> RecordReference<CallArea<Self>>

  /// The table of all processes and threads.
  static var processes: Processes<Self> { get }

  /// Creates a task with this scheduling, which does not run before `start`. It then enters user
  /// mode with the registers in `frame`, this thread pointer and the floating-point registers of
  /// the running task.
  ///
  /// - Throws: `tryAgain` if no task is free, `outOfMemory` if there is no memory for its stack.
  static func makeTask(
    _ frame: borrowing ABI.Registers, threadPointer: Word, _ scheduling: Scheduling
  ) throws(Errno) -> TaskNumber

  /// Makes a new task ready, as a thread of `process`.
  static func start(_ task: TaskNumber, in process: ProcessReference<Self>)

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
    of process: ProcessReference<Self>, _ task: TaskNumber, thread: ThreadID)

  /// Stops publishing in the [vvar] page of `task`'s process; readers then make a system call. For
  /// a process that gets a second thread, and before the page is freed.
  static func stopPublishingTimes(of task: TaskNumber)
}
