// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The table entry of a process: its numbers and its exit status. It outlives the process's memory.
@safe struct ProcessEntry<P: Platform> {
  /// The process number; `zero` marks a free slot.
  var identifier = ProcessID.zero
  /// How many processes were made before it. Wrapping: after 2^32 processes.
  var serial: UInt32 = 0
  /// The parent's number; `zero` for the first process.
  var parent = ProcessID.zero
  /// The process group, and below it the session.
  var group = ProcessID.zero
  var session = ProcessID.zero
  /// Its controlling terminal; nil if it has none.
  var terminal: TerminalNumber?
  /// The task of the parent's thread that created the process, or of that thread's successor; nil
  /// if there is none.
  var creator: TaskNumber?
  /// True after an exec: the parent may then no longer move the process to another group.
  var hasExecuted = false
  /// The process record; nil before it exists and for a zombie.
  var record: ProcessReference<P>?
  /// The frame that the record occupies; nil if it is not from the frame pool.
  var frame: PhysicalFrame?
  /// The exit status in wait4's format.
  var status: UInt32 = 0
  /// The signal sent to the parent when the process ends; 0 for none.
  var endSignal: UInt8 = 0
  /// The CPU time used, valid once the process has ended.
  var use = CPUUsage()
  /// When it was created, in monotonic nanoseconds.
  var started: UInt64 = 0
  /// The name of its first thread, valid once the process has ended.
  var name = InlineArray<16, UInt8>(repeating: 0)
  /// The process has ended, and its parent has not collected the status yet.
  var isZombie = false
}

// SAFETY: indices are below the capacities of the tables, whose memory is never freed.
/// All processes and threads, in tables of fixed size. One lock protects the whole (`Processes`).
/// Interrupts are masked while it is held. A walk over all processes, threads or timers that does
/// costly work therefore handles one or a few of them; its caller loops and releases the lock in
/// between.
@safe public struct ProcessTable<P: Platform>: ~Copyable {
  /// The maximum number of processes, including zombies.
  public static var capacity: Int { 128 }
  /// Linux' default of pid_max.
  private static var numberLimit: UInt32 { 32768 }

  let entries: RecordTable<ProcessEntry<P>>
  let threads: RecordTable<Thread<P>>
  let timers: RecordTable<ProcessTimer>
  /// The sessions of the terminals, by their numbers.
  let terminals: RecordTable<TerminalSession>
  /// All threads have lower indices than `threadEnd`, and all processes than `entryEnd`.
  private(set) var threadEnd = 0
  private(set) var entryEnd = 0
  /// The number that was allocated last.
  private(set) var lastNumber: UInt32 = 1
  private var hasWrapped = false
  /// How many processes were made after the first one.
  private(set) var made: UInt32 = 0
  /// All timers have lower indices than this.
  var timerEnd = 0
  /// The position from which `Processes.clockWasStepped` continues its walk; .max before the first
  /// one.
  var stepPosition = Int.max
  /// What names this machine.
  var names = MachineNames()
  let futexes: FutexQueues
  var ownedFutexes: OwnedFutexes
  var signals: SignalPool
  private let pinned = Pinned()

  /// The size in bytes of a table for `taskCount` tasks.
  public static func size(taskCount: Int) -> Int {
    MemoryLayout<ProcessEntry<P>>.stride * capacity + MemoryLayout<Thread<P>>.stride * taskCount
      + MemoryLayout<ProcessTimer>.stride * timerCapacity
      + MemoryLayout<TerminalSession>.stride * TerminalNumber.count + SignalPool.size
      + FutexQueues.size(taskCount: taskCount) + OwnedFutexes.size(taskCount: taskCount)
  }

  /// An empty table in the `size(taskCount:)` bytes at `memory`, aligned to 8, which are never
  /// freed.
  public init(in memory: UnsafeMutableRawPointer, taskCount: Int) {
    var rest = unsafe RecordMemory(memory, byteCount: Self.size(taskCount: taskCount))
    entries = rest.table(Self.capacity) { _ in ProcessEntry() }
    threads = rest.table(taskCount) { Thread(task: TaskNumber(index: $0)) }
    ownedFutexes = OwnedFutexes(in: &rest, taskCount: taskCount)
    futexes = FutexQueues(in: &rest, taskCount: taskCount)
    timers = rest.table(Self.timerCapacity) { _ in ProcessTimer() }
    terminals = rest.table(TerminalNumber.count) { _ in TerminalSession() }
    signals = SignalPool(in: &rest)
  }

  /// The record of the thread of `task`.
  func thread(_ task: TaskNumber) -> ThreadReference<P> { threads.reference(task.index) }

