// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion
import VmRegionMocks

@testable import UserSpace

/// Access to the program's memory for host tests: through its space, page by page, with the
/// program's own permissions.
enum MockUserOf<Interface: TestABI>: UserMemory {
  static func copyIn(_ destination: UnsafeMutableRawPointer, from range: UserRange) -> Bool {
    var bytes = MutableRawSpan(_unsafeStart: destination, byteCount: Int(range.count))
    do {
      try MockOf<Interface>.process.pointee.space.read(from: range.base, into: &bytes)
      return true
    } catch { return false }
  }

  static func copyOut(_ source: UnsafeRawPointer, to range: UserRange) -> Bool {
    do {
      try MockOf<Interface>.process.pointee.space.write(
        RawSpan(_unsafeStart: source, byteCount: Int(range.count)), to: range.base)
      return true
    } catch { return false }
  }

  static func copyString(
    _ destination: UnsafeMutableRawPointer, from range: UserRange
  ) -> Word? {
    for index in 0..<range.count {
      let place = destination + Int(index)
      guard let byte = UserRange(base: range.base &+ index, count: 1), copyIn(place, from: byte)
      else { return nil }
      if place.load(as: UInt8.self) == 0 { return index }
    }
    return range.count
  }
}

/// An interface of programs for the tests, with the state of its machine.
protocol TestABI: ProgramABI {
  static var state: MockOf<Self>.State { get set }
}

extension ARMEABI: TestABI {
  nonisolated(unsafe) static var state = MockOf<ARMEABI>.State()
}

/// The machine of most tests.
typealias MockPlatform = MockOf<ARMEABI>
typealias MockUser = MockUserOf<ARMEABI>

/// A counter whose counts are nanoseconds.
enum NanosecondCounter: Counter {
  static var frequency: UInt32 { 1_000_000_000 }
  static func read() -> UInt64 { 0 }
  static func setDeadline(_ count: UInt64) {}
  static func stopDeadline() {}
}

/// The machine under user space for host tests: all of it is plain state.
enum MockOf<Interface: TestABI>: Platform {
  typealias CPU = MockProcessor
  typealias Table = MockMMU
  typealias Memory = MockMemory
  typealias User = MockUserOf<Interface>
  typealias ABI = Interface

  struct State {
    init() {}
    var process: ProcessReference<MockOf<Interface>>?
    var files = RootFiles()
    let openFiles = OpenFiles(
      in: UnsafeMutableRawPointer.allocate(byteCount: OpenFiles.size, alignment: 16))
    var commandLine = ImmortalBytes()
    var console: [UInt8] = []
    var input: [UInt8] = []
    /// The bytes that the console accepts before a write of it waits.
    var consoleRoom: UInt32 = 768
    var ends: [ProcessEnd] = []
    var sleeps: [UInt64] = []
    var yields = 0
    /// The number of preemption points, and what others do at them.
    var points = 0
    var atPoint: ((Int) -> Void)?
    /// How often the kernel lock was acquired, and whether it is held.
    var kernelEntries = 0
    var isInKernel = false
    var threadPointer: Word = 0
    var wall = Timespec(seconds: 1_700_000_000, nanoseconds: 123_456_789)
    var monotonic: UInt64 = 5_000_000_000
    var isVdsoOn = true
    var ownPages: [UInt32] = []
    var adjustments: [ClockAdjustment] = []
    var adjustmentAnswer: ClockAdjustment?
    var randomCalls: UInt8 = 0
    /// The task that runs, and the frames of those that were made.
    var task: UInt32 = 0
    var tasks: [UInt32: ABI.Registers] = [:]
    var taskLimit = 8
    /// The `map` of the next tables that fails.
    var failingMap: Int?
    var starts: [UInt32] = []
    var wakes: [UInt32] = []
    var flagged: [UInt32] = []
    var taskEnds: [UInt32] = []
    var deadlines: [UInt64] = []
    /// Actions of other tasks while the running task waits, one for each wait. A wait without an
    /// action would never end, which is a failure.
    var whileWaiting: [() -> Void] = []
    /// Whether a signal ends each wait that nothing else does.
    var isImpatient = false
    var activations: [UInt?] = []
    var resets = 0
    /// How often ended tasks were reclaimed.
    var collections = 0
    /// d0 to d31 and FPSCR.
    var floats = [UInt32](repeating: 0, count: 65)
    /// Journals of the tables that fork and exec make.
    var journals: [MockMMU.Journal] = []
    var processes = MockOf.makeProcesses()
    /// The CPU time of tasks, if the test sets it.
    var runTimes: [UInt32: CPUTime] = [:]
    var tickCounts: [UInt32: TickCounts] = [:]
    var watchesProcessorTime = false
    let timeouts = MockTimeouts()
    let callAreas = UnsafeMutablePointer<CallArea<MockOf<Interface>>>.allocate(capacity: taskCount)
  }

  static var taskCount: Int { 16 }

