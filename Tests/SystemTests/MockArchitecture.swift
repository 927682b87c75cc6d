// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VmRegion
import VmRegionMocks

@testable import System

/// Which CPU the test speaks for, and whether its interrupts are masked.
enum TestProcessor: Processor {
  nonisolated(unsafe) static var number: UInt32 = 0
  nonisolated(unsafe) static var isMasked = false

  static func maskInterrupts() -> InterruptState {
    defer { isMasked = true }
    return InterruptState(rawValue: isMasked ? 1 : 0)
  }
  static func restoreInterrupts(_ state: InterruptState) { isMasked = state.rawValue != 0 }
  static func memoryBarrier() {}
  static func storeBarrier() {}
  static func relax() {}
  static func waitForInterrupt() {}
}

/// A context switch that returns at once: afterwards the test acts as the task that was switched
/// in.
enum TestContext: ContextSwitch {
  nonisolated(unsafe) static var runningTask: UInt32 = 0
  nonisolated(unsafe) static var runningOwner: UInt32 = 0
  nonisolated(unsafe) static var isRescheduleDue = false
  nonisolated(unsafe) static var isInInterrupt = false
  nonisolated(unsafe) static var activations: [UInt64] = []

  static func switchStack(saving saved: UnsafeMutablePointer<UInt32>, to newStack: UInt32) {}
  static func prepareStack(
    top: UInt32, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> UInt32 { top }
  static func activate(addressSpace: UInt64) { activations.append(addressSpace) }
}

/// A counter of nanoseconds, which the test sets.
enum TestClock: Counter {
  nonisolated(unsafe) static var count: UInt64 = 0
  nonisolated(unsafe) static var deadline: UInt64?

  static var frequency: UInt32 { 1_000_000_000 }
  static func read() -> UInt64 { count }
  static func setDeadline(_ count: UInt64) { deadline = count }
  static func stopDeadline() { deadline = nil }
}

/// Sixteen stacks in the host's memory; a word is an offset in it.
enum TestSpace: KernelSpace {
  static let slot = 0x4000
  nonisolated(unsafe) static let memory = UnsafeMutableRawPointer.allocate(
    byteCount: 0x40_0000, alignment: 0x4000)
  nonisolated(unsafe) static var mapped: [UInt32: InlineArray<3, PhysicalFrame>] = [:]

  static var stackCount: UInt32 { 16 }
  static var stackSize: Int { 0x3000 }
  static func mapStack(_ index: UInt32, pages: InlineArray<3, PhysicalFrame>) -> UInt32 {
    precondition(mapped[index] == nil, "stack \(index) is mapped twice")
    mapped[index] = pages
    return UInt32(slot) * (index + 1) - 16
  }
  static func unmapStack(_ index: UInt32) -> InlineArray<3, PhysicalFrame> {
    guard let pages = mapped.removeValue(forKey: index) else { fatalError("no stack \(index)") }
    return pages
  }
  static func stack(of index: UInt32) -> UnsafeMutableRawPointer {
    memory + slot * Int(index) + 0x1000
  }
  static var bootStack: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: stack(of: 0), count: 0x1000)
  }
  static func callArea(of index: UInt32) -> UnsafeMutableRawPointer {
    memory + slot * Int(index + 1) - 16
  }
  static func word(of pointer: UnsafeMutableRawPointer) -> UInt32 { UInt32(pointer - memory) }
  static func pointer(of word: UInt32) -> UnsafeMutableRawPointer { memory + Int(word) }
  /// Memory after the stacks, for the values that owner words refer to.
  static var rest: UnsafeMutableRawPointer { memory + slot * Int(stackCount) }
}

/// Registers that the test reads.
enum TestRegisters: UserRegisters {
  nonisolated(unsafe) static var threadPointer: UInt32 = 0
  nonisolated(unsafe) static var resets = 0
  nonisolated(unsafe) static var prepared: [(top: UInt32, threadPointer: UInt32)] = []
  nonisolated(unsafe) static var float: UInt32 = 0

  static func prepareStack(
    top: UInt32, frame: UnsafeRawPointer, threadPointer: UInt32
  ) -> UInt32 {
    prepared.append((top, threadPointer))
    return top - 72
  }
  static func reset() { resets += 1 }
  static func setThreadPointer(_ value: UInt32) { threadPointer = value }
  static func storeFloats(to words: UnsafeMutableRawPointer) {
    words.storeBytes(of: float, as: UInt32.self)
  }
  static func loadFloats(from words: UnsafeRawPointer) { float = words.load(as: UInt32.self) }
}

/// The control of all CPUs; it records its calls.
enum TestControl: MachineControl {
  nonisolated(unsafe) static var powerOffs: [UInt32] = []
  nonisolated(unsafe) static var counts = false
  nonisolated(unsafe) static var instructions: UInt32 = 0
  /// The amount that each read of the instruction counter adds to it.
  nonisolated(unsafe) static var step: UInt32 = 0

