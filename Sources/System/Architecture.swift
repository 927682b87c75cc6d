// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VmRegion

/// One port and one board, as the system sees them. A kernel has one conforming type, and names it
/// once; tests have a mock. All members are static, because there is one machine.
public protocol Architecture: SendableMetatype {
  /// The processor.
  associatedtype CPU: Processor
  /// The processor that the scheduler's locks use: `CPU`, or one that measures how long interrupts
  /// are masked.
  associatedtype SchedulerCPU: Processor
  /// The port's context switch, without CPU-time accounting; `SystemContext` adds that.
  associatedtype Context: ContextSwitch
  /// The counter and its deadlines.
  associatedtype Clock: Counter
  /// The translation tables of programs.
  associatedtype Table: ProgramTable & ~Copyable where Table.CPU == CPU, Table.Memory == Memory
  /// The access to physical memory.
  associatedtype Memory: PhysicalMemory
  /// Checked copies to and from the memory of the running program.
  associatedtype User: UserMemory
  /// The binary interface of the programs.
  associatedtype ABI: ProgramABI
  /// The kernel's own half of the address space.
  associatedtype Space: KernelSpace
  /// The registers of a program that are not in its trap frame.
  associatedtype Registers: UserRegisters
  /// The interrupt controller, and what the system needs besides.
  associatedtype Interrupts: SystemInterrupts
  /// The CPUs together: statistics, and the end of the machine.
  associatedtype Control: MachineControl
  /// The console's device.
  associatedtype Console: SystemConsole

  /// The memory of the one system. It is constant, and `System.install` initialises it at boot.
  ///
  /// - Called: any.
  /// - Tested by: `testTickPublishesThenWakesThenRunsTheTimersOfCCode`.
  static var storage: UnsafeMutablePointer<System<Self>> { get }

  /// `MappedFiles.serve` of this architecture, as a function that captures nothing.
  ///
  /// - Called: owner of the space.
  /// - Tested by: `testMemoryContentAfterEachCall`.
  static var fileSource: FileSource { get }
}

extension Architecture {
  // SAFETY: the memory is static; the boot initialises it before its first use.
  /// The system. Must not be used before `System.install`.
  public static var system: System<Self> {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(storage) }
  }
}

/// The translation table of a program.
public protocol ProgramTable: MMU, ~Copyable {
  /// The processor of the pool.
  associatedtype CPU: Processor
  /// The access to the memory of the pool's frames.
  associatedtype Memory: PhysicalMemory

  /// Makes an empty table, in frames of a pool.
  ///
  /// - Throws: `outOfMemory`.
  /// - Called: task.
  /// - Tested by: `testAHundredForksShareNoWritablePageAndLoseNoFrame`.
  static func make(in pool: FramePool<CPU, Memory>) throws(MemoryError) -> Self

  /// The address space of this table in the encoding of `ContextSwitch.activate`. The table does
  /// not move as long as a task may have it active.
  ///
  /// - Called: task.
  /// - Tested by: `testAHundredForksShareNoWritablePageAndLoseNoFrame`.
  mutating func encode() -> UInt64
}

/// The kernel's own half of the address space: the stacks of tasks, and addresses as words.
public protocol KernelSpace {
  /// The number of task stacks; a task's number selects its stack.
  ///
  /// - Called: any.
  /// - Tested by: `testStackIsThreeFramesAndMarked`.
  static var stackCount: UInt32 { get }

  /// The size of a stack in bytes, without its guard page.
  ///
  /// - Called: any.
  /// - Tested by: `testStackIsThreeFramesAndMarked`.
  static var stackSize: Int { get }

  /// Maps three frames as a stack. Returns the stack pointer of a task that has not run. The
  /// page below the stack stays unmapped.
  ///
  /// - Called: task creation, no lock.
  /// - Tested by: `testStackIsThreeFramesAndMarked`.
  static func mapStack(_ index: UInt32, pages: InlineArray<3, PhysicalFrame>) -> KernelAddress

  /// Unmaps a stack, which must not be in use, and returns its three frames.
  ///
  /// - Called: no CPU uses the stack.
  /// - Tested by: `testStackIsThreeFramesAndMarked`.
  static func unmapStack(_ index: UInt32) -> InlineArray<3, PhysicalFrame>

