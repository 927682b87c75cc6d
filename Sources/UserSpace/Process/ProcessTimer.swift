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
  /// When it is over, in monotonic nanoseconds; 0 while it is not set.
  var deadline: UInt64 = 0
  /// Nanoseconds between its ends; 0 for one that ends once.
  var interval: UInt64 = 0
  /// The timeout that waits for it.
  var handle: TimeoutHandle?
  /// It is over, and its process has not been told.
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

  /// A timer's timeout has come: the threads of its process are to look. In the interrupt.
  mutating func expire(_ number: UInt32) {
    guard number < UInt32(Self.timerCapacity) else { return }
    let timer = unsafe timers + Int(number)
    // It may have been set anew meanwhile.
    guard unsafe timer.pointee.owner != 0, unsafe timer.pointee.deadline != 0,
      unsafe P.monotonicNanoseconds() >= timer.pointee.deadline
    else { return }
    unsafe timer.pointee.isDue = true
    unsafe timer.pointee.handle = nil
    unsafe forEachThread(of: timer.pointee.owner) { task in
      P.attend(task)
      P.wake(task)
    }
  }

  /// The signals of the timers of `owner` that are over; those that go on wait again. `pending` are
  /// the signals that it has not taken yet: their timers have overrun.
  mutating func takeTimers(of owner: UInt32, pending: UInt64) -> UInt64 {
    var signals = UInt64(0)
    for place in 0..<Self.timerCapacity {
      let timer = unsafe timers + place
      guard unsafe timer.pointee.owner == owner, unsafe timer.pointee.isDue,
        let signal = unsafe timer.pointee.signal
      else { continue }
      signals |= signal.bit
      unsafe timer.pointee.isDue = false
      unsafe timer.pointee.overrun = pending & signal.bit == 0 ? 0 : timer.pointee.overrun &+ 1
      guard unsafe timer.pointee.interval != 0 else {
        unsafe timer.pointee.deadline = 0
        continue
      }
      let again =
        unsafe (P.monotonicNanoseconds() - timer.pointee.deadline) / timer.pointee.interval
      // Wrapping: a statistic.
      unsafe timer.pointee.overrun &+= UInt32(truncatingIfNeeded: again)
      unsafe timer.pointee.deadline += (again + 1) * timer.pointee.interval
      unsafe schedule(timer, UInt32(place))
    }
    return signals
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

extension Process {
  /// Raises what the process's timers have come to say. Returns the signal that ends it, if any.
  mutating func takeTimers() -> Signal? {
    let (owner, pending) = (identifier, signals.pending)
    let raised = P.processes.withLock { $0.takeTimers(of: owner, pending: pending) }
    var rest = raised
    while rest != 0 {
      if let signal = Signal(number: UInt32(rest.trailingZeroBitCount) + 1) {
        signals.raise(signal)
      }
      rest &= rest - 1
    }
    return signals.fatal
  }
}
