// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// A timer of a process: setitimer's, or one of timer_create's.
///
/// Its times are monotonic nanoseconds, or those of the CPU clock that it is on.
struct ProcessTimer {
  /// The process's number; 0: the place is free.
  var owner: UInt32 = 0
  /// Which of setitimer's it is; nil for one of timer_create's.
  var kind: IntervalKind?
  var isInterval: Bool { kind != nil }
  /// The clock that absolute times are on.
  var clock = ClockIdentifier.monotonic
  /// The CPU clock that it is on, if it is on one.
  var processor: ProcessorClock?
  /// What it raises; nil for one that is only looked at.
  var signal: Signal?
  /// What comes with the signal.
  var value: UInt32 = 0
  /// The number of the thread that gets it; 0 for any of the process.
  var thread: UInt32 = 0
  /// When it is over; 0 while it is not set.
  var deadline: UInt64 = 0
  /// The same on `clock`, if that is one that can be set and the time was absolute; else 0.
  var wall: UInt64 = 0
  /// Nanoseconds between its ends, below 2^63; 0 for one that ends once.
  var interval: UInt64 = 0
  /// The timeout that waits for it.
  var handle: TimeoutHandle?
  /// It is over, and its signal waits. An interval goes on when that is taken.
  var isDue = false
  /// How often it was over again before its signal was taken (timer_getoverrun).
  var overrun: UInt32 = 0

  /// When it is over on the clock that `ProcessTable.now` reads for it. The deadline of a time that a
  /// clock had passed before it was set is not: that is when it was set.
  var end: UInt64 { wall == 0 ? deadline : wall }

  /// Nanoseconds until it is over (again); 0 when it is not set or was over.
  @inline(never)
  func remaining(at now: UInt64) -> UInt64 {
    guard end <= now else { return end - now }
    guard deadline != 0, interval != 0 else { return 0 }
    return interval - (now - end) % interval
  }

  /// Puts its next end `step` nanoseconds later, on its own clock. One that is too far never comes.
  @inline(never)
  mutating func advance(by step: UInt64) {
    let (next, isFar) = end.addingReportingOverflow(step)
    if wall == 0 { deadline = isFar ? .max : next } else { wall = isFar ? .max : next }
  }
}

/// setitimer's timers, by the clocks that they are on.
enum IntervalKind: UInt8 {
  case real = 0
  /// Time of a CPU in the program, and in it and the kernel.
  case virtual = 1
  case profiling = 2

  /// The one that raises a signal.
  init?(signal: Signal?) {
    switch signal?.number {
    case 14: self = .real
    case 26: self = .virtual
    case 27: self = .profiling
    default: return nil
    }
  }

  /// What it raises: SIGALRM, SIGVTALRM, SIGPROF.
  var signal: Signal? { self == .real ? .alarm : Signal(number: 25 + UInt32(rawValue)) }
}

// SAFETY: places are below the capacity of the timers' table, which is the kernel's for ever.
/// Timers stand in a table of the machine's, under the lock of the process table.
extension ProcessTable {
  /// The most timers, of all processes together: setitimer has room in each of them.
  public static var timerCapacity: Int { createdLimit + 3 * capacity }
  /// The most timers of timer_create, of all processes together.
  private static var createdLimit: Int { 256 }
  /// The most timers of timer_create that one process has: twice POSIX's _POSIX_TIMER_MAX.
  private static var processLimit: Int { 64 }

  /// Takes a place for a timer; nil when the process, or all together, have as many of timer_create as
  /// they may. The place is the timer's number.
  @inline(never)
  mutating func add(_ timer: ProcessTimer) -> UInt32? {
    var free: Int?
    var (created, own) = (0, 0)
    for place in 0..<timerEnd {
      if unsafe timers[place].owner == 0 {
        free = free ?? place
      } else if unsafe !timers[place].isInterval {
        created += 1
        if unsafe timers[place].owner == timer.owner { own += 1 }
      }
    }
    let place = free ?? timerEnd
    guard place < Self.timerCapacity,
      timer.isInterval || created < Self.createdLimit && own < Self.processLimit
    else { return nil }
    unsafe timers[place] = timer
    timerEnd = max(timerEnd, place + 1)
    return UInt32(place)
  }

