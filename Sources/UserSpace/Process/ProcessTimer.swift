import TickHandler

/// A timer of a process: setitimer's, or one of timer_create's.
struct ProcessTimer {
  /// The process's number; 0: the place is free.
  var owner: UInt32 = 0
  /// It is setitimer's.
  var isInterval = false
  /// The clock that absolute times are on.
  var clock = ClockIdentifier.monotonic
  /// What it raises; nil for one that is only looked at.
  var signal: Signal?
  /// What comes with the signal.
  var value: UInt32 = 0
  /// The number of the thread that gets it; 0 for any of the process.
  var thread: UInt32 = 0
  /// When it is over, in monotonic nanoseconds; 0 while it is not set.
  var deadline: UInt64 = 0
  /// Nanoseconds between its ends; 0 for one that ends once.
  var interval: UInt64 = 0
  /// The timeout that waits for it.
  var handle: TimeoutHandle?
  /// It is over, and its signal waits. An interval goes on when that is taken.
  var isDue = false
  /// How often it was over again before its signal was taken (timer_getoverrun).
  var overrun: UInt32 = 0

  /// Nanoseconds until it is over (again); 0 when it is not set or was over.
  @inline(never)
  func remaining(at now: UInt64) -> UInt64 {
    guard deadline <= now else { return deadline - now }
    guard deadline != 0, interval != 0 else { return 0 }
    return interval - (now - deadline) % interval
  }
}

// SAFETY: places are below the capacity of the timers' table, which is the kernel's for ever.
/// Timers stand in a table of the machine's, under the lock of the process table.
extension ProcessTable {
  /// The most timers, of all processes together.
  public static var timerCapacity: Int { 64 }

  /// Takes a place for a timer; nil when there is none. The place is the timer's number.
  @inline(never)
  mutating func add(_ timer: ProcessTimer) -> UInt32? {
    for place in 0..<Self.timerCapacity where unsafe timers[place].owner == 0 {
      unsafe timers[place] = timer
      return UInt32(place)
    }
    return nil
  }

  /// The number of the process's own timer of setitimer, if it has one, or the number of one of its
  /// others.
  @inline(never)
  func timer(_ number: UInt32?, of owner: UInt32) -> UInt32? {
    for place in 0..<Self.timerCapacity
    where unsafe timers[place].owner == owner && timers[place].isInterval == (number == nil) {
      if number == nil || number == UInt32(place) { return UInt32(place) }
    }
    return nil
  }

  /// Sets a timer that is over at `deadline`, in monotonic nanoseconds, and then each `interval`; 0
  /// for no deadline takes it back.
  @inline(never)
  mutating func set(_ number: UInt32, deadline: UInt64, interval: UInt64) {
    let timer = unsafe timers + Int(number)
    unsafe withdraw(timer, number)
    if let handle = unsafe timer.pointee.handle { P.cancelTimer(handle) }
    unsafe timer.pointee.handle = nil
    unsafe timer.pointee.isDue = false
    unsafe timer.pointee.overrun = 0
    unsafe timer.pointee.deadline = deadline
    unsafe timer.pointee.interval = deadline == 0 ? 0 : interval
    unsafe schedule(timer, number)
  }

  @inline(never)
  private func schedule(_ timer: UnsafeMutablePointer<ProcessTimer>, _ number: UInt32) {
    guard unsafe timer.pointee.deadline != 0, unsafe timer.pointee.signal != nil else { return }
    unsafe timer.pointee.handle = P.scheduleTimer(number, at: timer.pointee.deadline)
  }

  /// A timer's timeout has come: its signal is sent. In the interrupt.
  mutating func expire(_ number: UInt32) {
    guard number < UInt32(Self.timerCapacity) else { return }
    let timer = unsafe timers + Int(number)
    // It may have been set anew meanwhile.
    guard unsafe timer.pointee.owner != 0, unsafe timer.pointee.deadline != 0,
      unsafe P.monotonicNanoseconds() >= timer.pointee.deadline,
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
    let again = unsafe (P.monotonicNanoseconds() - timer.pointee.deadline) / timer.pointee.interval
    unsafe timer.pointee.overrun = UInt32(min(again, UInt64(Int32.max)))
    unsafe timer.pointee.deadline += (again + 1) * timer.pointee.interval
    unsafe schedule(timer, number)
    return unsafe timer.pointee.overrun
  }

  /// A process has taken this signal: if it is a timer's, that goes on.
  mutating func collectTimer(of info: inout SignalInfo, for owner: UInt32) {
    if info.code == SignalInfo.byTimer {
      guard let number = timer(info.words[3], of: owner) else { return }
      info.words[4] = collect(number)
    } else if info.words[0] == UInt32(Signal.alarm.number), let number = timer(nil, of: owner) {
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

  /// Takes the timers of a process away: all at its end, those of timer_create at an exec.
  mutating func removeTimers(of owner: UInt32, withInterval: Bool) {
    for place in 0..<Self.timerCapacity
    where unsafe timers[place].owner == owner && (withInterval || !timers[place].isInterval) {
      set(UInt32(place), deadline: 0, interval: 0)
      unsafe timers[place].owner = 0
    }
  }
}
