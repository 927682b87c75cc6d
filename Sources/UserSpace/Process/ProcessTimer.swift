// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// A timer of a process, one of setitimer's three or one made by timer_create; or the timer of a
/// file that timerfd_create made.
///
/// Times are nanoseconds of the monotonic clock, or of the CPU-time clock of the timer.
struct ProcessTimer {
  /// The process; `zero` marks a free slot, and `ofFile` a timer of a file.
  var owner = ProcessID.zero
  /// Those whom an expiration of the file's timer wakes.
  var file: RecordReference<FileWaiters>?
  /// Whether a step of the wall clock cancels the file's timer (TFD_TIMER_CANCEL_ON_SET), and
  /// whether one did since the last read.
  var isCancellable = false
  var wasCancelled = false
  /// Which of setitimer's timers it is; nil for one of timer_create's.
  var kind: IntervalKind?
  var isInterval: Bool { kind != nil }
  var clock = TimerClock.system(.monotonic)
  /// The signal that it raises; nil if it raises none and can only be read.
  var signal: Signal?
  /// The value that the signal carries (sigev_value).
  var value: UInt32 = 0
  /// The thread to which the signal is sent; `zero` for the process.
  var thread = ThreadID.zero
  /// The time of the next expiry; 0 while the timer is disarmed.
  var deadline: UInt64 = 0
  /// The time of the next expiry on `clock`, if that clock can be set and the time was absolute;
  /// else 0.
  var wall: UInt64 = 0
  /// The interval between expiries in nanoseconds, below 2^63; 0 for a single expiry.
  var interval: UInt64 = 0
  /// The owner of a timer of a file, which no process has as its number.
  static var ofFile: ProcessID { ProcessID(rawValue: .max) }
  /// The pending timeout of the timer.
  var handle: TimeoutHandle?
  /// The timer has expired, and its signal is pending or its file was not read. An interval
  /// continues once the signal is delivered or the file is read.
  var isDue = false
  /// The number of further expiries before the signal was delivered (timer_getoverrun).
  var overrun: UInt32 = 0

  /// The timer's CPU-time clock; nil for a timer on another clock.
  var processor: CPUClock? {
    guard case .processor(let clock) = clock else { return nil }
    return clock
  }

  /// The timer's clock if it can be set; else nil.
  var settableClock: ClockIdentifier? {
    guard case .system(let clock) = clock, clock.isSettable else { return nil }
    return clock
  }

  /// The time of the next expiry on the clock that `ProcessTable.now` reads for the timer. It
  /// differs from `deadline` if the clock had passed the time before the timer was set: `deadline`
  /// is then the time of the setting.
  var end: UInt64 { wall == 0 ? deadline : wall }

  /// Nanoseconds until the next expiry; 0 if the timer is disarmed or has expired for the last
  /// time.
  @inline(never)
  func remaining(at now: UInt64) -> UInt64 {
    guard end <= now else { return end - now }
    guard deadline != 0, interval != 0 else { return 0 }
    return interval - (now - end) % interval
  }

  /// Moves the next expiry `step` nanoseconds later on the timer's clock. A time beyond the range
  /// never comes.
  @inline(never)
  mutating func advance(by step: UInt64) {
    let (next, isFar) = end.addingReportingOverflow(step)
    if wall == 0 { deadline = isFar ? .max : next } else { wall = isFar ? .max : next }
  }
}

/// The clock of a timer.
enum TimerClock {
  /// A clock of the system, for absolute times; relative ones are of the monotonic clock.
  case system(ClockIdentifier)
  case processor(CPUClock)
}

/// setitimer's timers, by their clocks.
enum IntervalKind: UInt8 {
  case real = 0
  /// CPU time in user mode; `profiling` adds the time in the kernel.
  case virtual = 1
  case profiling = 2

  /// The timer that raises this signal; nil for another signal.
  init?(signal: Signal?) {
    switch signal?.number {
    case 14: self = .real
    case 26: self = .virtual
    case 27: self = .profiling
    default: return nil
    }
  }