  static func makeProcesses() -> Processes<MockOf<Interface>> {
    let size = ProcessTable<MockOf<Interface>>.size(taskCount: taskCount)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    let table = UnsafeMutablePointer<ProcessTable<MockOf<Interface>>>.allocate(capacity: 1)
    let guarded = UnsafeMutablePointer<Guarded<MockProcessor, ProcessTable<MockOf<Interface>>>>
      .allocate(capacity: 1)
    guarded.initialize(
      to: Guarded(
        ProcessTable(in: memory, taskCount: taskCount), level: .processes, in: table))
    return Processes(guarded)
  }

  static var task: UInt32 { state.task }
  static var processes: Processes<MockOf<Interface>> { state.processes }
  static var thread: ThreadReference<MockOf<Interface>> {
    processes.thread(of: state.task)
  }
  static func callArea(of task: UInt32) -> RecordReference<CallArea<MockOf<Interface>>> {
    RecordReference(at: state.callAreas + Int(task))
  }
  static func wait(until deadline: UInt64) {
    state.deadlines.append(deadline)
    if !state.whileWaiting.isEmpty {
      state.whileWaiting.removeFirst()()
    } else if state.isImpatient, deadline == .max {
      thread.pointee.signals.isPending = true
    } else if deadline != .max {
      let passed = Timespec(totalNanoseconds: max(state.monotonic, deadline) - state.monotonic)
      state.monotonic = max(state.monotonic, deadline)
      state.wall = state.wall + passed
    } else {
      fatalError("a wait without an end")
    }
  }
  static func wake(_ task: UInt32) { state.wakes.append(task) }
  static func requestUserReturnWork(_ task: UInt32) { state.flagged.append(task) }
  static func scheduleTimer(_ number: UInt32, at deadline: UInt64) -> TimeoutHandle? {
    state.timeouts.schedule(number, at: deadline)
  }
  static func cancelTimer(_ handle: TimeoutHandle) { state.timeouts.cancel(handle) }
  static func watchCPUTime(_ isWanted: Bool) { state.watchesProcessorTime = isWanted }
  static func makeTask(
    _ frame: borrowing ABI.Registers, threadPointer: Word, _ scheduling: Scheduling
  ) throws(Errno) -> UInt32 {
    guard state.tasks.count + 1 < state.taskLimit else { throw .tryAgain }
    var task: UInt32 = 1
    while state.tasks[task] != nil { task += 1 }
    state.tasks[task] = copy frame
    return task
  }
  static func schedule(_ task: UInt32, _ policy: SchedulingPolicy, priority: UInt8) {}
  static func freeTask(_ task: UInt32) { state.tasks[task] = nil }
  static func start(_ task: UInt32, in process: ProcessReference<MockOf<Interface>>) {
    state.starts.append(task)
  }
  static func reclaimTasks() { state.collections += 1 }
  static var processors: UInt32 { 1 }
  static func affinity(of task: UInt32) -> UInt32 { 1 }
  static func setAffinity(_ mask: UInt32, of task: UInt32) {}
  static func endTask() {
    state.taskEnds.append(state.task)
    state.tasks[state.task] = nil
  }
  static func makeTable(_ pool: MockPool) throws(MemoryError) -> MockMMU {
    let frame = try pool.allocate(zeroed: false)  // A table costs something.
    pool.release(frame)
    let journal = MockMMU.Journal()
    journal.failingMap = state.failingMap
    state.journals.append(journal)
    return MockMMU(journal: journal)
  }
  static func activate(_ process: ProcessReference<MockOf<Interface>>?) {
    state.activations.append(process.map { UInt(bitPattern: $0.address) })
  }
  static func resetRegisters() { state.resets += 1 }
  static func storeFloats(to floats: UnsafeMutablePointer<ABI.FloatState>) {
    state.floats.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: floats, count: MemoryLayout<ABI.FloatState>.size)
        .copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[..<MemoryLayout<ABI.FloatState>.size]))
    }
  }
  static func loadFloats(from floats: UnsafePointer<ABI.FloatState>) {
    state.floats.withUnsafeMutableBytes {
      $0.copyMemory(
        from: UnsafeRawBufferPointer(start: floats, count: MemoryLayout<ABI.FloatState>.size))
    }
  }
  static var threadPointer: Word { state.threadPointer }

  static var state: State {
    get { Interface.state }
    _modify { yield &Interface.state }
  }

  static var process: ProcessReference<MockOf<Interface>> {
    thread.pointee.process ?? state.process ?? { fatalError("no process") }()
  }
  static var files: RootFiles { state.files }
  static var commandLine: ImmortalBytes { state.commandLine }
  static func writeConsole(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { state.console += $0 }
  }
  static func end(_ end: ProcessEnd) { state.ends.append(end) }
  static func sleep(until deadline: UInt64) -> UInt64 {
    state.sleeps.append(deadline)
    if !state.whileWaiting.isEmpty {
      state.whileWaiting.removeFirst()()
    } else if deadline < UInt64(Int64.max) {
      state.monotonic = max(state.monotonic, deadline)
    }
    return monotonicNanoseconds()
  }
  static func yield() { state.yields += 1 }
  static func enterKernel() {
    state.kernelEntries += 1
    state.isInKernel = true
  }
  static func leaveKernel() { state.isInKernel = false }
  static func preemptionPoint() {
    state.points += 1
    state.atPoint?(state.points)
  }
  static func setThreadPointer(_ value: Word) { state.threadPointer = value }
  static func time(_ clock: ClockIdentifier) -> Timespec {
    clock.isSettable
      ? state.wall
      : Timespec(
        seconds: Int64(state.monotonic / 1_000_000_000),
        nanoseconds: Int32(state.monotonic % 1_000_000_000))
  }
  static func resolution(_ clock: ClockIdentifier) -> Timespec {
    Timespec(seconds: 0, nanoseconds: clock.isCoarse ? 1_000_000 : 1)
  }
  static var tickStatistics: TickStatistics {
    TickStatistics(ticks: 9, missed: 1, skipped: 2, interrupts: 6, idleWaits: 3)
  }
  static func monotonicNanoseconds() -> UInt64 { state.monotonic }
  /// A test starts at 5 s; the time since then without sleeps is CPU time.
  static var runTime: Timespec {
    let now = time(.monotonicRaw) - Timespec(seconds: 5, nanoseconds: 0)
    guard let process = state.process else { return now }
    return now - Timespec(totalNanoseconds: process.pointee.sleptNanoseconds)
  }
  static func tickCounts(of task: UInt32) -> TickCounts { state.tickCounts[task] ?? TickCounts() }
  static func addTime(of task: UInt32, to sum: inout CPUTime) {
    if let time = state.runTimes[task] {
      sum.add(time, scale)
    } else if task == state.task {
      sum.add(ran(runTime.totalNanoseconds ?? 0), scale)
    }
  }
  /// A task with this CPU time.
  static func ran(_ nanoseconds: UInt64) -> CPUTime {
    var time = CPUTime()
    time.advance(to: nanoseconds, on: NanosecondCounter.self, scale)
    return time
  }
  static func time(_ sum: CPUTime) -> Timespec { sum.time(scale) }
  /// Of a counter of nanoseconds.
  static var scale: ClockScale {
    guard let scale = ClockScale(frequency: 1_000_000_000) else { fatalError("no scale") }
    return scale
  }
  static func setRealtime(_ time: Timespec) -> Bool {
    guard time.seconds >= 0 else { return false }
    state.wall = time
    return true
  }
  static var counter: UInt64 { 0x1234_5678_9abc_def0 }
  static var randomizesAddresses: Bool { false }

  static func adjust(_ request: inout ClockAdjustment) -> Bool? {
    state.adjustments.append(request)
    guard let answer = state.adjustmentAnswer else { return nil }
    request = answer
    return true
  }
  static func fillRandom(_ bytes: inout MutableRawSpan) {
    state.randomCalls &+= 1
    let call = state.randomCalls
    bytes.withUnsafeMutableBytes { buffer in
      for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index) ^ call | 1 }
    }
  }
  static var contextSwitches: UInt32 { 42 }
  /// Page 0 is [vvar], page 1 [vdso]; their frames are after the pools of all tests.
  static func loadVdso(
    into space: inout MockSpace, processPageFrame: PhysicalFrame
  ) -> VdsoMapping? {
    guard state.isVdsoOn else { return nil }
    let last = MockMemory.first.number + MockMemory.capacity
    let frames = [PhysicalFrame(number: last - 2), PhysicalFrame(number: last - 1)]
    do {
      let base = try space.findFreeRange(length: 0x2000)
      _ = try space.mapSpecial(
        .fixedNoReplace(base), frames: frames.span.extracting(first: 1), permissions: .read,
        name: .vvar)
      do {
        let header = try space.mapSpecial(
          .fixedNoReplace(base + 0x1000), frames: frames.span.extracting(last: 1),
          permissions: [.read, .execute], name: .vdso)
        return VdsoMapping(
          header: header, size: 0x1000, processPageFrame: processPageFrame,
          signalReturns: SignalReturns(
            plain: header + 0x404, realTime: header + 0x414),
          unwindTable: ImageRange(start: 0x800, size: 24))
      } catch {
        space.removeSpecial(at: base)
        return nil
      }
    } catch { return nil }
  }
  static func replaceVdsoProcessPage(
    _ mapping: VdsoMapping, in space: inout MockSpace, processPageFrame: PhysicalFrame
  ) -> VdsoMapping {
    VdsoMapping(
      header: mapping.header, size: mapping.size, processPageFrame: processPageFrame,
      signalReturns: mapping.signalReturns, unwindTable: mapping.unwindTable)
  }
  static func publishTimes(
    of process: ProcessReference<MockOf<Interface>>, _ task: UInt32, thread: UInt32
  ) {
    state.ownPages.append(task)
  }
  static func stopPublishingTimes(of task: UInt32) { state.ownPages.removeAll { $0 == task } }
}