  nonisolated(unsafe) static var counted: [InterruptKind] = []
  nonisolated(unsafe) static var hasInterruptedProgram = false
  nonisolated(unsafe) static var stops = 0
  static func interruptCount(of cpu: UInt32, _ kind: InterruptKind) -> UInt32 {
    kind.rawValue * 100 + 500 + cpu
  }
  static func countInterrupt(_ kind: InterruptKind) { counted.append(kind) }
  static func stopProcessor() { stops += 1 }
  static func describeProcessor(_ cpu: UInt32, to sink: inout some TextSink) {
    sink.text("cpu ")
    sink.decimal(UInt64(cpu))
    sink.text("\n")
  }
  static func describeAlignment(to sink: inout some TextSink) { sink.text("User:\n") }
  static func task(of cpu: UInt32) -> UInt32 { TestContext.runningTask }
  static func startCountingInstructions() -> Bool { counts }
  static var instructionCount: UInt32 {
    instructions &+= step
    return instructions
  }
  static func powerOff(status: UInt32) { powerOffs.append(status) }
}

/// An interrupt controller of 64 lines, which records what is enabled and disabled.
struct TestController: SilentLines {
  nonisolated(unsafe) static var calls: [String] = []
  var lineCount: UInt32 { 64 }
  static var hasPriorities: Bool { false }
  static var firstIPILine: UInt32 { 4 }
  func isBanked(line: UInt32) -> Bool { line < 32 }
  func enable(line: UInt32, on processor: UInt32) {
    Self.calls.append("enable \(line) on \(processor)")
  }
  func disable(line: UInt32, on processor: UInt32) {
    Self.calls.append("disable \(line) on \(processor)")
  }
}

/// What the registry of lines and the system need besides; it records the IPIs.
enum TestInterrupts: SystemInterrupts {
  typealias CPU = TestProcessor
  nonisolated(unsafe) static var sent: [(InterprocessorInterrupt, UInt32)] = []
  static func sendIPI(_ interrupt: InterprocessorInterrupt, to cpus: UInt32) {
    sent.append((interrupt, cpus))
  }
  static var timerLine: UInt32 { 27 }
  static var controller: TestController { TestController() }
  static var interruptDepth: UInt32 { 0 }
  static var hasStackRoom: Bool { true }
  static func enableInterrupts() {}
  static func targets(of processors: UInt32) -> UInt32? { processors }
  static func awaitHandlers() {}
}

/// A console of two arrays.
enum TestConsole: SystemConsole {
  nonisolated(unsafe) static var output: [UInt8] = []
  nonisolated(unsafe) static var input: [UInt8] = []

  static func put(_ byte: UInt8) { output.append(byte) }
  static func get() -> UInt8? { input.isEmpty ? nil : input.removeFirst() }
}

/// C code that remembers its ticks, and which tasks were ready when each came.
enum TestCode {
  nonisolated(unsafe) static var ticks: [UInt64] = []
  nonisolated(unsafe) static var hasTimers = false
  nonisolated(unsafe) static var atTick: () -> Void = {}
  /// The rows of each text, by its number.
  nonisolated(unsafe) static var rows: [UInt32: [UInt32: String]] = [:]

  static func reset() { (ticks, hasTimers, atTick, rows) = ([], false, {}, [:]) }

  static var hooks: KernelHooks {
    var hooks = KernelHooks()
    hooks.tick = { count in
      TestCode.ticks.append(count)
      TestCode.atTick()
    }
    hooks.hasTimers = { TestCode.hasTimers }
    hooks.row = { text, index, bytes, room in
      guard let rows = TestCode.rows[text], index <= rows.keys.max() ?? 0 else { return 0 }
      guard let row = rows[index]?.utf8.prefix(room) else { return -1 }
      for (place, byte) in row.enumerated() { bytes[place] = byte }
      return row.count
    }
    return hooks
  }
}

/// Programs' memory that does not exist.
enum NoUser: UserMemory {
  static func copyIn(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, count: Int
  ) -> Bool { false }
  static func copyOut(_ source: UnsafeRawPointer, to address: UInt32, count: Int) -> Bool { false }
  static func copyString(
    _ destination: UnsafeMutableRawPointer, from address: UInt32, room: Int
  ) -> Int? { nil }
}

/// A table that maps in a dictionary.
struct TestTable: ProgramTable, ~Copyable {
  typealias CPU = TestProcessor
  typealias Memory = MockMemory
  private var pages = MockMMU()

  static func make(in pool: FramePool<TestProcessor, MockMemory>) -> TestTable { TestTable() }
  mutating func encode() -> UInt64 { 0x5_0000_0001 }

  mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) { try pages.map(page, to: frame, permissions) }
  mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? { pages.unmap(page) }
  mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    pages.protect(page, permissions)
  }
  borrowing func lookup(_ page: VirtualPage) -> Translation? { pages.lookup(page) }
  borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? { pages.firstMapped(from: page, below: limit) }
  mutating func release() { pages.release() }
}

/// A machine for host tests.
enum MockArchitecture: Architecture {
  typealias CPU = TestProcessor
  typealias SchedulerCPU = TestProcessor
  typealias Context = TestContext
  typealias Clock = TestClock
  typealias Table = TestTable
  typealias Memory = MockMemory
  typealias User = NoUser
  typealias ABI = ARMEABI
  typealias Space = TestSpace
  typealias Registers = TestRegisters
  typealias Interrupts = TestInterrupts
  typealias Control = TestControl
  typealias Console = TestConsole

  nonisolated(unsafe) static let storage = UnsafeMutablePointer<System<MockArchitecture>>.allocate(
    capacity: 1)

  static var lineHandler: InterruptHandler {
    { number, _ in System<MockArchitecture>.serveLine(number) }
  }

  static var fileSource: FileSource {
    { path, page, frame in
      UserServices<MockArchitecture>.writePage(path, page: page, frame: frame)
    }
  }
}