  /// The number, if it is that of one of the process's timers of timer_create.
  @inline(never)
  func timer(_ number: UInt32, of owner: UInt32) -> UInt32? {
    guard number < UInt32(Self.timerCapacity), unsafe timers[Int(number)].owner == owner,
      unsafe !timers[Int(number)].isInterval
    else { return nil }
    return number
  }

  /// The number of a process's own timer of setitimer, if it has that one.
  @inline(never)
  func timer(_ kind: IntervalKind, of owner: UInt32) -> UInt32? {
    for place in 0..<timerEnd
    where unsafe timers[place].owner == owner && timers[place].kind == kind {
      return UInt32(place)
    }
    return nil
  }

  /// What the clock says that a timer's times are on.
  @inline(never)
  func now(of timer: borrowing ProcessTimer) -> UInt64 {
    if let clock = timer.processor { return time(of: clock)?.totalNanoseconds ?? 0 }
    guard timer.wall != 0 else { return P.monotonicNanoseconds() }
    return P.timeRarely(timer.clock).totalNanoseconds ?? 0
  }

  /// Sets a timer that is over at `deadline` and then each `interval`; 0 for no deadline takes it
  /// back. `wall` is the deadline on the timer's own clock, if that may be set meanwhile.
  @inline(never)
  mutating func set(_ number: UInt32, deadline: UInt64, wall: UInt64 = 0, interval: UInt64) {
    let timer = unsafe timers + Int(number)
    unsafe withdraw(timer, number)
    if let handle = unsafe timer.pointee.handle { P.cancelTimer(handle) }
    unsafe timer.pointee.handle = nil
    unsafe timer.pointee.isDue = false
    unsafe timer.pointee.overrun = 0
    unsafe timer.pointee.deadline = deadline
    unsafe timer.pointee.wall = wall
    unsafe timer.pointee.interval = deadline == 0 ? 0 : interval
    unsafe schedule(timer, number)
    // As on Linux, a time of a CPU-time clock that has passed expires the timer at once.
    if unsafe timer.pointee.processor != nil { expire(number) }
  }

  @inline(never)
  private func schedule(_ timer: UnsafeMutablePointer<ProcessTimer>, _ number: UInt32) {
    guard unsafe timer.pointee.deadline != 0, unsafe timer.pointee.signal != nil else { return }
    guard unsafe timer.pointee.processor == nil else { return P.watchProcessorTime(true) }
    unsafe timer.pointee.handle = P.scheduleTimer(number, at: timer.pointee.deadline)
  }

  /// Whether a timer of a CPU-time clock is armed, or a process has a limit of CPU time.
  private var hasProcessorDeadline: Bool {
    for slot in 0..<timerEnd
    where unsafe timers[slot].processor != nil && timers[slot].deadline != 0 { return true }
    for slot in 0..<entryEnd {
      if let record = unsafe self[slot].record,
        unsafe record.pointee.limits[.processorTime] != ResourceLimit.none
      {
        return true
      }
    }
    return false
  }

  /// Begins a check of the running thread's CPU time: its process's limit, and whether any process
  /// needs such checks at all.
  @inline(never)
  mutating func checkProcessorLimit(of thread: UnsafeMutablePointer<Thread<P>>) {
    P.watchProcessorTime(hasProcessorDeadline)
    if let process = unsafe thread.pointee.process { unsafe checkProcessorLimit(of: process) }
  }

  /// Expires the first timer at `start` or after it on a CPU-time clock of `thread` or its process,
  /// if its time has come.
  ///
  /// - Returns: where the next one may be; nil if there was none.
  @inline(never)
  mutating func checkProcessorTimer(
    of thread: UnsafeMutablePointer<Thread<P>>, from start: Int
  ) -> Int? {
    guard let process = unsafe thread.pointee.process else { return nil }
    let (own, shared) = unsafe (thread.pointee.identifier, process.pointee.identifier)
    var slot = start
    while slot < timerEnd {
      let clock = unsafe timers[slot].processor
      slot += 1
      guard let clock, clock.owner == own || clock.owner == shared else { continue }
      expire(UInt32(slot - 1))
      return slot
    }
    return nil
  }

