// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Sleeping. A signal interrupts a sleep; if no handler runs, the sleep continues until its old
/// end.
extension SystemCall {
  /// nanosleep: the time, the address for the rest after a signal.
  @inline(__always)
  func sleep() throws(Errno) -> Word {
    let span = try loadTime(address(0), isWide: false)
    guard let nanoseconds = span.totalNanoseconds else { throw .invalid }
    try sleep(nanoseconds, remainderAt: address(1), isWide: false)
    return 0
  }

  /// clock_nanosleep and clock_nanosleep_time64: the clock, flags, the time, the address for the
  /// rest. As in Linux, a clock that cannot be used for sleeping is refused before the time is
  /// checked.
  @inline(__always)
  func clockSleep() throws(Errno) -> Word {
    let isWide = isTime64
    let isAbsolute = argument(1) & 1 != 0  // TIMER_ABSTIME
    guard let clock = ClockIdentifier(rawValue: Int32(bitPattern: argument(0))) else {
      return try sleepByCPUClock(isAbsolute: isAbsolute, isWide: isWide)
    }
    guard clock.canSleep else { throw .notSupported }
    let time = try loadTime(address(2), isWide: isWide)
    guard let target = time.totalNanoseconds else { throw .invalid }
    // As in Linux, alarm clocks refuse unknown flags.
    if clock.isAlarm, argument(1) & ~1 != 0 { throw .invalid }
    guard isAbsolute else {
      try sleep(target, remainderAt: address(3), isWide: isWide)
      return 0
    }
    let isOver =
      clock.isSettable
      ? sleep(until: target, on: clock) : sleep(until: P.deadline(target, on: clock))
    guard isOver else { throw .restartsUnlessHandled }
    return 0
  }

  /// Sleeps until `clock`, which can be set, reaches `time`; checks again each time the clock is
  /// set. False if a signal came first.
  @inline(never)
  private func sleep(until time: UInt64, on clock: ClockIdentifier) -> Bool {
    let start = P.monotonicNanoseconds()
    let thread = P.thread
    // Set before the clock is read, so that a change in between wakes the thread.
    thread.pointee.wait = .timeOfDay
    defer {
      thread.pointee.wait = .nothing
      process.pointee.didSleep(from: start, to: P.monotonicNanoseconds())
    }
    while P.timeCold(clock).totalNanoseconds ?? 0 < time {
      guard !thread.pointee.isInterrupted else { return false }
      P.wait(until: P.deadline(time, on: clock))
    }
    return true
  }

  /// Sleeps by a CPU clock. The clock of the calling thread is refused: it stops while the thread
  /// sleeps.
  ///
  /// - Throws: `notSupported`, `invalid`, `badAddress`, or a restart case after a signal.
  private func sleepByCPUClock(isAbsolute: Bool, isWide: Bool) throws(Errno) -> Word {
    guard Int32(bitPattern: argument(0)) < 0 || argument(0) == SystemCall.processClock else {
      throw argument(0) == SystemCall.threadClock ? .notSupported : .invalid
    }
    if argument(0) != SystemCall.processClock, SystemCall.isDescriptorClock(argument(0)) {
      throw .notSupported
    }
    guard let span = try loadTime(address(2), isWide: isWide).totalNanoseconds,
      let clock = cpuClock(argument(0)),
      clock != .thread(P.thread.pointee.identifier),
      var used = time(of: clock)?.totalNanoseconds
    else { throw .invalid }
    if span == 0 { return 0 }
    let begun = P.thread.pointee.signals.restart.deadline
    let end = isAbsolute ? span : begun != 0 ? begun : used > .max - span ? .max : used + span
    while used < end {
      let (wake, isFar) = P.monotonicNanoseconds().addingReportingOverflow(
        pollInterval(until: end - used, clock))
      guard sleep(until: isFar ? .max : wake), !P.thread.pointee.isInterrupted else {
        if isAbsolute { throw .restartsUnlessHandled }
        let left = Timespec(totalNanoseconds: end - used)
        if address(3) != 0 { try storeTime(left, at: address(3), isWide: isWide) }
        throw interruption(of: end)
      }
      guard let now = time(of: clock)?.totalNanoseconds else { break }
      used = now
    }
    return 0
  }

  /// How long to sleep before a CPU clock that is `rest` nanoseconds short is read again: without
  /// limit if its only thread is the sleeper; else rest / 8, because several CPUs may advance it,
  /// but at least a tick.
  private func pollInterval(until rest: UInt64, _ clock: CPUClock) -> UInt64 {
    if case .process(process.pointee.identifier, _) = clock, process.pointee.threadCount == 1 {
      return .max
    }
    return max(rest / 8, P.resolution(.monotonicCoarse).totalNanoseconds ?? 0)
  }

  /// Sleeps for `nanoseconds`, counted from the first time that the call was made.
  ///
  /// - Throws: `restartsRest` after a signal; the remaining time is then stored at `address`,
  ///   unless that is 0.
  private func sleep(
    _ nanoseconds: UInt64, remainderAt address: UserAddress, isWide: Bool
  ) throws(Errno) {
    let end = deadline(after: nanoseconds)
    guard !sleep(until: end) else { return }
    let now = P.monotonicNanoseconds()
    guard end > now else { return }
    if address != 0 {
      try storeTime(Timespec(totalNanoseconds: end - now), at: address, isWide: isWide)
    }
    throw interruption(of: end)
  }

  /// Sleeps until monotonic time `end`, in nanoseconds. False if a signal came first.
  @inline(never)
  func sleep(until end: UInt64) -> Bool {
    let start = P.monotonicNanoseconds()
    guard start < end else { return true }
    let now = P.sleep(until: end)
    process.pointee.didSleep(from: start, to: now)
    return now >= end
  }
}