  /// A reference to the entry at an index below `entryEnd`.
  func entry(_ slot: Int) -> RecordReference<ProcessEntry<P>> { entries.reference(slot) }

  /// The entry at an index below `entryEnd`.
  subscript(slot: Int) -> ProcessEntry<P> {
    get { entries[slot] }
    nonmutating set { entries[slot] = newValue }
  }

  /// The index of the process with this number; zombies are found, too.
  @inline(never)
  func index(of identifier: ProcessID) -> Int? {
    for slot in 0..<entryEnd where entries[slot].identifier == identifier { return slot }
    return nil
  }

  /// The identity of the process with this number.
  func identity(of number: ProcessID) -> ProcessIdentity? {
    index(of: number).map { ProcessIdentity(number: number, serial: self[$0].serial) }
  }

  /// The record of the process with this number; nil for a zombie, and if there is no such process.
  @inline(never)
  func record(of identifier: ProcessID) -> ProcessReference<P>? {
    guard identifier != .zero, let slot = index(of: identifier) else { return nil }
    return entries[slot].record
  }

  /// The task of the thread with this number; nil if there is no such thread.
  @inline(never)
  func task(of identifier: ThreadID) -> TaskNumber? {
    for index in 0..<threadEnd where threads[index].identifier == identifier {
      return TaskNumber(index: index)
    }
    return nil
  }

  /// The process that a program names by this number: the process that has it, or the one that
  /// contains the thread which has it. As on Linux, a signal to any thread's number goes to its
  /// process.
  func process(named identifier: ProcessID) -> ProcessID {
    guard let task = task(of: identifier.firstThread), let process = threads[task.index].process
    else {
      return identifier
    }
    return process.pointee.identifier
  }

  /// The number of threads and zombies.
  var liveCount: UInt32 {
    var count: UInt32 = 0
    for index in 0..<threadEnd where threads[index].identifier != .zero { count += 1 }
    for slot in 0..<entryEnd where entries[slot].isZombie { count += 1 }
    return count
  }

  /// Allocates an entry and a number for a child of `parent`, in the group and session of the entry
  /// at `maker`.
  ///
  /// - Throws: `tryAgain` if all entries are in use.
  mutating func claim(
    parent: ProcessID, like maker: Int, endSignal: UInt8
  ) throws(Errno) -> Int {
    var slot = 0
    while slot < entryEnd, entries[slot].identifier != .zero { slot += 1 }
    guard slot < Self.capacity else { throw .tryAgain }
    // An entry that is not in use is as `free` leaves it.
    let (entry, like) = (entries.reference(slot), entries.reference(maker))
    entry.pointee.identifier = ProcessID(firstThread: newIdentifier())
    made &+= 1
    entry.pointee.serial = made
    entry.pointee.parent = parent
    entry.pointee.group = like.pointee.group
    entry.pointee.session = like.pointee.session
    entry.pointee.terminal = like.pointee.terminal
    entry.pointee.endSignal = endSignal
    entryEnd = max(entryEnd, slot + 1)
    return slot
  }

  /// Frees an entry. After the numbers have wrapped around, its number can be used again.
  @inline(never)
  mutating func free(_ slot: Int) {
    entries[slot] = ProcessEntry()
    while entryEnd > 0, entries[entryEnd - 1].identifier == .zero { entryEnd -= 1 }
  }

  /// Initialises the record of the thread of `task`, with this number.
  @inline(never)
  mutating func enter(
    _ task: TaskNumber, identifier: ThreadID, process: ProcessReference<P>,
    name: InlineArray<16, UInt8>
  ) {
    var thread = Thread<P>(task: task)
    thread.identifier = identifier
    thread.process = process
    thread.name = name
    threads[task.index] = thread
    unsafe P.callArea(of: task).address.initialize(to: CallArea(process))
    threadEnd = max(threadEnd, task.index + 1)
  }

  /// Frees the record of the thread of `task`.
  @inline(never)
  mutating func leave(_ task: TaskNumber) {
    let thread = threads.reference(task.index)
    signals.drop(.max, from: &thread.pointee.signals.queue)
    // The fields that other threads read; `enter` initialises the others.
    thread.pointee.identifier = .zero
    thread.pointee.process = nil
    thread.pointee.wait = .nothing
    while threadEnd > 0, threads[threadEnd - 1].identifier == .zero { threadEnd -= 1 }
  }

