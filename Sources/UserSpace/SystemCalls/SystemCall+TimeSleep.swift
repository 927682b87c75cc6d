import TickHandler

/// Sleeping. Nothing interrupts a sleep yet, so what would remain is never stored.
extension SystemCall {
  /// nanosleep.
  @inline(never)
  func sleep() throws(Errno) -> UInt32 {
    let span = try loadTime(r0, isWide: false)
    guard let nanoseconds = span.totalNanoseconds else { throw .invalid }
    sleep(nanoseconds)
    return 0
  }

  /// clock_nanosleep and clock_nanosleep_time64. As in Linux, a clock that cannot be slept by is
  /// refused before the time is looked at.
  @inline(never)
  func clockSleep(isWide: Bool) throws(Errno) -> UInt32 {
    let isAbsolute = r1 & 1 != 0  // TIMER_ABSTIME
    guard let clock = ClockIdentifier(rawValue: Int32(bitPattern: r0)) else {
      return try processorSleep(isAbsolute: isAbsolute, isWide: isWide)
    }
    guard clock.canSleep else { throw .notSupported }
    let time = try loadTime(r2, isWide: isWide)
    guard let target = time.totalNanoseconds else { throw .invalid }
    // As in Linux, the clocks that can wake a machine take no flag that they do not know.
    if clock.isAlarm, r1 & ~1 != 0 { throw .invalid }
    guard isAbsolute else {
      sleep(target)
      return 0
    }
    guard let now = P.timeRarely(clock).totalNanoseconds, target > now else { return 0 }
    sleep(target - now)
    return 0
  }

  /// Sleeping by a CPU clock: only by the process's, whose one thread uses no CPU in its sleep, so
  /// that it ends at once or, as in Linux, only by a signal.
  private func processorSleep(isAbsolute: Bool, isWide: Bool) throws(Errno) -> UInt32 {
    guard Int32(bitPattern: r0) < 0 || r0 == SystemCall.processClock else {
      throw r0 == SystemCall.threadClock ? .notSupported : .invalid
    }
    let isNumbered = r0 != SystemCall.processClock
    if isNumbered, SystemCall.isDescriptorClock(r0) { throw .notSupported }
    let time = try loadTime(r2, isWide: isWide)
    guard let target = time.totalNanoseconds else { throw .invalid }
    let used = try processorTime(of: r0)
    if isNumbered, r0 & 4 != 0 { throw .invalid }  // The calling thread's.
    if isAbsolute ? time <= used : target == 0 { return 0 }
    sleep(.max)
    return 0
  }

  private func sleep(_ nanoseconds: UInt64) {
    let start = P.timeRarely(.monotonicRaw)
    let (deadline, isFar) = P.monotonicNanoseconds().addingReportingOverflow(nanoseconds)
    P.sleep(until: isFar ? .max : deadline)
    // SAFETY: the process outlives the call.
    unsafe process.pointee.didSleep(since: start)
  }
}
