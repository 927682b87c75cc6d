// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What stays of a process when its memory is gone, and what others look for: numbers and status.
@safe struct ProcessEntry<P: Platform> {
  /// Its number; 0: the place is free.
  var identifier: UInt32 = 0
  /// The number of its parent; 0 for the first process.
  var parent: UInt32 = 0
  /// Its process group and its session.
  var group: UInt32 = 0
  var session: UInt32 = 0
  /// The task of the thread of its parent that made it, or that one's successor.
  var maker: UInt32 = 0
  /// It has executed a program: its parent moves it to no other group any more.
  var hasExecuted = false
  /// Its record, nil before it has one and for a zombie.
  var record: UnsafeMutablePointer<Process<P>>?
  /// The frame that the record fills, nil for one that is not the pool's.
  var frame: PhysicalFrame?
  /// How it ended, as wait4 tells it.
  var status: UInt32 = 0
  /// The signal that its end sends to its parent; 0 for none.
  var endSignal: UInt8 = 0
  /// What it has used, once it has ended.
  var use = ProcessorUse()
  /// It has ended and its parent has not asked for its status.
  var isZombie = false
}

// SAFETY: places are below the capacities of the two tables, which are the kernel's for ever.
/// All processes and threads, by fixed tables. Guarded as a whole: see `Processes`.
@safe public struct ProcessTable<P: Platform>: ~Copyable {
  /// The most processes, zombies included.
  public static var capacity: Int { 128 }
  /// Linux's default of pid_max.
  private static var identifierLimit: UInt32 { 32768 }

  let entries: UnsafeMutablePointer<ProcessEntry<P>>
  private let threads: UnsafeMutablePointer<Thread<P>>
  let timers: UnsafeMutablePointer<ProcessTimer>
  /// No thread has stood at this place or behind it, and no process.
  private(set) var threadEnd = 0
  private(set) var entryEnd = 0
  private var lastIdentifier: UInt32 = 1
  private var hasWrapped = false
  /// No timer stands at this place or behind it.
  var timerEnd = 0
  /// Where the walk over the waiters for a time of day goes on; see `Processes.clockWasStepped`.
  var stepPosition = Int.max
  let futexes: FutexQueues
  var signals: SignalPool

  /// Bytes that a table for `taskCount` tasks needs, and their alignment.
  public static func size(taskCount: Int) -> Int {
    MemoryLayout<ProcessEntry<P>>.stride * capacity + MemoryLayout<Thread<P>>.stride * taskCount
      + MemoryLayout<ProcessTimer>.stride * timerCapacity + SignalPool.size
      + FutexQueues.size
  }

  /// An empty table in `size(taskCount:)` bytes at `memory`, aligned to 8, for ever.
  public init(in memory: UnsafeMutableRawPointer, taskCount: Int) {
    unsafe entries = memory.bindMemory(to: ProcessEntry<P>.self, capacity: Self.capacity)
    unsafe entries.initialize(repeating: ProcessEntry(), count: Self.capacity)
    let rest = unsafe memory + MemoryLayout<ProcessEntry<P>>.stride * Self.capacity
    unsafe threads = rest.bindMemory(to: Thread<P>.self, capacity: taskCount)
    let end = unsafe rest + MemoryLayout<Thread<P>>.stride * taskCount
    unsafe timers = end.bindMemory(to: ProcessTimer.self, capacity: Self.timerCapacity)
    unsafe timers.initialize(repeating: ProcessTimer(), count: Self.timerCapacity)
    let pool = unsafe end + MemoryLayout<ProcessTimer>.stride * Self.timerCapacity
    signals = unsafe SignalPool(in: pool)
    futexes = unsafe FutexQueues(in: pool + SignalPool.size)
    for task in 0..<taskCount { unsafe (threads + task).initialize(to: Thread(task: UInt32(task))) }
  }

  /// The place of the thread of `task`.
  func thread(_ task: UInt32) -> UnsafeMutablePointer<Thread<P>> { unsafe threads + Int(task) }

  /// The entry at a place below `entryEnd`.
  subscript(place: Int) -> ProcessEntry<P> {
    get { unsafe entries[place] }
    nonmutating set { unsafe entries[place] = newValue }
  }