  /// The signal that it raises: SIGALRM, SIGVTALRM or SIGPROF.
  var signal: Signal? { self == .real ? .alarm : Signal(number: 25 + UInt32(rawValue)) }
}

/// The table of all timers, protected by the process table's lock.
extension ProcessTable {
  /// The maximum number of timers of all processes. Each has room for setitimer's three and for
  /// `reserved` others, whatever other processes have.
  public static var timerCapacity: Int { createdLimit + (3 + reserved) * capacity }
  /// The number of timer_create's timers in all processes together, above which a process gets only
  /// those that are reserved for it.
  static var createdLimit: Int { 256 }
  /// The number of timer_create's timers that every process has room for.
  static var reserved: Int { 2 }
  /// The maximum number of timer_create's timers in one process: twice POSIX' _POSIX_TIMER_MAX.
  static var processLimit: Int { 64 }

  /// Allocates a slot for a timer, whose index is the timer's number; nil if the process has the
  /// maximum number of timer_create's timers, or more than are reserved for it while all processes
  /// together have the maximum.
  @inline(never)
  mutating func add(_ timer: ProcessTimer) -> UInt32? {
    var free: Int?
    var (created, own) = (0, 0)
    for slot in 0..<timerEnd {
      if timers[slot].owner == .zero {
        free = free ?? slot
      } else if !timers[slot].isInterval {
        created += 1
        if timers[slot].owner == timer.owner { own += 1 }
      }
    }
    let slot = free ?? timerEnd
    guard slot < Self.timerCapacity,
      timer.isInterval || timer.file == nil && own < Self.reserved
        || created < Self.createdLimit
          && own < (timer.file == nil ? Self.processLimit : Self.createdLimit / 2)
    else { return nil }
    timers[slot] = timer
    timerEnd = max(timerEnd, slot + 1)
    return UInt32(slot)
  }

  /// Checks a number from a program: nil unless it names a timer that `owner` made by timer_create.
  @inline(never)
  func timer(_ number: UInt32, of owner: ProcessID) -> UInt32? {
    guard number < UInt32(Self.timerCapacity), timers[Int(number)].owner == owner,
      !timers[Int(number)].isInterval
    else { return nil }
    return number
  }

  /// The number of a process's setitimer timer of this kind; nil if it has none.
  @inline(never)
  func timer(_ kind: IntervalKind, of owner: ProcessID) -> UInt32? {
    for slot in 0..<timerEnd
    where timers[slot].owner == owner && timers[slot].kind == kind {
      return UInt32(slot)
    }
    return nil
  }

  /// The current time of a timer's clock, in nanoseconds.
  @inline(never)
  func now(of timer: borrowing ProcessTimer) -> UInt64 {
    if let clock = timer.processor { return time(of: clock)?.totalNanoseconds ?? 0 }
    guard timer.wall != 0, let clock = timer.settableClock else { return P.monotonicNanoseconds() }
    return P.timeCold(clock).totalNanoseconds ?? 0
  }

  /// Arms a timer to expire at `deadline` and then after each `interval`; a deadline of 0 disarms
  /// it. `wall` is the deadline on the timer's own clock, if that clock can be set; else 0.
  @inline(never)
  mutating func set(_ number: UInt32, deadline: UInt64, wall: UInt64 = 0, interval: UInt64) {
    let timer = timers.reference(Int(number))
    withdraw(timer, number)
    if let handle = timer.pointee.handle { P.cancelTimer(handle) }
    timer.pointee.handle = nil
    timer.pointee.isDue = false
    timer.pointee.wasCancelled = false
    timer.pointee.overrun = 0
    timer.pointee.deadline = deadline
    timer.pointee.wall = wall
    timer.pointee.interval = deadline == 0 ? 0 : interval
    schedule(timer, number)
    // As on Linux, a time of a CPU-time clock that has passed expires the timer at once.
    if timer.pointee.processor != nil { expire(number) }
  }

