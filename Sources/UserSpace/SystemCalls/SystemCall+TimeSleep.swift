// SPDX-License-Identifier: Apache-2.0
import TickHandler

// SAFETY: the process outlives the call, and threads stay at their places.
/// Sleeping. A signal ends a sleep early; without a handler it goes on to its old end.
extension SystemCall {
  /// nanosleep.
  @inline(__always)
  func sleep() throws(Errno) -> UInt32 {
    let span = try loadTime(r0, isWide: false)
    guard let nanoseconds = span.totalNanoseconds else { throw .invalid }
    try sleep(nanoseconds, remainderAt: r1, isWide: false)
    return 0
  }

  /// clock_nanosleep and clock_nanosleep_time64. As in Linux, a clock that cannot be slept by is
  /// refused before the time is looked at.
  @inline(__always)
  func clockSleep() throws(Errno) -> UInt32 {
    let isWide = isTime64
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
      try sleep(target, remainderAt: r3, isWide: isWide)
      return 0
    }
    let isOver =
      clock.isSettable
      ? sleep(until: target, on: clock) : sleep(until: P.deadline(target, on: clock))
    guard isOver else { throw .restartsUnlessHandled }
    return 0
  }

  /// Sleeps until `clock`, which can be set, says `target`, and looks again whenever somebody sets it.
  /// False if a signal came before.
  @inline(never)
  private func sleep(until target: UInt64, on clock: ClockIdentifier) -> Bool {
    let start = P.timeRarely(.monotonicRaw)
    let thread = unsafe P.thread
    // Before the clock is read, so that nobody sets it unnoticed.
    unsafe thread.pointee.wait = .timeOfDay
    defer {
      unsafe thread.pointee.wait = .nothing
      unsafe process.pointee.didSleep(since: start)
    }
    while P.timeRarely(clock).totalNanoseconds ?? 0 < target {
      guard unsafe !thread.pointee.isInterrupted else { return false }
      P.wait(until: P.deadline(target, on: clock))
    }
    return true
  }

  /// Sleeping by a CPU clock, but not by the calling thread's own, which stands still meanwhile.
  private func processorSleep(isAbsolute: Bool, isWide: Bool) throws(Errno) -> UInt32 {
    guard Int32(bitPattern: r0) < 0 || r0 == SystemCall.processClock else {
      throw r0 == SystemCall.threadClock ? .notSupported : .invalid
    }
    if r0 != SystemCall.processClock, SystemCall.isDescriptorClock(r0) { throw .notSupported }
    guard let span = try loadTime(r2, isWide: isWide).totalNanoseconds,
      let clock = processorClock(r0),
      unsafe clock != ProcessorClock(owner: P.thread.pointee.identifier, isThread: true),
      var used = time(of: clock)?.totalNanoseconds
    else { throw .invalid }
    if span == 0 { return 0 }
    let begun = unsafe P.thread.pointee.signals.restart.deadline
    let end = isAbsolute ? span : begun != 0 ? begun : used > .max - span ? .max : used + span
    while used < end {
      let (wake, isFar) = P.monotonicNanoseconds().addingReportingOverflow(
        pause(until: end - used, clock))
      guard sleep(until: isFar ? .max : wake), unsafe !P.thread.pointee.isInterrupted else {
        if isAbsolute { throw .restartsUnlessHandled }
        let left = Timespec(totalNanoseconds: end - used)
        if r3 != 0 { try storeTime(left, at: r3, isWide: isWide) }
        throw interruption(of: end)
      }
      guard let now = time(of: clock)?.totalNanoseconds else { break }
      used = now
    }
    return 0
  }

  /// How long nobody needs to look at a CPU clock that lacks `rest` nanoseconds: never again when its
  /// one thread sleeps; else, as it may run on several CPUs, an eighth of the rest, but a tick.
  private func pause(until rest: UInt64, _ clock: ProcessorClock) -> UInt64 {
    if unsafe clock.owner == process.pointee.identifier && process.pointee.threadCount == 1 {
      return .max
    }
    return max(rest / 8, P.resolution(.monotonicCoarse).totalNanoseconds ?? 0)
  }

  /// Sleeps so many nanoseconds, from when the call was made first.
  ///
  /// - Throws: `restartsRest` after a signal; what remains then is stored at `address`, unless that
  ///   is 0.
  private func sleep(
    _ nanoseconds: UInt64, remainderAt address: UInt32, isWide: Bool
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

  /// Sleeps until monotonic time is `end`, in nanoseconds. False if a signal came before.
  @inline(never)
  func sleep(until end: UInt64) -> Bool {
    guard P.monotonicNanoseconds() < end else { return true }
    let start = P.timeRarely(.monotonicRaw)
    P.sleep(until: end)
    // SAFETY: the process outlives the call.
    unsafe process.pointee.didSleep(since: start)
    return P.monotonicNanoseconds() >= end
  }
}