  /// The next number that no process, thread, group or session uses. Numbers ascend, and start
  /// again from 2 after the last one.
  @inline(never)
  mutating func newIdentifier() -> ThreadID {
    var step: UInt32 = 1
    repeat {
      lastNumber += step
      if lastNumber >= Self.numberLimit {
        lastNumber -= Self.numberLimit - 2
        hasWrapped = true
      }
      step = hasWrapped ? UInt32((~numbersInUse()).trailingZeroBitCount) : 0
    } while step != 0
    return ThreadID(rawValue: lastNumber)
  }

  /// A mask for the 64 numbers from `lastNumber` on; a set bit means that the number is in use.
  @inline(never)
  private func numbersInUse() -> UInt64 {
    var used: UInt64 = 0
    for slot in 0..<entryEnd {
      // A group or a session can outlive the process that gave it its number.
      used |= bit(entries[slot].identifier.rawValue)
      used |= bit(entries[slot].group.rawValue)
      used |= bit(entries[slot].session.rawValue)
    }
    for index in 0..<threadEnd { used |= bit(threads[index].identifier.rawValue) }
    return used
  }

  /// The bit of a number in `numbersInUse`; 0 if the number is not one of the 64.
  @inline(never)
  private func bit(_ number: UInt32) -> UInt64 {
    // Wrapping: the numbers after the last one start again from 2.
    let distance = number &- lastNumber
    return 1 << (number < lastNumber ? distance &+ Self.numberLimit &- 2 : distance)
  }

  /// Wakes the threads of all processes that wait for `what`.
  @inline(never)
  mutating func wakeThreads(waitingFor what: Thread<P>.Wait) {
    for task in 0..<threadEnd where threads[task].wait == what {
      P.wake(TaskNumber(rawValue: UInt32(task)))
    }
  }

  /// Wakes the threads of process `identifier` that wait for `what`.
  @inline(never)
  mutating func wake(threadsOf identifier: ProcessID, waitingFor what: Thread<P>.Wait) {
    for index in 0..<threadEnd where threads[index].wait == what {
      guard let process = threads[index].process,
        process.pointee.identifier == identifier
      else { continue }
      P.wake(TaskNumber(index: index))
    }
  }
}

// SAFETY: the table outlives every handle; the first process is entered before another one runs.
/// A handle to the process table, which may be copied.
///
/// The table's lock is taken with no other spin lock held, and masks interrupts. Under it the
/// scheduler's lock may be taken (`Platform.wake`), but neither user memory nor an address space
/// may be accessed. A process record is used by the process's own threads, one at a time under the
/// kernel lock. Fields that other processes read or change (parent, end, number of threads) are
/// accessed under the table's lock.
@safe public struct Processes<P: Platform> {
  private let address: UnsafePointer<Guarded<P.CPU, ProcessTable<P>>>

  /// A handle to the guarded table at `table`, which is never freed.
  public init(_ table: UnsafePointer<Guarded<P.CPU, ProcessTable<P>>>) {
    unsafe address = table
  }

  private var table: Guarded<P.CPU, ProcessTable<P>> {
    // SAFETY: the table outlives every handle.
    @inline(__always) unsafeAddress { unsafe address }
  }

  /// Runs `body` on the table with its lock held and interrupts masked.
  #if !DEBUG
    func withLock<Result, Failure: Error>(
      _ body: (inout ProcessTable<P>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try table.withColdLock(body)
    }
  #else
    // The lock audit records the position of the call.
    func withLock<Result, Failure: Error>(
      file: StaticString = #fileID, line: UInt32 = #line,
      _ body: (inout ProcessTable<P>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try table.withColdLock(file: file, line: line, body)
    }
  #endif

  /// The CPU that holds the lock at the moment; nil if it is free.
  public var lockHolder: UInt32? {
    table.holderNumber
  }

  /// Handles the timeout of a timer. Called in the interrupt.
  @inline(never)
  public func expireTimer(_ number: UInt32) { withLock { $0.expire(number) } }

  /// The record of the thread of a task; it never moves.
  @inline(never)
  public func thread(of task: TaskNumber) -> ThreadReference<P> {
    withLock { $0.thread(task) }
  }

  /// Enters the first process, number 1, and the running task as its first thread.
  func enterFirst(_ process: ProcessReference<P>) {
    withLock { table in
      table.free(0)
      var entry = ProcessEntry<P>()
      entry.identifier = .first
      entry.record = process
      table.enterFirst(entry)
      table.enter(
        P.task, identifier: ProcessID.first.firstThread, process: process,
        name: InlineArray(repeating: 0))
    }
  }
}

extension ProcessTable {
  /// Stores the entry of the first process at index 0.
  fileprivate mutating func enterFirst(_ entry: ProcessEntry<P>) {
    entryEnd = max(entryEnd, 1)
    self[0] = entry
  }
}