  /// The place of the process with this number, a zombie too.
  @inline(never)
  func place(of identifier: UInt32) -> Int? {
    for place in 0..<entryEnd where unsafe entries[place].identifier == identifier { return place }
    return nil
  }

  /// The record of the process with this number; nil for a zombie and for none.
  @inline(never)
  func record(of identifier: UInt32) -> UnsafeMutablePointer<Process<P>>? {
    guard identifier != 0, let place = place(of: identifier) else { return nil }
    return unsafe entries[place].record
  }

  /// The task of the thread with this number.
  @inline(never)
  func task(of identifier: UInt32) -> UInt32? {
    for task in 0..<threadEnd where unsafe threads[task].identifier == identifier {
      return UInt32(task)
    }
    return nil
  }

  /// The number of the process that has the thread with this number; the number itself where no thread
  /// has it. As in Linux a signal to any thread's number goes to its process.
  func process(ofThread identifier: UInt32) -> UInt32 {
    guard let task = task(of: identifier), let process = unsafe threads[Int(task)].process else {
      return identifier
    }
    return unsafe process.pointee.identifier
  }

  /// Threads, and processes of which only the status is left.
  var liveCount: UInt32 {
    var count: UInt32 = 0
    for task in 0..<threadEnd where unsafe threads[task].identifier != 0 { count += 1 }
    for place in 0..<entryEnd where unsafe entries[place].isZombie { count += 1 }
    return count
  }

  /// Takes a place and a number for a child of `parent`, in the group and session of its maker.
  ///
  /// - Throws: `tryAgain` when all places are taken.
  mutating func claim(
    parent: UInt32, like maker: Int, endSignal: UInt8
  ) throws(Errno) -> Int {
    var place = 0
    while place < entryEnd, unsafe entries[place].identifier != 0 { place += 1 }
    guard place < Self.capacity else { throw .tryAgain }
    var entry = ProcessEntry<P>()
    entry.identifier = newIdentifier()
    entry.parent = parent
    unsafe entry.group = entries[maker].group
    unsafe entry.session = entries[maker].session
    entry.endSignal = endSignal
    unsafe entries[place] = entry
    entryEnd = max(entryEnd, place + 1)
    return place
  }

  /// Gives a place back; its number may come again when the numbers have wrapped.
  @inline(never)
  mutating func free(_ place: Int) {
    unsafe entries[place] = ProcessEntry()
    while entryEnd > 0, unsafe entries[entryEnd - 1].identifier == 0 { entryEnd -= 1 }
  }

  /// Enters the thread of `task` with this number.
  @inline(never)
  mutating func enter(
    _ task: UInt32, identifier: UInt32, process: UnsafeMutablePointer<Process<P>>,
    name: InlineArray<16, UInt8>
  ) {
    var thread = Thread<P>(task: task)
    thread.identifier = identifier
    unsafe thread.process = process
    thread.name = name
    unsafe threads[Int(task)] = thread
    unsafe P.callArea(of: task).initialize(to: CallArea(process))
    threadEnd = max(threadEnd, Int(task) + 1)
  }

  /// Frees the place of the thread of `task`.
  @inline(never)
  mutating func leave(_ task: UInt32) {
    let threads = unsafe threads  // Not through self: its signals change at the same time.
    let thread = unsafe threads + Int(task)
    unsafe signals.drop(.max, from: &thread.pointee.signals.queue)
    // What others look at; `enter` makes the rest new.
    unsafe thread.pointee.identifier = 0
    unsafe thread.pointee.process = nil
    unsafe thread.pointee.wait = .nothing
    while threadEnd > 0, unsafe threads[threadEnd - 1].identifier == 0 { threadEnd -= 1 }
  }

  /// The next number that no process, thread, group or session uses: in rising order, and after the
  /// last one again from 2 on.
  @inline(never)
  mutating func newIdentifier() -> UInt32 {
    var step: UInt32 = 1
    repeat {
      lastIdentifier += step
      if lastIdentifier >= Self.identifierLimit {
        lastIdentifier -= Self.identifierLimit - 2
        hasWrapped = true
      }
      step = hasWrapped ? UInt32((~numbersInUse()).trailingZeroBitCount) : 0
    } while step != 0
    return lastIdentifier
  }