  /// The lowest address of a stack, just above its guard page.
  ///
  /// - Called: any.
  /// - Tested by: `testStackIsThreeFramesAndMarked`.
  static func stack(of index: UInt32) -> UnsafeMutableRawPointer

  /// The stack of the first CPU's idle task, which booted the machine on it.
  ///
  /// - Called: any.
  /// - Tested by: `testTasksAreListedWithTheirStacksAndTheLoadOfTheCPU`.
  static var bootStack: UnsafeRawBufferPointer { get }

  /// The address of the `CallArea` of a task, which lives as long as its stack.
  ///
  /// - Called: any.
  /// - Tested by: `testUserTaskKnowsItsThread`.
  static func callArea(of index: UInt32) -> UnsafeMutableRawPointer

  /// Maps a frame as a page of the window for kits that the kernel calls, which has
  /// `KernelKit.limit` times `KernelKit.mostPages`: to read and execute if it is text, else to read
  /// only. Mapping it again changes nothing.
  ///
  /// - Called: any task, no lock; always the same frame for a page.
  /// - Tested by: `testKernelKitIsMappedPageAfterPage`.
  static func mapKitPage(_ page: UInt32, to frame: PhysicalFrame, isText: Bool)

  /// The address of a page of that window.
  ///
  /// - Called: any.
  /// - Tested by: `testKernelKitIsMappedPageAfterPage`.
  static func kitPage(_ page: UInt32) -> KernelAddress

  /// A kernel address as a word, as the scheduler stores owners.
  ///
  /// - Called: any.
  /// - Tested by: `testUserTaskKnowsItsThread`.
  static func word(of pointer: UnsafeMutableRawPointer) -> UInt32

  /// The kernel address of a word that `word` made.
  ///
  /// - Called: any.
  /// - Tested by: `testUserTaskKnowsItsThread`.
  static func pointer(of word: UInt32) -> UnsafeMutableRawPointer
}

/// The registers of a program that are not in its trap frame, and its first way into user mode.
public protocol UserRegisters {
  /// Lays out the stack of a task that starts in user mode with the registers in `frame`, a
  /// `ProgramABI.Registers`, and this thread pointer. Its floating-point registers are those of the
  /// running task. Returns the stack pointer.
  ///
  /// - Called: task creation, no lock.
  /// - Tested by: `testNewTaskHasItsFrameAffinityAndPolicy`.
  static func prepareStack(
    top: KernelAddress, frame: UnsafeRawPointer, threadPointer: Word
  ) -> KernelAddress

  /// Clears the running task's floating-point registers and its thread pointer, for a new program.
  ///
  /// - Called: task.
  /// - Tested by: `testRegistersArePassedOn`.
  static func reset()

  /// The running task's thread pointer.
  ///
  /// - Called: task.
  /// - Tested by: `testRegistersArePassedOn`.
  static var threadPointer: Word { get }

  /// Sets the running task's thread pointer.
  ///
  /// - Called: task.
  /// - Tested by: `testRegistersArePassedOn`.
  static func setThreadPointer(_ value: Word)

  /// Stores the running task's floating-point registers: 65 words on ARM.
  ///
  /// - Called: task.
  /// - Tested by: `testRegistersArePassedOn`.
  @unsafe
  static func storeFloats(to words: UnsafeMutableRawPointer)

  /// Loads the running task's floating-point registers, whose control word a program may have.
  ///
  /// - Called: task.
  /// - Tested by: `testRegistersArePassedOn`.
  @unsafe
  static func loadFloats(from words: UnsafeRawPointer)
}

/// The interprocessor interrupts (IPIs). The raw value is the number of the software-generated
/// interrupt.
public enum InterprocessorInterrupt: UInt32, CaseIterable {
  /// Reschedule before you return from the interrupt.
  case reschedule = 0
  /// A panic on another CPU: stop permanently.
  case stop = 1
  /// The receiver is the timekeeping CPU from now on.
  case timekeeping = 2
}