  /// After a change of the wall clock or of the offset of atomic time: computes the timeout of the
  /// first timer at `start` or after it anew, or wakes the first such sleeper. Threads come after all
  /// timers.
  ///
  /// - Returns: where the next one may be; nil if there was none.
  @inline(never)
  mutating func clockWasSet(from start: Int) -> Int? {
    var position = start
    while position < Self.timerCapacity + threadEnd {
      let slot = position
      position += 1
      if slot >= Self.timerCapacity {
        let task = UInt32(slot - Self.timerCapacity)
        guard unsafe thread(task).pointee.wait == .timeOfDay else { continue }
        P.wake(task)
        return position
      }
      guard slot < timerEnd else {
        position = Self.timerCapacity
        continue
      }
      let timer = unsafe timers + slot
      guard unsafe timer.pointee.wall != 0, let handle = unsafe timer.pointee.handle else {
        continue
      }
      P.cancelTimer(handle)
      unsafe timer.pointee.deadline = P.deadline(timer.pointee.wall, on: timer.pointee.clock)
      unsafe schedule(timer, UInt32(slot))
      return position
    }
    return nil
  }

  /// A timer's timeout has come: its signal is sent. In the interrupt.
  mutating func expire(_ number: UInt32) {
    guard number < UInt32(Self.timerCapacity) else { return }
    let timer = unsafe timers + Int(number)
    // It may have been set anew meanwhile.
    guard unsafe timer.pointee.owner != 0, unsafe timer.pointee.deadline != 0,
      unsafe !timer.pointee.isDue, unsafe now(of: timer.pointee) >= timer.pointee.end,
      let signal = unsafe timer.pointee.signal, let process = unsafe record(of: timer.pointee.owner)
    else { return }
    unsafe timer.pointee.isDue = true
    unsafe timer.pointee.handle = nil
    var target: UInt32?
    if unsafe timer.pointee.thread != 0 {
      target = unsafe task(of: timer.pointee.thread)
      guard target != nil else { return }
    }
    let info =
      unsafe timer.pointee.isInterval
      ? SignalInfo(signal, code: SignalInfo.byKernel, 0, 0, 0)
      : SignalInfo(signal, code: SignalInfo.byTimer, number, 0, timer.pointee.value)
    // Where nobody will take it, the timer goes on by itself.
    if unsafe send(info, to: process, task: target) != .waits { _ = collect(number) }
  }

  /// A timer's signal is being taken, or never will be: what it has overrun is counted, and an
  /// interval goes on from the time at which the timer was due.
  ///
  /// - Returns: how often it was over again meanwhile.
  @inline(never)
  mutating func collect(_ number: UInt32) -> UInt32 {
    let timer = unsafe timers + Int(number)
    guard unsafe timer.pointee.isDue else { return unsafe timer.pointee.overrun }
    unsafe timer.pointee.isDue = false
    unsafe timer.pointee.overrun = 0
    guard unsafe timer.pointee.interval != 0 else {
      unsafe timer.pointee.deadline = 0
      return 0
    }
    let time = unsafe now(of: timer.pointee)
    // The clock of a thread that is gone says 0.
    let late = unsafe time > timer.pointee.end ? time - timer.pointee.end : 0
    let again = unsafe late / timer.pointee.interval
    unsafe timer.pointee.overrun = UInt32(min(again, UInt64(Int32.max)))
    // What is late and an interval at most: below 2^63 ns each.
    unsafe timer.pointee.advance(by: (again + 1) * timer.pointee.interval)
    if unsafe timer.pointee.wall != 0 {
      unsafe timer.pointee.deadline = P.deadline(timer.pointee.wall, on: timer.pointee.clock)
    }
    unsafe schedule(timer, number)
    return unsafe timer.pointee.overrun
  }

