// SPDX-License-Identifier: Apache-2.0
/// What the scheduler tells programs about a CPU: 16 words of a page that only the kernel writes,
/// at 64 bytes for each CPU (image/kits/vsched/vsched_page.h). The kernel never reads it.
///
/// The upper byte of the program's word is the program's: there it publishes the priority of the
/// most urgent of what it runs, 1 to 32, or 0. The kernel copies it at each tick, when the task
/// yields and when another program gets the CPU, checks it, and stores it again with the task's
/// next turn. It has an effect on the order of equal tasks only (`FairQueue`).
///
/// All of it is written when a program is switched in; then the ready set when it changes, and the
/// rest, which is about the program, at each tick. Both begin a new *turn*. Its number is in the
/// record and in the program's word of the CPU (`Processor.setProgramWord`), by which a program
/// finds the record. It differs from all others, so a program that finds it in both after a read has
/// read what was written for it. The program may run on another CPU by then, while this one idles.
// SAFETY: the page stays allocated until the scheduler has another one, or none. The scheduler's
// lock makes the kernel's accesses the only writes.
@safe struct TurnRecord {
  /// The number of a word.
  enum Field: Int {
    case turn, reserved, rank, firstReady, slice, tick, deadline, firstDeadline, ready
  }

  private let words: UnsafeMutablePointer<UInt32>
  /// The number of the turn: the CPU's number, and a count as a multiple of `CpuMask.limit`. The
  /// lower 24 bits are told.
  private(set) var turn: UInt32
  /// The task whose turn it is; `TaskRecord.none` if it publishes nothing any more.
  var task = TaskRecord.none
  /// What is left of the turn of a task that shares fairly, in ticks.
  private var left: UInt32 = 0

  /// Where the first record is in the page, and the size of each, in bytes.
  static var size: Int { 64 }

  /// The record of CPU `cpu` in a page.
  init(_ page: SchedulePage, cpu: UInt32) {
    unsafe words = page.words + (cpu.index + 1) * Self.size / 4
    turn = cpu
    putTurn(~cpu)  // No program finds the record of this CPU by it.
  }

  /// Writes a word.
  @inline(__always)
  func put(_ value: UInt32, _ field: Field, _ index: Int = 0) {
    unsafe words[field.rawValue + index] = value
  }

  /// Writes the number of a turn.
  private func putTurn(_ turn: UInt32) { put(turn &<< Self.publishedBits, .turn) }

  /// Begins a turn of `task`, before what it says of the program is written. One that shares fairly
  /// has `ticks` ticks of it if it is switched in.
  mutating func beginTurn(of task: TaskNumber, _ ticks: UInt32, isSwitchedIn: Bool) {
    self.task = task
    // Wrapping: a program would have to be interrupted for exactly 2^21 turns to be told wrong.
    turn &+= CpuMask.limit
    left = isSwitchedIn ? ticks : left - min(left, 1)
    putTurn(turn)
  }

  /// How many of the upper bits of the program's word are the program's.
  private static var publishedBits: UInt32 { 8 }

  /// The program's word of this turn, for a task that has published `priority`.
  func word(_ priority: UInt8) -> UInt32 {
    UInt32(priority) &<< (32 - Self.publishedBits)
      | (turn &<< Self.publishedBits) &>> Self.publishedBits
  }

  /// What the program has published in its word; nil if the word is of another turn, 0 for what is
  /// no priority.
  func published(in word: UInt32) -> UInt8? {
    guard word &<< Self.publishedBits == turn &<< Self.publishedBits else { return nil }
    let priority = UInt8(truncatingIfNeeded: word &>> (32 - Self.publishedBits))
    return priority <= 32 ? priority : 0
  }

  /// Writes what the program is: its urgency, and the ticks that are left of its slice, nil for
  /// those of a fair turn.
  func put(_ urgency: Urgency, slice: UInt32?, tick: UInt64) {
    put(urgency.rank, .rank)
    put(slice ?? left, .slice)
    put(UInt32(truncatingIfNeeded: tick), .tick)
    put(UInt32(truncatingIfNeeded: urgency.rawValue), .deadline)
  }
}

// SAFETY: the caller of `init` keeps the page allocated as long as the scheduler has it.
/// The page that has the records, of 4,096 bytes.
@safe public struct SchedulePage {
  fileprivate let words: UnsafeMutablePointer<UInt32>

  /// The page at `address`, which programs see read-only.
  public init(at address: UnsafeMutableRawPointer) {
    unsafe words = address.assumingMemoryBound(to: UInt32.self)
  }
}

extension Urgency {
  /// The urgency as programs see it: 0 is a deadline, n + 1 level n. The lower half of a deadline is
  /// told separately.
  var rank: UInt32 { isDeadline ? 0 : level + 1 }
}