  @inline(never)
  private func schedule(_ timer: RecordReference<ProcessTimer>, _ number: UInt32) {
    guard timer.pointee.deadline != 0, timer.pointee.signal != nil || timer.pointee.file != nil
    else { return }
    guard timer.pointee.processor == nil else { return P.watchCPUTime(true) }
    timer.pointee.handle = P.scheduleTimer(number, at: timer.pointee.deadline)
  }

  /// Whether any timer of a CPU-time clock is armed, or any process has a limit of CPU time.
  private var hasProcessorDeadline: Bool {
    for slot in 0..<timerEnd
    where timers[slot].processor != nil && timers[slot].deadline != 0 { return true }
    for slot in 0..<entryEnd {
      if let record = self[slot].record,
        record.pointee.limits[.processorTime] != ResourceLimit.none
          || record.pointee.limits[.realTime] != ResourceLimit.none
      {
        return true
      }
    }
    return false
  }

  /// Checks the limit of CPU time of the running thread's process, and requests ticks only if a
  /// process needs such checks.
  @inline(never)
  mutating func checkProcessorLimit(of thread: ThreadReference<P>) {
    P.watchCPUTime(hasProcessorDeadline)
    if let process = thread.pointee.process { checkProcessorLimit(of: process) }
    checkRealTimeLimit(of: thread)
  }

  /// Expires the first timer at `start` or after it on a CPU-time clock of `thread` or its process,
  /// if its time has come.
  ///
  /// - Returns: the index where the next one may be; nil if there was none.
  @inline(never)
  mutating func checkProcessorTimer(
    of thread: ThreadReference<P>, from start: Int
  ) -> Int? {
    guard let process = thread.pointee.process else { return nil }
    var slot = start
    while slot < timerEnd {
      let clock = timers[slot].processor
      slot += 1
      switch clock {
      case .thread(thread.pointee.identifier): break
      case .process(process.pointee.identifier, _): break
      default: continue
      }
      expire(UInt32(slot - 1))
      return slot
    }
    return nil
  }

  /// After a change of the wall clock or of the offset of atomic time: computes the timeout of the
  /// first timer on such a clock from `start` on anew, or wakes the first sleeper. Positions from
  /// `timerCapacity` on are tasks. A step of the wall clock cancels timers that were set so.
  ///
  /// - Returns: the position where the next one may be; nil if there was none.
  @inline(never)
  mutating func clockWasSet(from start: Int, isStep: Bool) -> Int? {
    var position = start
    while position < Self.timerCapacity + threadEnd {
      let slot = position
      position += 1
      if slot >= Self.timerCapacity {
        let task = TaskNumber(index: slot - Self.timerCapacity)
        guard thread(task).pointee.wait == .timeOfDay else { continue }
        P.wake(task)
        return position
      }
      guard slot < timerEnd else {
        position = Self.timerCapacity
        continue
      }
      let timer = timers.reference(slot)
      var hasWoken = false
      if isStep, timer.pointee.isCancellable, let queue = timer.pointee.file {
        timer.pointee.wasCancelled = true
        P.consoleWaiters.wake(queue, .input, P.self)
        hasWoken = true
      }
      guard timer.pointee.wall != 0, let clock = timer.pointee.settableClock,
        let handle = timer.pointee.handle
      else {
        if hasWoken { return position }
        continue
      }
      P.cancelTimer(handle)
      timer.pointee.deadline = P.deadline(timer.pointee.wall, on: clock)
      schedule(timer, UInt32(slot))
      return position
    }
    return nil
  }