  /// A process has taken this signal: if it is a timer's, that goes on.
  mutating func collectTimer(of info: inout SignalInfo, for owner: UInt32) {
    if info.code == SignalInfo.byTimer {
      guard let number = timer(info.words[3], of: owner) else { return }
      info.words[4] = collect(number)
    } else if let kind = IntervalKind(signal: info.signal), let number = timer(kind, of: owner) {
      _ = collect(number)
    }
  }

  /// Takes the signal of a timer back that is set anew or goes.
  private mutating func withdraw(_ timer: UnsafeMutablePointer<ProcessTimer>, _ number: UInt32) {
    guard unsafe timer.pointee.isDue, unsafe !timer.pointee.isInterval,
      let process = unsafe record(of: timer.pointee.owner)
    else { return }
    if unsafe timer.pointee.thread == 0 {
      unsafe signals.dropTimer(number, from: &process.pointee.signals.queue)
    } else if let task = unsafe task(of: timer.pointee.thread) {
      unsafe signals.dropTimer(number, from: &thread(task).pointee.signals.queue)
    }
  }

  /// Frees the first timer of a process: of all, or of those of timer_create only.
  ///
  /// - Returns: false if there was none.
  @inline(never)
  mutating func removeTimer(of owner: UInt32, withInterval: Bool) -> Bool {
    for slot in 0..<timerEnd
    where unsafe timers[slot].owner == owner && (withInterval || !timers[slot].isInterval) {
      set(UInt32(slot), deadline: 0, interval: 0)
      unsafe timers[slot].owner = 0
      while timerEnd > 0, unsafe timers[timerEnd - 1].owner == 0 { timerEnd -= 1 }
      return true
    }
    return false
  }
}

/// Walks over the timers that release the lock after each of them, because interrupts are masked
/// while it is held.
extension Processes {
  /// Frees the timers of a process: all at its end, those of timer_create at an exec.
  @inline(never)
  func removeTimers(of owner: UInt32, withInterval: Bool) {
    while withLock({ $0.removeTimer(of: owner, withInterval: withInterval) }) {}
  }

  /// After a leap second: continues, or begins if the leap `isNew`, to compute timeouts on the wall
  /// clock anew and to wake sleepers, a few at a time. From the interrupt.
  ///
  /// - Returns: whether some are left.
  @inline(never)
  public func clockWasStepped(isNew: Bool) -> Bool {
    withLock { table in
      if isNew { table.stepPosition = 0 }
      var rest = 4
      while rest > 0, let next = table.clockWasSet(from: table.stepPosition) {
        table.stepPosition = next
        rest -= 1
      }
      return rest == 0
    }
  }

  /// After the wall clock was set, or the offset of atomic time: the same to the end.
  @inline(never)
  func clockWasSet() {
    var isNew = true
    while clockWasStepped(isNew: isNew) { isNew = false }
  }
}

// SAFETY: a thread's record does not move.
extension Thread {
  /// A tick has interrupted the running thread: the thread checks its CPU time with interrupts on,
  /// before it returns to user mode, as on Linux (CONFIG_POSIX_CPU_TIMERS_TASK_WORK). Called in the
  /// interrupt if `Platform.watchProcessorTime` requested it.
  @inline(never)
  public static func noteTick() {
    unsafe P.thread.pointee.mustCheckTime = true
    P.attend(P.task)
  }

  /// Raises the signals of the timers and of the limit of CPU time that have expired for the running
  /// thread and its process.
  @inline(never)
  static func checkProcessorTime(_ thread: UnsafeMutablePointer<Thread<P>>) {
    unsafe thread.pointee.mustCheckTime = false
    P.processes.withLock { unsafe $0.checkProcessorLimit(of: thread) }
    var next: Int? = 0
    while let start = next {
      next = P.processes.withLock { unsafe $0.checkProcessorTimer(of: thread, from: start) }
    }
  }
}