/// The interrupt controller, what the registry of its lines needs besides, and what the system
/// does.
public protocol SystemInterrupts: InterruptPlatform {
  /// Sends an IPI to some CPUs.
  ///
  /// - Called: any, scheduler's lock too.
  /// - Tested by: `testIdleTimekeepingCPUNotifiesAnotherOne`.
  static func sendIPI(_ interrupt: InterprocessorInterrupt, to cpus: CpuMask)

  /// The interrupt controller's line of the tick.
  ///
  /// - Called: task.
  /// - Tested by: `testInterruptsAreListedByLineForEachCPU`.
  static var timerLine: UInt32 { get }
}

/// The CPUs together: statistics, and the end of the machine.
public protocol MachineControl {
  /// Counts an interrupt of the running CPU that no handler serves.
  ///
  /// - Called: interrupt, IRQ off.
  /// - Tested by: `testLineWithoutAHandlerIsDisabled`.
  static func countInterrupt(_ kind: InterruptKind)

  /// True if the interrupt that is being served interrupted a program in user mode.
  ///
  /// - Called: the tick's interrupt, IRQ off.
  /// - Tested by: `testTickIsServedByItsLine`.
  static var hasInterruptedProgram: Bool { get }

  /// Stops the running CPU permanently, because another one panics. It does not return, except in
  /// tests.
  ///
  /// - Called: the IPI `stop`, IRQ off.
  /// - Tested by: `testIPIsAreServedByTheirLines`.
  static func stopProcessor()

  /// The number of interrupts of a CPU by kind. Wraps at 32 bits.
  ///
  /// - Called: any.
  /// - Tested by: `testInterruptsAreListedByLineForEachCPU`.
  static func interruptCount(of cpu: UInt32, _ kind: InterruptKind) -> UInt32

  /// Writes the entry of a running CPU in /proc/cpuinfo, with the blank line after it.
  ///
  /// - Called: task.
  /// - Tested by: `testCPUInfoDescribesEachCPUAndTheAlignmentFaults`.
  static func describeProcessor(_ cpu: UInt32, to sink: inout some TextSink)

  /// Writes /proc/cpu/alignment.
  ///
  /// - Called: task.
  /// - Tested by: `testCPUInfoDescribesEachCPUAndTheAlignmentFaults`.
  static func describeAlignment(to sink: inout some TextSink)

  /// The number of the task that a CPU runs.
  ///
  /// - Called: any.
  /// - Tested by: `testProgramIsTracedFromBeginningToEnd`.
  static func task(of cpu: UInt32) -> TaskNumber

  /// Starts the running CPU's instruction counter; false if the machine cannot count.
  ///
  /// - Called: cpu.
  /// - Tested by: `testMissingCounterMeasuresNothing`.
  static func startCountingInstructions() -> Bool

  /// The number of instructions since an arbitrary start; wraps.
  ///
  /// - Called: any.
  /// - Tested by: `testLongestUpdateOfATickIsKept`.
  static var instructionCount: UInt32 { get }

  /// Powers the machine off with a status.
  ///
  /// - Called: task.
  /// - Tested by: `testEndOfTheFirstProcessEndsTheMachine`.
  static func powerOff(status: UInt32)
}

/// The console.
public protocol SystemConsole {
  /// The type of the console's device.
  associatedtype Device: SerialDevice

  /// The device; nil without one. Its functions are called with interrupts masked, by one CPU at a
  /// time: under the console's lock, or in a panic.
  ///
  /// - Returns: nil: there is none.
  /// - Called: console's lock, a panic.
  /// - Tested by: `testConsoleGetsEveryByte`.
  static var device: Device? { get }

  /// The device's interrupt line; `.max` if it has none, and then each tick serves it.
  ///
  /// - Called: boot.
  /// - Tested by: `testConsoleLineIsServed`.
  static var line: UInt32 { get }

  /// True after a panic has stopped all other code: the console is used without its lock.
  ///
  /// - Called: any.
  /// - Tested by: `testConsoleNeedsNoLockInAPanic`.
  static var isAlone: Bool { get }
}

extension SystemConsole {
  /// Sends a byte. False if the device accepts none at the moment.
  @inline(__always)
  public static func offer(_ byte: UInt8) -> Bool { device?.offer(byte) ?? true }
}