  /// Sends the signal of a timer whose timeout has come, or wakes those who wait for its file. Also
  /// in the interrupt.
  mutating func expire(_ number: UInt32) {
    guard number < UInt32(Self.timerCapacity) else { return }
    let timer = timers.reference(Int(number))
    // The timer may have been set again since.
    guard timer.pointee.owner != .zero, timer.pointee.deadline != 0,
      !timer.pointee.isDue, now(of: timer.pointee) >= timer.pointee.end
    else { return }
    if let queue = timer.pointee.file {
      timer.pointee.isDue = true
      timer.pointee.handle = nil
      return P.consoleWaiters.wake(queue, .input, P.self)
    }
    guard let signal = timer.pointee.signal, let process = record(of: timer.pointee.owner)
    else { return }
    timer.pointee.isDue = true
    timer.pointee.handle = nil
    var target: TaskNumber?
    if timer.pointee.thread != .zero {
      target = task(of: timer.pointee.thread)
      guard target != nil else { return }
    }
    let info =
      timer.pointee.isInterval
      ? SignalInfo(signal, code: SignalInfo.byKernel, 0, 0, 0)
      : SignalInfo(signal, code: SignalInfo.byTimer, number, 0, timer.pointee.value)
    // If the signal is not pending, the timer continues at once. As on Linux, one with a short
    // interval then expires at most once in a tick: it would keep the CPU in interrupts.
    if send(info, to: process, task: target) != .pending {
      let tick = UInt64(P.resolution(.monotonicCoarse).nanoseconds)
      _ = collect(number, after: timer.pointee.interval < tick ? tick : 0)
    }
  }

  /// Continues a timer whose signal is being delivered, or never will be: counts its overruns, and
  /// rearms an interval relative to the time at which the timer was due, for an expiry that is more
  /// than `pause` nanoseconds from now.
  ///
  /// - Returns: the number of overruns.
  @inline(never)
  mutating func collect(_ number: UInt32, after pause: UInt64 = 0) -> UInt32 {
    let timer = timers.reference(Int(number))
    guard timer.pointee.isDue else { return timer.pointee.overrun }
    timer.pointee.isDue = false
    timer.pointee.overrun = UInt32(min(rearm(timer, number, after: pause), UInt64(Int32.max)))
    return timer.pointee.overrun
  }

  /// The number of expirations of a file's timer that has expired; an interval continues.
  @inline(never)
  mutating func collectExpirations(_ number: UInt32) -> UInt64 {
    let timer = timers.reference(Int(number))
    timer.pointee.isDue = false
    return rearm(timer, number) + 1
  }

  /// Arms a timer with an interval for its first expiry that is more than `pause` nanoseconds from
  /// now; disarms another one. `pause` is 0 or a tick, and then the interval is shorter.
  ///
  /// - Returns: the number of expiries that are left out since the one that was due.
  private func rearm(
    _ timer: RecordReference<ProcessTimer>, _ number: UInt32, after pause: UInt64 = 0
  ) -> UInt64 {
    guard timer.pointee.interval != 0 else {
      timer.pointee.deadline = 0
      return 0
    }
    let time = now(of: timer.pointee)
    // The clock of a thread that has ended reads 0.
    let late = (time > timer.pointee.end ? time - timer.pointee.end : 0) + pause
    let again = late / timer.pointee.interval
    // The sum is the lateness and at most an interval, each below 2^63 ns.
    timer.pointee.advance(by: (again + 1) * timer.pointee.interval)
    if timer.pointee.wall != 0, let clock = timer.pointee.settableClock {
      timer.pointee.deadline = P.deadline(timer.pointee.wall, on: clock)
    }
    schedule(timer, number)
    return again
  }

  /// Continues the timer whose signal a process has taken; does nothing if it is not a timer's
  /// signal.
  mutating func collectTimer(of info: inout SignalInfo, for owner: ProcessID) {
    if info.code == SignalInfo.byTimer {
      guard let number = timer(info.words[3], of: owner) else { return }
      info.words[4] = collect(number)
    } else if let kind = IntervalKind(signal: info.signal), let number = timer(kind, of: owner) {
      _ = collect(number)
    }
  }