// `guard let` instead of `published?.put`: without optimisation the compiler, Swift 6.3.1, makes
// that call also for nil.
extension ReadyQueues {
  /// Publishes the levels with a task in `record`, and from now on each change; none for nil.
  mutating func publish(in record: TurnRecord?, _ tasks: TaskTable) {
    published = record
    publishAll(tasks)
  }

  /// Publishes the levels with a task.
  mutating func publishAll(_ tasks: TaskTable) {
    guard let published else { return }
    for level in stride(from: 0 as UInt32, to: LevelSet.none, by: 32) {
      published.put(occupied.word(of: level), .ready, Int(level >> 5))
    }
    publishDeadline(in: tasks)
  }

  /// Publishes that a level has got its first task or lost its last.
  @inline(never)
  mutating func publish(_ level: UInt32) {
    guard let published else { return }
    published.put(occupied.word(of: level), .ready, Int(level >> 5))
    publishFirst(published)
  }

  /// Publishes the first deadline of a task, or that there is none.
  @inline(never)
  mutating func publishDeadline(in tasks: TaskTable) {
    guard let published else { return }
    if !deadlines.isEmpty {
      let deadline = tasks[deadlines.first].urgency.rawValue
      published.put(UInt32(truncatingIfNeeded: deadline), .firstDeadline)
    }
    publishFirst(published)
  }

  private mutating func publishFirst(_ record: TurnRecord) {
    record.put(deadlines.isEmpty ? top + 1 : 0, .firstReady)
  }
}

extension TaskSet {
  /// Tells programs what the scheduler knows in a page, or no longer.
  mutating func publish(in page: SchedulePage?) {
    isPublished = page != nil
    for cpu in 0..<runQueues.count {
      runQueues[cpu].ready.publish(in: page.map { TurnRecord($0, cpu: cpu) }, tasks)
    }
  }

  /// Publishes what `task` is, which runs.
  @inline(never)
  mutating func publish(_ task: TaskNumber) {
    guard let record = runQueues[tasks[task].cpu].ready.published else { return }
    let slice: UInt32? =
      switch tasks[task].policy {
      case .fifo: UInt32(Int32.max)
      case .deadline: tasks[task].budget.remaining
      case .roundRobin where tasks[task].urgency.isFair: nil
      case .roundRobin: tasks[task].slice == 0 ? sliceLength(of: task) : tasks[task].slice
      }
    record.put(tasks[task].urgency, slice: slice, tick: now)
  }

  /// `publish` after a change of a task's urgency or policy, if it runs.
  @inline(never)
  mutating func publishChange(of task: TaskNumber) {
    if isPublished, tasks[task].state == .running { publish(task) }
  }
}

extension Scheduler {
  /// Tells programs what the scheduler knows in a page, which stays allocated until the next call;
  /// nil: no longer.
  public func publish(in page: SchedulePage?) {
    withColdState { (state: inout State) in
      state.publish(in: page)
      if state.isPublished { Self.publishTurn(of: Context.runningTask, &state, isSwitchedIn: true) }
    }
  }

  /// Lets the task that was queued last run on: no other is before it.
  static func goOn(_ task: TaskReference, _ state: inout State) {
    task.record.state = .running
    if state.isPublished { publishTurn(of: task.number, &state, isSwitchedIn: true) }
  }

  /// Begins a turn of `task`, which this CPU runs from now on, or ran when the tick came.
  @inline(never)
  static func publishTurn(of task: TaskNumber, _ state: inout State, isSwitchedIn: Bool) {
    let cpu = CPU.number
    copyPublished(&state)
    guard var record = state.runQueues[cpu].ready.published else { return }
    record.beginTurn(of: task, state.turnTicks, isSwitchedIn: isSwitchedIn)
    state.runQueues[cpu].ready.published = record
    CPU.storeBarrier()  // A program that was here and reads on another CPU sees the turn first.
    if isSwitchedIn { state.runQueues[cpu].ready.publishAll(state.tasks) }
    state.publish(task)
    CPU.setProgramWord(record.word(state.tasks[task].share.innerPriority))
  }

  /// Copies what the program that had the last turn of this CPU has published.
  @inline(never)
  static func copyPublished(_ state: inout State) {
    guard let record = state.runQueues[CPU.number].ready.published, record.task != TaskRecord.none,
      state.tasks[record.task].addressSpace != 0,
      let priority = record.published(in: CPU.programWord)
    else { return }
    state.tasks[record.task].share.innerPriority = priority
  }

  /// Copies what the running task has published, and looks at its word no more: it leaves this CPU,
  /// or gets another program.
  @inline(never)
  static func endPublishing(_ state: inout State) {
    copyPublished(&state)
    guard var record = state.runQueues[CPU.number].ready.published else { return }
    record.task = TaskRecord.none
    state.runQueues[CPU.number].ready.published = record
  }
}
