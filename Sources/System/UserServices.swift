// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VdsoModule
import VmRegion

/// What user space needs of the system (`Platform`), on any architecture.
public enum UserServices<A: Architecture>: Platform {
  /// The processor type.
  public typealias CPU = A.CPU
  /// The type of translation tables.
  public typealias Table = A.Table
  /// The type that gives access to physical memory.
  public typealias Memory = A.Memory
  /// Checked copies to and from the memory of the running program.
  public typealias User = A.User
  /// The binary interface of the programs.
  public typealias ABI = A.ABI

  /// The table of all processes and threads.
  public static var processes: Processes<UserServices> { A.system.processes }

  /// The file tree.
  public static var tree: RecordReference<TreeState<A.CPU, A.Memory>> { A.system.tree }

  /// All open files.
  public static var openFiles: OpenFiles { A.system.openFiles }

  /// What open files have besides their nodes.
  public static var fileObjects: RecordReference<FileObjects<A.CPU, A.Memory>> {
    A.system.fileObjects
  }

  /// The waiters for the console, and the lock of all such queues.
  public static var consoleWaiters: ConsoleWaiters<A.CPU> { A.system.consoleWaiters }

  /// `MappedFiles.serve`, for address spaces.
  public static var fileSource: FileSource { A.fileSource }

  /// The kernel's command line, for /proc/cmdline.
  public static var commandLine: ImmortalBytes { A.system.options.commandLine }

  /// The current time of a clock.
  @inline(__always)
  public static func time(_ clock: ClockIdentifier) -> Timespec {
    A.system.ticks.timekeeper.read(clock)
  }

  /// The resolution of a clock.
  public static func resolution(_ clock: ClockIdentifier) -> Timespec {
    A.system.ticks.timekeeper.resolution(of: clock)
  }

  /// The statistics of the tick.
  public static var tickStatistics: TickStatistics { A.system.ticks.statistics() }

  /// The CPU time of the running task.
  @inline(__always)
  public static var runTime: Timespec { TaskClocks<A>.runTime }

  /// How often the tick interrupted a task in user mode and in the kernel.
  public static func tickCounts(of task: TaskNumber) -> TickCounts { TaskClocks<A>.ticks(of: task) }

  /// Adds the CPU time of a task, up to now, to `sum`.
  public static func addTime(of task: TaskNumber, to sum: inout CPUTime) {
    TaskClocks<A>.addTime(of: task, to: &sum)
  }

  /// Converts a sum of CPU times to seconds and nanoseconds.
  public static func time(_ sum: CPUTime) -> Timespec { TaskClocks<A>.time(sum) }

  /// Monotonic time in nanoseconds since boot.
  @inline(never)
  public static func monotonicNanoseconds() -> UInt64 {
    A.system.ticks.timekeeper.monotonicNanoseconds()
  }

  /// Sets the wall clock and publishes it.
  public static func setRealtime(_ time: Timespec) -> Bool {
    do {
      try A.system.ticks.timekeeper.setRealtime(time)
      return true
    } catch {
      return false
    }
  }

  /// The current value of the counter that the vDSO reads.
  public static var counter: UInt64 { A.Clock.read() }

  /// Whether user addresses are randomised.
  public static var randomizesAddresses: Bool { A.system.options.randomizesAddresses }

  /// Applies `request` to the clock discipline, publishes the result and fills in the answer, as
  /// `Timekeeper.adjust` does (adjtimex(2)).
  public static func adjust(_ request: inout ClockAdjustment) -> Bool? {
    let isSynchronised = A.system.ticks.timekeeper.adjust(&request)
    // Idle CPUs have programmed their timers at the old rate: they do so again.
    let others = processors.subtracting(CpuMask(cpu: A.CPU.number))
    if isSynchronised != nil, !others.isEmpty { A.Interrupts.sendIPI(.reschedule, to: others) }
    return isSynchronised
  }

  /// Fills `bytes` with random numbers.
  public static func fillRandom(_ bytes: inout MutableRawSpan) {
    A.system.random.withLock { $0.fill(&bytes) }
  }

  /// Maps the vDSO into `space`, with the process's [vvar] page in `processPageFrame`.
  public static func loadVdso(
    into space: inout AddressSpace<A.Table, A.CPU, A.Memory>, processPageFrame: PhysicalFrame
  ) -> VdsoMapping? {
    let start = A.Control.instructionCount
    do {
      let mapping = try A.system.vdso.load(into: &space, processPageFrame: processPageFrame)
      // SAFETY: the word is a statistic, read and written as a whole. Wrapping: the counter does.
      unsafe A.storage.pointee.lastLoad = A.Control.instructionCount &- start
      return mapping
    } catch {
      return nil
    }
  }

  /// Replaces the parent's [vvar] page in a forked address space by the child's in
  /// `processPageFrame`.
  public static func replaceVdsoProcessPage(
    _ mapping: VdsoMapping, in space: inout AddressSpace<A.Table, A.CPU, A.Memory>,
    processPageFrame: PhysicalFrame
  ) -> VdsoMapping {
    A.system.vdso.replaceProcessPage(mapping, in: &space, processPageFrame: processPageFrame)
  }

  /// Writes /proc/vdso for a process whose vDSO is at `address`.
  public static func describeVdso(to sink: inout some TextSink, at address: UserAddress?) {
    A.system.vdso.describe(
      to: &sink,
      VdsoStatistics(
        address: address, updates: A.system.publisher.writer.updateCount,
        age: A.system.publisher.writer.ageNanoseconds(
          at: A.Clock.read(), frequency: A.Clock.frequency),
        worstUpdate: A.system.publisher.worstUpdate,
        worstNewLine: A.system.publisher.worstNewLine,
        lastLoad: A.system.publisher.canCount ? A.system.lastLoad : nil,
        counterFault: A.system.counterFault))
  }

  /// Writes /proc/vdso.so: the vDSO's ELF file, byte for byte.
  public static func writeVdsoImage(to sink: inout some TextSink) {
    guard case .on(let image) = A.system.vdso.state else { return }
    // SAFETY: the image is in the linear map, is never unmapped, and was checked to have `size`
    // bytes; any byte is a valid value.
    let bytes = unsafe A.Memory.pointer(to: A.system.vdso.firstTextFrame)
    for offset in 0..<Int(image.size) {
      sink.put(unsafe bytes.load(fromByteOffset: offset, as: UInt8.self))
    }
  }
}