  /// Discards the pending signal of a timer that is set again or deleted.
  private mutating func withdraw(_ timer: RecordReference<ProcessTimer>, _ number: UInt32) {
    guard timer.pointee.isDue, !timer.pointee.isInterval,
      let process = record(of: timer.pointee.owner)
    else { return }
    if timer.pointee.thread == .zero {
      signals.dropTimer(number, from: &process.pointee.signals.queue)
    } else if let task = task(of: timer.pointee.thread) {
      signals.dropTimer(number, from: &thread(task).pointee.signals.queue)
    }
  }

  /// Disarms and frees a timer.
  @inline(never)
  mutating func remove(_ number: UInt32) {
    set(number, deadline: 0, interval: 0)
    timers[Int(number)].owner = .zero
    timers[Int(number)].file = nil
    while timerEnd > 0, timers[timerEnd - 1].owner == .zero { timerEnd -= 1 }
  }

  /// Frees the first timer of a process; with `withInterval` false only one of timer_create's.
  ///
  /// - Returns: false if there was none.
  @inline(never)
  mutating func removeTimer(of owner: ProcessID, withInterval: Bool) -> Bool {
    for slot in 0..<timerEnd
    where timers[slot].owner == owner && (withInterval || !timers[slot].isInterval) {
      remove(UInt32(slot))
      return true
    }
    return false
  }
}

/// Walks over the timers. They release the lock after each timer, because interrupts are masked
/// while it is held.
extension Processes {
  /// Frees all timers of a process at its end, or with `withInterval` false those of timer_create,
  /// at an exec.
  @inline(never)
  func removeTimers(of owner: ProcessID, withInterval: Bool) {
    while withLock({ $0.removeTimer(of: owner, withInterval: withInterval) }) {}
  }

  /// After a leap second: computes timeouts on the wall clock anew and wakes sleepers, a few in
  /// each call. `isNew` starts the walk over all of them; later calls continue it. Called in the
  /// interrupt. `isStep` is false if only the offset of atomic time has changed.
  ///
  /// - Returns: true if some are left.
  @inline(never)
  public func clockWasStepped(isNew: Bool, isStep: Bool = true) -> Bool {
    withLock { table in
      if isNew { table.stepPosition = 0 }
      var rest = 4
      while rest > 0, let next = table.clockWasSet(from: table.stepPosition, isStep: isStep) {
        table.stepPosition = next
        rest -= 1
      }
      return rest == 0
    }
  }

  /// After the wall clock or the offset of atomic time was set: computes all timeouts on such
  /// clocks anew and wakes all sleepers.
  @inline(never)
  func clockWasSet(isStep: Bool) {
    var isNew = true
    while clockWasStepped(isNew: isNew, isStep: isStep) { isNew = false }
  }
}

extension Thread {
  /// A tick has interrupted the running thread: the thread checks its CPU time with interrupts on,
  /// before it returns to user mode, as on Linux (CONFIG_POSIX_CPU_TIMERS_TASK_WORK). Called in the
  /// interrupt if `Platform.watchCPUTime` requested it.
  @inline(never)
  public static func noteTick() {
    let thread = P.thread
    thread.pointee.mustCheckTime = true
    // Wrapping: 2^32 ticks are weeks.
    if thread.pointee.scheduling.policy.isRealTime { thread.pointee.realTimeTicks &+= 1 }
    P.requestUserReturnWork(P.task)
  }

  /// Raises the signals of the timers and of the limit of CPU time that have expired for the
  /// running thread and its process.
  @inline(never)
  static func checkProcessorTime(_ thread: ThreadReference<P>) {
    thread.pointee.mustCheckTime = false
    P.processes.withLock { $0.checkProcessorLimit(of: thread) }
    var next: Int? = 0
    while let start = next {
      next = P.processes.withLock { $0.checkProcessorTimer(of: thread, from: start) }
    }
  }
}