  /// A bit for each of 64 numbers from `lastIdentifier` on, set if the number is in use.
  @inline(never)
  private func numbersInUse() -> UInt64 {
    var used: UInt64 = 0
    for slot in 0..<entryEnd {
      // A group or a session outlives the process that it is named after.
      used |= unsafe bit(entries[slot].identifier)
      used |= unsafe bit(entries[slot].group)
      used |= unsafe bit(entries[slot].session)
    }
    for task in 0..<threadEnd { used |= unsafe bit(threads[task].identifier) }
    return used
  }

  /// The bit of a number in `numbersInUse`; 0 if it is out of their range.
  @inline(never)
  private func bit(_ identifier: UInt32) -> UInt64 {
    // Wrapping: a number that is smaller comes after the last one.
    let distance = identifier &- lastIdentifier
    return 1 << (identifier < lastIdentifier ? distance &+ Self.identifierLimit &- 2 : distance)
  }

  /// Wakes the threads of process `identifier` that wait for `what`.
  @inline(never)
  mutating func wake(threadsOf identifier: UInt32, waitingFor what: Thread<P>.Wait) {
    for task in 0..<threadEnd where unsafe threads[task].wait == what {
      guard let process = unsafe threads[task].process,
        unsafe process.pointee.identifier == identifier
      else { continue }
      P.wake(UInt32(task))
    }
  }
}

// SAFETY: the table outlives every handle; the first process enters it before another one runs.
/// The way to the one process table: a handle that may be copied.
///
/// Its lock stands outside of the scheduler's, whose `wake` may be called under it, and inside of
/// nothing: it is taken with no other lock held, interrupts are masked under it, and neither user
/// memory nor an address space is touched. A record belongs to its own threads, of which one at a
/// time is in the kernel; what other processes read or change of it (parent, end, counts of
/// threads) they do under this lock.
@safe public struct Processes<P: Platform> {
  private let table: UnsafePointer<Guarded<P.CPU, ProcessTable<P>>>

  /// A handle to the guarded table at `table`, for ever.
  public init(_ table: UnsafePointer<Guarded<P.CPU, ProcessTable<P>>>) {
    unsafe self.table = table
  }

  /// Runs `body` on the table with its lock held.
  #if !DEBUG
    func withLock<Result, Failure: Error>(
      _ body: (inout ProcessTable<P>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      // SAFETY: the table outlives every handle.
      try unsafe table.pointee.withColdLock(body)
    }
  #else
    // The audit wants to know where.
    func withLock<Result, Failure: Error>(
      file: StaticString = #fileID, line: UInt32 = #line,
      _ body: (inout ProcessTable<P>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      // SAFETY: the table outlives every handle.
      try unsafe table.pointee.withColdLock(file: file, line: line, body)
    }
  #endif

  /// The CPU that holds the lock at the moment.
  public var lockHolder: UInt32? {
    // SAFETY: the table outlives every handle.
    unsafe table.pointee.holderNumber
  }

  /// The timeout of a timer has come. In the interrupt.
  @inline(never)
  public func expireTimer(_ number: UInt32) { withLock { $0.expire(number) } }

  /// The place of a task's thread; which never moves.
  @inline(never)
  public func thread(of task: UInt32) -> UnsafeMutablePointer<Thread<P>> {
    unsafe withLock { unsafe $0.thread(task) }
  }

  /// Enters the first process, number 1, whose first thread the running task is.
  func enterFirst(_ process: UnsafeMutablePointer<Process<P>>) {
    withLock { table in
      table.free(0)
      var entry = ProcessEntry<P>()
      entry.identifier = 1
      entry.group = 0
      unsafe entry.record = process
      table.enterFirst(entry)
      unsafe table.enter(
        P.task, identifier: 1, process: process, name: InlineArray(repeating: 0))
    }
  }
}

extension ProcessTable {
  /// Puts the first process at the first place.
  fileprivate mutating func enterFirst(_ entry: ProcessEntry<P>) {
    entryEnd = max(entryEnd, 1)
    self[0] = entry
  }
}
